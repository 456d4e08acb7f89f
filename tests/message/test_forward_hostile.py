"""Whatever is typed into a mail: no exception, and an end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbridge.message.forward_header import read_block, read_line_block, read_mailbox
from mailbridge.message.forward_marks import read_attribution, read_intent, read_separator
from mailbridge.message.forwarded import MOST_LEVELS, unwrap_all
from tests.message.mails import multipart
from tests.message.test_forwarded import mail, page

LINES = st.sampled_from(
    [
        *["De : P <p@example.org>", "From: p@example.org", "Von:", "Da :\tp@x.org", "*De :* x"],
        *["Envoyé : hier", "Date: 3 nov. 2026 à 08:15", "À : a@x.org;", "b@example.net", "Cc :"],
        *["Objet : TR: x", "Subject: Re: x", "Antwort an: v@example.com", "", "", "Bonjour", "> x"],
        *["-----Original Message-----", "----- Message transmis ----- De : P <p@x.org>À : a"],
        *["---------- Forwarded message ---------", "_" * 32, "Début du message transféré :", " x"],
        *["Le 3/11/2026 08:15, « P » <p@x.org> a écrit :", "On x, <", ">", ">> >", "\t", "[<(@"],
    ]
)  # fmt: skip
TEXTS = st.lists(st.tuples(st.sampled_from(["", "> ", ">", " > > ", "    "]), LINES), max_size=25)
SUBJECTS = st.sampled_from(["TR: x", "Fwd: Re: x", "Re: x", "x", "", "[x] I : x", "WG:"])


@given(TEXTS, TEXTS, SUBJECTS)
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_nothing_is_raised(
    written: list[tuple[str, str]], shown: list[tuple[str, str]], subject: str
) -> None:
    text, html = ("\n".join(mark + line for mark, line in lines) for lines in (written, shown))
    message = mail(subject, text)
    ways = list(unwrap_all(message))
    assert len(ways) <= MOST_LEVELS
    for way in ways:
        inner = way.inner
        assert inner.sender.domain
        assert inner.date is None or inner.date.tzinfo is not None
        for body in (inner.text, inner.html):
            assert body is None or body.text == body.text.strip("\n")
            assert body is None or len(body.text) < len(text)
    paged = page(*html.replace("&", "&amp;").replace("<", "&lt;").split("\n"))
    for way in unwrap_all(mail(subject, multipart("mixed", paged))):
        assert way.inner.html is not None


@given(st.text(max_size=200))
def test_whatever_a_line_is_nothing_is_raised(line: str) -> None:
    read_intent(line)
    read_separator(line)
    read_attribution(line)
    read_mailbox(line)
    read_block(line, 0)
    read_line_block(line, 0)


LARGE = {
    "quote marks": ">" * 200_000,
    "quoted lines": ">\n" * 100_000,
    "quote marks and blanks": "> " * 100_000,
    "blanks": " " * 200_000 + "x",
    "empty lines": "\n" * 200_000 + "x",
    "senders": "From: x@example.org\n" * 10_000,
    "senders and nothing else": "From: x@example.org\n\n\n" * 10_000,
    "labels": "De : <a\nObjet : b\n" * 10_000,
    "empty labels": "De :\n" * 40_000,
    "separators": "---------- Forwarded message ---------\n" * 5_000,
    "underscores": ("_" * 32 + "\n") * 6_000,
    "one line of underscores": "_" * 200_000,
    "dashes": "-" * 200_000,
    "lines of dashes": "-----\n" * 40_000,
    "answers": 'On a, "b" <c wrote:\n' * 10_000,
    "one long answer": "Le " + "« a » <b " * 20_000,
    "brackets": "From: " + "<" * 200_000,
    "addresses": "From: " + "a@b<" * 50_000 + "\nTo: x",
    "half addresses": "From: a@b.c\nTo: x@y.z,\n" + ("b" * 3_900 + "@,\n") * 60,
    "half a sender": ("From: " + "b" * 3_900 + "\n" + "<" * 3_900 + "@\n") * 25,
    "bold": "*" * 200_000 + "De :",
    "a label without an end": "De" + " " * 200_000 + ":",
    "recipients": "From: a@b.c\nTo: " + "x@y.z, " * 30_000 + "\n\nx",
    "wrapped recipients": ("From: a@b\nTo: x@y.z,\n" + "x@y.z,\n" * 57) * 400,
    "glued blocks": "----- Forwarded Message ----- " + "From: a>To: bSent: c" * 10_000,
    "nested forwards": "".join(
        f"{'> ' * n}From: a@b.c\n{'> ' * n}Subject: Fwd: x\n{'> ' * n}\n" for n in range(250)
    ),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", LARGE)
def test_a_large_mail_takes_its_time_and_no_more(name: str) -> None:
    for subject in ("Fwd: x", "x"):
        assert len(list(unwrap_all(mail(subject, LARGE[name])))) <= MOST_LEVELS
