"""Rule files on the disk, compiled: those that come with mailbridge, and the user's."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from mailbridge.documents.located import parse
from mailbridge.documents.source import read_text
from mailbridge.errors import BadDocument
from mailbridge.problems import Problem
from mailbridge.rules.compilation import compile_portal
from mailbridge.rules.portal import Portal

SHIPPED = "mailbridge/portals"
"""How messages name the folder of the shipped rule files."""


def shipped_portals(seconds: float) -> tuple[Portal, ...]:
    """Compile the rule files that come with mailbridge."""
    texts = {
        item.name: item.read_text(encoding="utf-8")
        for item in files("mailbridge.portals").iterdir()
        if item.name.endswith(".yaml")
    }
    return tuple(
        compile_portal(parse(texts[name], f"{SHIPPED}/{name}"), seconds) for name in sorted(texts)
    )


def own_portals(path: Path, seconds: float) -> tuple[Portal, ...]:
    """Compile the user's rule files: one, or all of a folder.

    Raises BadDocument with the problems of every file, or where a folder holds none.
    """
    portals: list[Portal] = []
    problems: list[Problem] = []
    for file in rule_files(path):
        try:
            portals.append(compile_portal(parse(read_text(file), str(file)), seconds))
        except BadDocument as bad:
            problems += bad.problems
    if not portals and not problems:
        problems.append(
            Problem(
                str(path),
                code="no-rule-file",
                text="This folder holds no rule file (NAME.yaml).",
                remedy="Check the path.",
            )
        )
    if problems:
        raise BadDocument(problems)
    return tuple(portals)


def rule_files(path: Path) -> Iterator[Path]:
    """Give the rule files at a path: itself, or those in a folder (cases lie deeper).

    What is hidden is none: editors and archives leave such files beside others.
    """
    if not path.is_dir():
        yield path
        return
    yield from sorted(p for p in path.iterdir() if _is_rule_file(p))


def _is_rule_file(path: Path) -> bool:
    suited = path.suffix in {".yaml", ".yml"} and not path.name.startswith(".")
    return suited and path.is_file()
