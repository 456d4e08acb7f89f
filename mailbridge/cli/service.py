"""`service`: what makes this installation a service, from its settings."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import mailbridge
from mailbridge.app import App
from mailbridge.cli.output import complain
from mailbridge.documents.located import Written, parse
from mailbridge.documents.source import read_text
from mailbridge.service import (
    EXAMPLES,
    SETTINGS,
    STATE,
    Installation,
    closed_to,
    compose,
    unit,
)

_NAME = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)


def print_service(config: Path | None, *, as_compose: bool) -> None:
    """Print the unit, or the compose file; warn where this installation does not fit it."""
    place = describe(App.load(config, secrets=False))
    text = compose(place) if as_compose else unit(place)
    print(text, end="")  # noqa: T201  (output is its job)
    if place.entries:
        complain(
            f"warning: {place.settings} takes secrets from a keyring ({', '.join(place.entries)}), "
            "which belongs to a person's session: a service has none. Write {credential: NAME}."
        )
    if as_compose:
        return
    for path in closed_to((place.program, place.settings, *place.written)):
        complain(
            f"warning: {path} lies where the unit lets nobody look. Install mailbridge below "
            "/opt, keep its settings below /etc and its state below /var/lib."
        )


def describe(app: App) -> Installation:
    """Say what this installation's service needs."""
    beside = Path(sys.executable).with_name("mailbridge")
    program = beside if beside.is_file() else Path(sys.argv[0]).absolute()
    if app.file is None:
        return Installation(
            program=program,
            settings=SETTINGS,
            credentials=EXAMPLES,
            version=mailbridge.__version__,
        )
    written = parse(read_text(app.file), str(app.file)).data
    ledger = app.settings.ledger.url or ""
    files = [Path(ledger.removeprefix("sqlite:///"))] if ledger.startswith("sqlite:///") else []
    if app.settings.log.file:
        files.append(app.settings.log.file)
    folders = dict.fromkeys(file.absolute().parent for file in files)
    return Installation(
        program=program,
        settings=app.file.absolute(),
        credentials=tuple(dict.fromkeys(names_of(written, "credential"))),
        entries=tuple(dict.fromkeys(names_of(written, "keyring"))),
        variables=any(names_of(written, "env")),
        written=tuple(folder for folder in folders if not folder.is_relative_to(STATE)),
        version=mailbridge.__version__,
    )


def names_of(written: Written, kind: str) -> Iterator[str]:
    """Give the secrets that settings name in this way, as {credential: NAME}, in their order."""
    if isinstance(written, Mapping):
        name = written.get(kind)
        if len(written) == 1 and isinstance(name, str) and _NAME.fullmatch(name):
            yield name
        for value in written.values():
            yield from names_of(value, kind)
    elif isinstance(written, Sequence) and not isinstance(written, str):
        for value in written:
            yield from names_of(value, kind)
