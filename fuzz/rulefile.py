"""Target: any bytes as a rule file, then used on a mail.

BadDocument is the only way to refuse one. Repetitions of hundreds inside each other
are left out: regex writes them out in memory when it compiles them, and a rule file is
its owner's, not a stranger's.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from fuzz.promises import check, within
from mailbridge.decision import Policy, decide
from mailbridge.documents.located import parse
from mailbridge.documents.source import decode
from mailbridge.errors import BadDocument
from mailbridge.message.message import Message
from mailbridge.rules.advice import advise
from mailbridge.rules.compilation import compile_portal
from mailbridge.rules.examination import examine
from mailbridge.rules.judgement import Portals, gather
from mailbridge.rules.portal import PatternTimeout, Portal

SECONDS = 10.0
"""Processor time for reading a rule file and using it on one mail."""
PATTERN_SECONDS = 0.02

_COSTLY = re.compile(rb"\{[ ,0-9]*[0-9]{3}|(?:\{[^}]*[0-9]{2}[^}]*\}.{0,200}){3}", re.DOTALL)


def run(data: bytes, seconds: float = SECONDS) -> None:
    """Read, compile, check and use the rule file; raise where a promise is broken."""
    if _COSTLY.search(data):
        return
    with within(seconds):
        try:
            portal = compile_portal(parse(decode(data, "fuzz.yaml"), "fuzz.yaml"), PATTERN_SECONDS)
            portals = gather([portal])
        except BadDocument as bad:
            problems = bad.problems
        else:
            problems = ()
            _use(portal, portals)
    assert all(problem.text and problem.file for problem in problems)


def _use(portal: Portal, portals: Portals) -> None:
    list(advise(portal))
    for raw in _mails(next(iter(portals.by_sender), "")):
        decision = decide(raw, None, portals, Policy())
        check(decision, portals)
        if isinstance(decision.message, Message):
            with suppress(PatternTimeout):
                examine(decision.message, portals.all[0])


@lru_cache(maxsize=64)
def _mails(sender: str) -> tuple[bytes, ...]:
    """Give two mails that come from the portal which the rule file names."""
    written = sender if sender and not sender.startswith("@") else f"x{sender or '@example.org'}"
    address = written.encode("ascii", "ignore").replace(b"\r", b"").replace(b"\n", b"")
    head = (
        b"From: P <" + address + b">\r\nReply-To: V <v@example.com>\r\nSubject: Inquiry A-1\r\n"
        b"Date: Tue, 03 Nov 2026 08:15:22 +0100\r\nMessage-ID: <1@example.org>\r\n"
    )
    lines = (
        "Name: Prune Essai\nE-mail: v@example.com\nTel: +41 79 000 00 01\nRef: A-1\n\nMessage:\n"
    )
    text = (lines + "Bonjour, visite ?\n" + "aaaa " * 40).encode()
    page = text.replace(b"\n", b"<br>").replace(b": ", b"</td><td>")
    return (
        head + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text,
        head + b"Content-Type: text/html; charset=utf-8\r\n\r\n<table><tr><td>" + page,
    )


def seeds() -> Iterator[bytes]:
    """Give the shipped rule files."""
    folder = Path(__file__).parents[1] / "mailbridge" / "portals"
    for file in sorted(folder.glob("*.yaml")):
        yield file.read_bytes()
