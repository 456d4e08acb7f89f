"""Options that several commands have in common. Nothing heavy is imported here."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mailbridge.documents.values import ListenAddress

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        envvar="MAILBRIDGE_CONFIG",
        help="The settings; else ./config.yaml, else the one in your configuration folder (XDG).",
    ),
]
RulesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules",
        metavar="PATH",
        help="A rule file, or a folder of them, besides the shipped ones; wins where a portal "
        "has the same name. Can be repeated.",
    ),
]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="table|jsonl",
        help="table for people; jsonl: JSON objects, one on each line, and nothing else.",
    ),
]


def parse_day(text: str | None) -> datetime | None:
    """Read a day as the start of it, UTC. A wrong one is an error of usage."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise typer.BadParameter("a day as 2026-11-01", param_hint="--since") from None


def parse_listen_option(text: str | None) -> "ListenAddress | None":
    """Read where to listen. A wrong one is an error of usage."""
    if text is None:
        return None
    from mailbridge.documents.values import parse_listen
    from mailbridge.documents.wording import UnfitError

    try:
        return parse_listen(text)
    except UnfitError as unfit:
        raise typer.BadParameter(f"{unfit.text} {unfit.remedy}", param_hint="--listen") from None
