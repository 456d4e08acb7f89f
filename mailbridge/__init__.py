"""mailbridge: the bridge from an estate agency's inbox to its CRM."""

from importlib.metadata import version as _version

__version__ = _version("mailbridge")
