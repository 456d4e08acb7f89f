"""Rule files that change beside a running daemon: real files, the real compiler."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mailbridge import rulebook
from mailbridge.app import App
from mailbridge.errors import BadDocument
from mailbridge.problems import Problem
from mailbridge.rulebook import Rulebook
from mailbridge.rules.judgement import Portals

RULE = """portal: homes.example
evidence: seen
match: {from: leads@homes.example}
fields:
  property_reference: {label: Reference}
  sender_email: {label: Mail}
"""
WRONG = RULE.replace("label: Mail", "lable: Mail")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rulebook, "STILL", 0.02)


@dataclass
class Watched:
    """A rulebook on the settings of a folder, and what it told whom."""

    folder: Path
    compiled: int = 0
    meanwhile: Callable[[], None] = lambda: None
    """Done in the middle of each compiling."""
    looked: Callable[[], None] = lambda: None
    """Done at each look."""
    taken: list[Portals] = field(default_factory=list)
    told: list[tuple[Problem, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.file = self.folder / "config.yaml"
        self.file.touch()
        self.app = App(file=self.file)
        self.book = Rulebook(self, self.told.append)
        self.book.take_up = self.taken.append
        self.compiled = 0

    def rule_files(self) -> tuple[Path, ...]:
        self.looked()
        return self.app.rule_files()

    def compile_portals(self) -> Portals:
        self.compiled += 1
        self.meanwhile()
        return self.app.compile_portals()

    def write(self, text: str, name: str = "homes.yaml") -> Path:
        (self.folder / "portals").mkdir(exist_ok=True)
        file = self.folder / "portals" / name
        file.write_text(text)
        return file

    @property
    def own(self) -> list[str]:
        return [p.name for p in self.book.portals.all if p.name.endswith(".example")]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_without_a_change_nothing_is_compiled(watched: Watched) -> None:
    watched.book.refresh()
    assert (watched.compiled, watched.taken, watched.told) == (0, [], [])
    watched.book.refresh(force=True)
    assert (watched.compiled, len(watched.taken)) == (1, 1)


def test_files_that_come_change_and_go_are_taken_up(watched: Watched) -> None:
    file = watched.write(RULE)
    watched.book.refresh()
    assert watched.own == ["homes.example"]
    watched.write(RULE.replace("homes.example", "flats.example"), "flats.yml")
    watched.book.refresh()
    assert watched.own == ["flats.example", "homes.example"]
    file.unlink()
    watched.book.refresh()
    assert watched.own == ["flats.example"]
    assert [len(taken.all) for taken in watched.taken] == [18, 19, 18]
    assert watched.taken[-1] is watched.book.portals
    watched.book.refresh()
    assert watched.compiled == 3


def test_a_change_that_keeps_size_and_date_is_seen(watched: Watched) -> None:
    file = watched.write(RULE)
    watched.book.refresh()
    before = file.stat()
    file.write_text(RULE.replace("Mail", "Post"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    watched.book.refresh()
    assert watched.compiled == 2


def test_rules_that_are_wrong_change_nothing_until_they_are_mended(watched: Watched) -> None:
    file = watched.write(RULE)
    watched.book.refresh()
    before = watched.book.portals
    watched.write(WRONG)
    watched.book.refresh()
    watched.book.refresh()
    assert watched.compiled == 2, "once for each state of the files"
    assert watched.book.portals is before
    assert watched.taken == [before]
    [problem] = watched.book.problems
    assert (problem.file, problem.line) == (str(file), 6)
    assert watched.told[-1] == (problem,)
    watched.write(RULE)
    watched.book.refresh()
    assert (watched.book.problems, watched.told[-1]) == ((), ())
    assert watched.own == ["homes.example"]


def test_a_file_that_is_being_written_is_waited_for(watched: Watched) -> None:
    parts = iter((RULE[:60], RULE[:120], RULE[:150], RULE))
    watched.write("")

    def look() -> None:
        if part := next(parts, None):
            watched.write(part)

    watched.looked = look
    watched.book.refresh()
    assert watched.own == ["homes.example"]
    assert watched.compiled == 1, "none of the halves"
    assert watched.told == [()]


def test_files_that_never_hold_still_keep_nobody_waiting_for_long(watched: Watched) -> None:
    times = iter(range(10_000))

    def look() -> None:
        watched.write(f"{RULE}# {next(times)}\n")

    watched.looked = look
    watched.book.refresh()
    assert next(times) < 20
    assert (watched.compiled, watched.taken) == (0, [])
    watched.looked = lambda: None
    watched.book.refresh()
    assert watched.own == ["homes.example"]


def test_files_that_change_while_they_are_read_are_read_again(watched: Watched) -> None:
    changes = iter((RULE.replace("homes", "flats"),))

    def change() -> None:
        for text in changes:
            watched.write(text)

    watched.write(WRONG)
    watched.meanwhile = change
    watched.book.refresh()
    assert watched.own == ["flats.example"]
    assert watched.compiled == 2
    assert watched.told == [()], "nobody hears of a state that no longer holds"


def test_who_waits_for_a_file_is_let_go_at_the_end(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulebook, "STILL", 600.0)
    watched.write(RULE)
    watched.book.close()
    watched.book.refresh()
    assert watched.taken == []


def test_what_is_hidden_is_no_rule_file(watched: Watched) -> None:
    watched.write("no rule", ".homes.yaml")
    watched.write("no rule", "homes.yaml~")
    (watched.folder / "portals" / "lock.yaml").symlink_to("nowhere")
    watched.book.refresh()
    assert watched.compiled == 0


def test_a_path_of_the_settings_that_is_gone_keeps_the_rules(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    file = watched.write(RULE)
    watched.app.settings = watched.app.settings.model_copy(update={"rules": file.parent})
    watched.book.refresh()
    assert watched.own == ["homes.example"]
    file.parent.rename(tmp_path / "elsewhere")
    watched.book.refresh()
    [problem] = watched.book.problems
    assert str(problem) == f"{file.parent}: There is no such file. Check the path."
    assert watched.own == ["homes.example"]
    (tmp_path / "elsewhere").rename(file.parent)
    watched.book.refresh()
    assert watched.book.problems == ()


def test_at_the_start_wrong_rules_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "portals").mkdir()
    (tmp_path / "portals" / "homes.yaml").write_text(WRONG)
    with pytest.raises(BadDocument, match=r"homes\.yaml:6"):
        Rulebook(App(file=tmp_path / "config.yaml"))
