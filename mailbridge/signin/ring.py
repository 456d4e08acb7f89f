"""The keyring of the user under whom mailbridge runs: passwords and tokens by name.

Only a keyring that keeps what it is given encrypted counts; a container or a service
without a desktop session has none. The only module that knows the library.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from mailbridge.errors import MailbridgeError
from mailbridge.signin.libraries import require

SERVICE = "mailbridge"
"""Under which secrets of the settings are kept."""
TOKENS = "mailbridge-tokens"
"""Under which tokens are kept, by inbox."""


def is_there() -> bool:
    """Whether there is a keyring that keeps what it is given."""
    try:
        library = require("keyring")
    except MailbridgeError:
        return False
    # 1 and more is "recommended"; what keeps secrets readable, and what keeps none, is below.
    try:
        return bool(library.get_keyring().priority >= 1)
    except Exception:  # noqa: BLE001 -- backends are plug-ins that raise anything
        return False


def read(service: str, name: str) -> str | None:
    """Give an entry; None where there is none. Raises MailbridgeError."""
    found = _ask(lambda library: library.get_password(service, name))
    return found if isinstance(found, str) else None


def write(service: str, name: str, text: str) -> None:
    """Write an entry. Raises MailbridgeError."""
    _ask(lambda library: library.set_password(service, name, text))


def forget(service: str, name: str) -> None:
    """Remove an entry, as far as that can be done: another keyring may hold it."""
    with suppress(MailbridgeError):
        _ask(lambda library: library.delete_password(service, name))


def read_secret(name: str) -> str | None:
    """Give a secret of the settings by its entry's name. Raises MailbridgeError."""
    return read(SERVICE, name)


def _ask(act: Callable[[Any], object]) -> object:
    library = require("keyring")
    if not is_there():
        raise MailbridgeError(
            "This user has no keyring here (a service or a container seldom has one)."
        )
    try:
        return act(library)
    except Exception as error:  # noqa: BLE001 -- backends are plug-ins that raise anything
        # Its words may hold what was to be written.
        raise MailbridgeError(
            f"The keyring cannot be used ({type(error).__name__}). Unlock it and try again."
        ) from None
