"""Questions to a person, on a terminal or through a pipe: one answer on each line.

Must not know what is asked about. What is secret is never shown, and never an argument.
"""

import io
import sys
import unicodedata
from collections.abc import Callable, Sequence
from getpass import getpass

from mailbridge.cli.output import complain, say
from mailbridge.errors import MailbridgeError

Check = Callable[[str], str]
"""Gives what is wrong with an answer, in one sentence, or an empty text."""


def ask(question: str, default: str = "", check: Check | None = None) -> str:
    """Ask until the answer fits; an empty one takes the default.

    Raises MailbridgeError where the answers end.
    """
    while True:
        say(f"{question}{f' [{default}]' if default else ''}:")
        answer = _read(question) or default
        wrong = _unreadable(answer) or (check(answer) if check else "")
        if not answer:
            wrong = "Something must stand here."
        if not wrong:
            return answer
        complain(wrong)


def ask_secret(question: str) -> str:
    """Ask for what nobody may see, until something is typed."""
    while not (answer := ask_secret_or_nothing(question)):
        complain("Something must stand here.")
    return answer


def ask_secret_or_nothing(question: str) -> str:
    """Ask for what nobody may see; empty where nothing is typed."""
    while wrong := _unreadable(answer := _read_hidden(question)):
        complain(wrong)
    return answer


def choose(question: str, choices: Sequence[str], default: str) -> str:
    """Ask for one of several words."""

    def check(answer: str) -> str:
        return "" if answer in choices else f"Write one of: {', '.join(choices)}."

    return ask(f"{question} ({', '.join(choices)})", default, check)


def confirm(question: str) -> bool:
    """Ask a question whose answer is yes or no; there is no default."""
    return choose(question, ("yes", "no"), "") == "yes"


def _read_hidden(question: str) -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        say(f"{question}:")
        return _read(question)
    while True:
        try:
            # It asks itself, once the terminal no longer shows what is typed.
            return getpass(f"{question}:\n")
        except UnicodeDecodeError:
            complain(_UNREADABLE)
        except EOFError:
            raise _ended(question) from None


def _read(question: str) -> str:
    # What is not UTF-8 is to be asked again; a strict stream would break at it for good.
    if isinstance(sys.stdin, io.TextIOWrapper) and sys.stdin.errors == "strict":
        sys.stdin.reconfigure(errors="surrogateescape")
    try:
        line = sys.stdin.readline() if sys.stdin else ""
    except OSError:  # the terminal has gone
        line = ""
    if not line:
        raise _ended(question)
    return line.strip()


_UNREADABLE = "This holds a character that cannot be read (an arrow key?). Type it once more."


def _unreadable(answer: str) -> str:
    return _UNREADABLE if any(unicodedata.category(c) in {"Cc", "Cs"} for c in answer) else ""


def _ended(question: str) -> MailbridgeError:
    return MailbridgeError(f"The answers ended at the question {question!r}.")
