"""Where tokens are kept. A value, imported by the command line."""

from enum import StrEnum


class Keep(StrEnum):
    """Where tokens are kept."""

    KEYRING = "keyring"
    FILE = "file"
