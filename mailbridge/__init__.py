"""mailbridge: the bridge from an estate agency's inbox to its CRM."""

__version__ = "0.1.0"
