"""The man page and the completions that are shipped are those of the commands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from release.manual import COMPLETIONS, commands, files
from tests.cli.conftest import Cli

SHARE = Path(__file__).parents[2] / "share"


def test_what_is_shipped_is_what_the_commands_say() -> None:
    for place, text in files().items():
        said = (SHARE / place).read_text(encoding="utf-8")
        assert said == text, f"share/{place} is not that of the commands any more: run `make man`"
    found = {file.relative_to(SHARE).as_posix() for file in SHARE.rglob("*") if file.is_file()}
    assert found == set(files())


def test_every_command_and_option_stands_in_the_man_page() -> None:
    page = (SHARE / "man/man1/mailbridge.1").read_text()
    told = {name for name, _ in commands()}
    assert {"run", "dry-run", "retry", "service", "rules check", "rules test"} <= told
    for name, command in commands():
        heading = '.SS "{}"\n'.format(name.replace("-", "\\-"))
        assert heading in page
        part = page.partition(heading)[2].partition("\n.S")[0]
        for option in command.params:
            for word in option.opts if option.param_type_name == "option" else ():
                assert f"\\fB{word}\\fR".replace("-", "\\-") in part, (name, word)


def test_groff_finds_no_mistake_in_it() -> None:
    if not shutil.which("groff"):
        pytest.skip("groff is missing: apt-get install groff-base")
    page = SHARE / "man/man1/mailbridge.1"
    shown = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", str(page)],  # noqa: S607
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert shown.stderr == ""
    assert "\N{MIDDLE DOT}" in shown.stdout


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which the command is called mailbridge."""
    program = tmp_path / "bin" / "mailbridge"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom mailbridge.__main__ import main\nmain()\n")
    program.chmod(0o755)
    return f"{program.parent}:{os.environ['PATH']}"


def bash(cli: Cli, path: str, script: str) -> str:
    done = subprocess.run(
        ["bash", "--norc", "-c", script],  # noqa: S607
        cwd=cli.folder,
        env={**cli.env, "PATH": path, "HOME": str(cli.folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


ASK = (
    "COMP_WORDS=({words}); COMP_CWORD={at}; _mailbridge_completion mailbridge; "
    "printf '%s\\n' \"${{COMPREPLY[@]}}\""
)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["mailbridge", "re"], {"retry", "resolve"}),
        (["mailbridge", "rules", "ex"], {"explain"}),
        (["mailbridge", "check", "--send-test-a"], {"--send-test-alert"}),
    ],
)
def test_bash_completes_commands_and_options(
    cli: Cli, path: str, words: list[str], found: set[str]
) -> None:
    ask = ASK.format(words=" ".join(words), at=len(words) - 1)
    told = bash(cli, path, f"source '{SHARE / COMPLETIONS['bash']}'; {ask}")
    assert set(told.split()) == found


def test_the_option_installs_completion_for_the_present_shell(cli: Cli, path: str) -> None:
    told = bash(cli, path, "mailbridge --install-completion; :")
    assert "bash completion installed" in told
    ask = ASK.format(words="mailbridge re", at=1)
    assert set(bash(cli, path, f"source ~/.bashrc; {ask}").split()) == {"retry", "resolve"}
