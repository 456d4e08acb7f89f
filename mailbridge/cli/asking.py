"""Questions to a person, on a terminal or through a pipe: one answer on each line.

Must not know what is asked about. What is secret is never shown, and never an argument.
"""

import sys
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
        wrong = (check(answer) if check else "") if answer else "Something must stand here."
        if not wrong:
            return answer
        complain(wrong)


def ask_secret(question: str) -> str:
    """Ask for what nobody may see, until something is typed."""
    while not (answer := _read_hidden(question)):
        complain("Something must stand here.")
    return answer


def _read_hidden(question: str) -> str:
    if not sys.stdin.isatty():
        say(f"{question}:")
        return _read(question)
    try:
        # It asks itself, once the terminal no longer shows what is typed.
        return getpass(f"{question}:\n")
    except EOFError:
        raise _ended(question) from None


def choose(question: str, choices: Sequence[str], default: str) -> str:
    """Ask for one of several words."""

    def check(answer: str) -> str:
        return "" if answer in choices else f"Write one of: {', '.join(choices)}."

    return ask(f"{question} ({', '.join(choices)})", default, check)


def confirm(question: str) -> bool:
    """Ask a question whose answer is yes or no; there is no default."""
    return choose(question, ("yes", "no"), "") == "yes"


def _read(question: str) -> str:
    line = sys.stdin.readline()
    if not line:
        raise _ended(question)
    return line.strip()


def _ended(question: str) -> MailbridgeError:
    return MailbridgeError(f"The answers ended at the question {question!r}. Nothing was written.")
