"""The man page and the shells' completions, made from the commands.

    python -m release.manual share

writes them as packages install them (`make man`). They are kept in the repository, so that a
wheel can be built without running the program; a test compares the two.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from typer._completion_shared import get_completion_script

from mailbridge import __version__
from mailbridge.cli.main import app

COMPLETIONS = {
    "bash": "bash-completion/completions/mailbridge",
    "zsh": "zsh/site-functions/_mailbridge",
    "fish": "fish/vendor_completions.d/mailbridge.fish",
}
"""Where each shell looks, below share."""

SHELLS_OWN = frozenset({"--install-completion", "--show-completion"})
"""Typer's own options, whose words depend on what is installed beside it."""


def files() -> dict[str, str]:
    """Give each file's text by its place below share."""
    made = {"man/man1/mailbridge.1": "\n".join(_page()) + "\n"}
    for shell, place in COMPLETIONS.items():
        script = get_completion_script(
            prog_name="mailbridge", complete_var="_MAILBRIDGE_COMPLETE", shell=shell
        )
        made[place] = script + "\n"
    return made


def commands() -> Iterator[tuple[str, Any]]:
    """Give every command with its whole name, as `rules check`, in the order of the help."""
    yield from _below("", typer.main.get_command(app))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inside: Mapping[str, Any] = getattr(command, "commands", {})
    for word, one in inside.items():
        whole = f"{name} {word}".strip()
        if getattr(one, "commands", None):
            yield from _below(whole, one)
        elif not one.hidden:
            yield whole, one


def _page() -> Iterator[str]:
    root: Any = typer.main.get_command(app)
    yield '.\\" Made by release/manual.py from the commands: do not edit.'
    yield f'.TH MAILBRIDGE 1 "" "mailbridge {__version__}" "User Commands"'
    yield ".SH NAME"
    yield "mailbridge \\- property portals' inquiry mails become leads in the CRM"
    yield ".SH SYNOPSIS"
    yield "\\fBmailbridge\\fR [\\fIOPTION\\fR]... \\fICOMMAND\\fR [\\fIARGUMENT\\fR]..."
    yield ".SH DESCRIPTION"
    yield from _text(root.help)
    yield ".PP"
    yield from _text(root.epilog)
    yield ".SH OPTIONS"
    yield from _options(root)
    yield from (
        ".TP",
        "\\fB\\-\\-install\\-completion\\fR, \\fB\\-\\-show\\-completion\\fR",
        "Install completion for the present shell, or show its script.",
    )
    yield ".SH COMMANDS"
    for name, command in commands():
        yield f'.SS "{_plain(name)}"'
        yield _synopsis(name, command)
        yield ".PP"
        yield from _text(command.help)
        yield from _options(command)
    yield from _END


def _synopsis(name: str, command: Any) -> str:
    words = [f"\\fBmailbridge {_plain(name)}\\fR", "[\\fIOPTION\\fR]..."]
    words += [_name_of(one) for one in command.params if one.param_type_name == "argument"]
    return " ".join(words)


def _name_of(argument: Any) -> str:
    return _italic(argument.metavar or argument.name.upper())


def _options(command: Any) -> Iterator[str]:
    for one in command.params:
        if one.hidden or SHELLS_OWN.intersection(one.opts):
            continue
        yield ".TP"
        if one.param_type_name == "argument":
            yield _italic(one.metavar or one.name.upper())
        else:
            shown = ", ".join(
                f"\\fB{_plain(word)}\\fR" for word in (*one.opts, *one.secondary_opts)
            )
            yield shown + ("" if one.is_flag else " " + _italic(one.metavar or "TEXT"))
        yield from _text(one.help or "")
        if one.envvar:
            yield f"Else taken from the variable \\fB{_plain(one.envvar)}\\fR."


def _text(text: str) -> Iterator[str]:
    """Write paragraphs; a line that begins with a dot would be a macro."""
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        if number:
            yield ".PP"
        for line in paragraph.splitlines():
            said = _plain(line.strip())
            yield f"\\&{said}" if said.startswith((".", "'")) else said


def _plain(text: str) -> str:
    """Write text as itself: man pages are ASCII, and a bare hyphen is not a minus sign."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "".join(one if one.isascii() else f"\\[u{ord(one):04X}]" for one in text)


def _italic(text: str) -> str:
    return f"\\fI{_plain(text)}\\fR"


_END = """\
.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
Something that you can mend; a message says what.
.TP
.B 2
Wrong use of a command.
.TP
.B 3
A defect in mailbridge; the log has the place.
.SH FILES
.TP
.I config.yaml
The settings: in the present folder, else in
.IR $XDG_CONFIG_HOME/mailbridge .
.TP
.I portals/
Your own rule files, beside the settings.
.TP
.I $XDG_STATE_HOME/mailbridge/ledger.db
The record of every mail and lead, unless the settings say otherwise.
.SH SIGNALS
.TP
.B SIGTERM\\fR, \\fBSIGINT
End the daemon once the lead in flight is recorded.
.TP
.B SIGHUP
Have the daemon read the rule files again.
.SH SEE ALSO
The documentation that comes with the source begins in
.IR docs/index.md .""".splitlines()


def main(folder: Path) -> None:
    """Write all files below a folder."""
    for place, text in files().items():
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
