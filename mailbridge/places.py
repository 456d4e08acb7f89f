"""Where settings and state belong on this machine (XDG), and what came with mailbridge.

Names places only: nothing is made here, and only the example is read.
"""

from collections.abc import Mapping
from pathlib import Path

import platformdirs

import mailbridge
from mailbridge.documents.source import read_text

CONFIG_VARIABLE = "MAILBRIDGE_CONFIG"


def usual_config() -> Path:
    """Name the settings file among the user's."""
    return platformdirs.user_config_path("mailbridge") / "config.yaml"


def usual_state() -> Path:
    """Name the folder of the user's state."""
    return platformdirs.user_state_path("mailbridge")


def find_config(given: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Find the settings file: as given, by $MAILBRIDGE_CONFIG, here, or among the user's (XDG)."""
    if given:
        return given
    if named := environ.get(CONFIG_VARIABLE):
        return Path(named)
    usual = (Path("config.yaml"), usual_config())
    return next((path for path in usual if path.is_file()), None)


def new_config(given: Path | None, environ: Mapping[str, str]) -> Path:
    """Say where new settings are written: as given, by $MAILBRIDGE_CONFIG, or the user's (XDG)."""
    named = environ.get(CONFIG_VARIABLE)
    return given or (Path(named) if named else usual_config())


def example_settings() -> str:
    """Give config.example.yaml: in the wheel, or beside the package in a checkout."""
    package = Path(mailbridge.__file__).parent
    inside = package / "config.example.yaml"
    return read_text(inside if inside.is_file() else package.parent / "config.example.yaml")


def shipped_cases() -> Path:
    """Give the folder of the shipped portals' cases: in the wheel, or beside it in a checkout."""
    package = Path(mailbridge.__file__).parent
    inside = package / "fixtures"
    return inside if inside.is_dir() else package.parent / "fixtures"
