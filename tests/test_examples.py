"""README and docs cannot fall behind: every command that they show exists, with its options."""

import contextlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from mailbridge.cli.main import app

REPOSITORY = Path(__file__).parents[1]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
ROOT: Any = typer.main.get_command(app)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`mailbridge( [^`]+)`")
MESSAGES = {" was stopped before the answer came"}
"""What mailbridge says about itself and the pages quote."""
UsageError = typer.BadParameter.__mro__[1]
MAKE = re.compile(r"(?:^\$ |`)make (\w+)", re.MULTILINE)


def shown() -> Iterator[tuple[str, str]]:
    """Page and line of each command that a reader may copy."""
    for page in PAGES:
        for language, block in FENCE.findall(page.read_text("utf-8")):
            lines = block.replace("\\\n", " ").splitlines()
            wanted = [line.removeprefix("$ ") for line in lines] if language in SHELLS else []
            yield from ((page.name, line) for line in wanted if line.startswith("mailbridge "))


def mentioned() -> Iterator[tuple[str, str]]:
    """Page and words of each command in running text, where an argument may be left out."""
    for page in PAGES:
        text = FENCE.sub("", page.read_text("utf-8"))
        yield from ((page.name, words) for words in {*INLINE.findall(text)} - MESSAGES)


SHELLS = {"console", "sh", "bash", "shell"}
SHOWN = sorted(set(shown()))
MENTIONED = sorted(set(mentioned()))


def find(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words name, and the words behind it."""
    command, rest = ROOT, words
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        assert rest[0] in command.commands, f"there is no command {rest[0]!r}"
        command, rest = command.commands[rest[0]], rest[1:]
    return command, rest


def names(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not hasattr(command, "commands"):
        yield path
        return
    for name, inner in command.commands.items():
        yield from names(inner, (*path, name))


def test_there_are_examples() -> None:
    assert {"README.md", "operations.md"} <= {page for page, _ in SHOWN}
    assert len(MENTIONED) > 10


@pytest.mark.parametrize(("page", "line"), SHOWN)
def test_a_command_that_is_shown_is_understood(page: str, line: str) -> None:
    words = shlex.split(re.split(r"\s(?:[|>&]|2>)", line)[0], comments=True)[1:]
    command, rest = find(words)
    with contextlib.suppress(typer.Exit):  # --help, --version
        command.make_context(words[0], rest)  # parses, and runs nothing


@pytest.mark.parametrize(("page", "words"), MENTIONED)
def test_a_command_that_is_mentioned_exists(page: str, words: str) -> None:
    command, rest = find(re.sub(r"[…|].*", "", words).split())
    known = {"--help", "-h"} | {option for p in command.params for option in p.opts}
    assert {word.partition("=")[0] for word in rest if word.startswith("-")} <= known


@pytest.mark.parametrize("command", [" ".join(name) for name in names(ROOT)])
def test_every_command_stands_somewhere(command: str) -> None:
    assert any(f"mailbridge {command}" in page.read_text("utf-8") for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_make_is_asked_for_exists(page: Path) -> None:
    targets = re.findall(r"^(\w+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(MAKE.findall(page.read_text("utf-8"))) <= set(targets)


@pytest.mark.parametrize(
    "words", ["dry-run --explian one.eml", "shwo 1", "show", "rules tset", "mails --limit many"]
)
def test_a_command_that_does_not_exist_would_be_noticed(words: str) -> None:
    with pytest.raises((AssertionError, UsageError)):
        test_a_command_that_is_shown_is_understood("", f"mailbridge {words}")
