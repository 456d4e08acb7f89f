"""The libraries of the extra `oauth`: imported when first needed, and named where missing."""

import logging
from importlib import import_module
from types import ModuleType

from mailbridge.errors import MailbridgeError

_NAMES = {"msal": "msal", "google": "google-auth", "keyring": "keyring"}


def require(module: str) -> ModuleType:
    """Import a library. Raises MailbridgeError where it is not installed."""
    # They speak through logging, and what is a warning there would reach stderr past our log.
    top = module.partition(".")[0]
    quiet = logging.getLogger(top)
    if not quiet.handlers:
        quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] == top:
            raise MailbridgeError(
                f"This needs the library {_NAMES[top]}, which is not installed. Run `pip install "
                "'mailbridge[oauth]'`."
            ) from None
        raise
