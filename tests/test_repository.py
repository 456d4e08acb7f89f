"""What holds for every file of the repository."""

import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
UNWANTED = ("/wo" + "rk/", "/ro" + "ot/", "py" + "pi.org", "python" + "hosted", "share" + "d/")
"""Places on one machine, and package registries. Written so that this file does not hold them."""


def git(*words: str) -> list[str]:
    if not (REPOSITORY / ".git").exists():
        pytest.skip("This is no checkout: git knows nothing of these files.")
    return subprocess.run(
        ["git", *words],  # noqa: S607
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()


def test_no_file_names_a_place_that_is_only_somewhere() -> None:
    found = [
        f"{name}: {unwanted}"
        for name in git("ls-files", "--cached", "--others", "--exclude-standard")
        if (REPOSITORY / name).is_file()
        for unwanted in UNWANTED
        if unwanted.encode() in (REPOSITORY / name).read_bytes()
    ]
    assert found == []


def test_mails_keep_their_line_ends_in_git() -> None:
    lines = [line for line in git("ls-files", "--eol") if line.endswith((".eml", ".mbox"))]
    assert len(lines) > 100
    assert [line for line in lines if line.split()[:3] != ["i/crlf", "w/crlf", "attr/-text"]] == []


def test_everything_else_has_one_kind_of_line_end() -> None:
    lines = [line for line in git("ls-files", "--eol") if not line.endswith((".eml", ".mbox"))]
    wanted = {"i/lf", "i/none", "i/-text"}
    assert [line for line in lines if line.split()[0] not in wanted] == []
