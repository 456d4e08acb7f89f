"""A mail inside a mail: what is found, what is kept, and what is no forward."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mailbridge.message.forwarded import MOST_LEVELS, Forward, unwrap, unwrap_all
from mailbridge.message.limits import Limits
from mailbridge.message.message import Address, Message
from tests.message.mails import multipart, opened, part

HERE = timezone(timedelta(hours=1))
PORTAL = Address("Portal", "leads@portal.example.org")
COLLEAGUE = Address("Rahel", "rahel@example.net")
BLOCK = """De : Portal <leads@portal.example.org>
Envoyé : mardi 3 novembre 2026 08:15
À : rahel@example.net
Objet : Demande

"""
ASKED = "Prénom: Luce\nE-mail: luce@example.com"
NOTE = "Pour toi.\n\nRahel, 021 000 00 40\n\n"


def raw(
    subject: str, body: bytes | str, *more: str, kind: str = "text/plain; charset=utf-8"
) -> bytes:
    head = [
        "From: Rahel <rahel@example.net>",
        "Reply-To: rahel@example.net",
        "To: leads@example.net",
        f"Subject: {subject}",
        "Date: Tue, 03 Nov 2026 09:00:00 +0100",
        "Message-ID: <outer@example.net>",
        "Authentication-Results: mx.example.net; dmarc=pass header.from=example.net",
        *more,
    ]
    if isinstance(body, str):
        head.append(f"Content-Type: {kind}")
        return ("\n".join(head) + "\n\n" + body).encode()
    return "\n".join(head).encode() + b"\n" + body


def mail(subject: str, body: bytes | str, *more: str) -> Message:
    return opened(raw(subject, body, *more))


def forward_of(message: Message) -> Forward:
    forward = unwrap(message)
    assert forward is not None
    return forward


def text_of(message: Message) -> str:
    assert message.text is not None
    return message.text.text


def html_of(message: Message) -> str | None:
    return message.html.text if message.html else None


def page(*lines: str) -> bytes:
    return part("text/html; charset=utf-8", "<br>".join(lines).encode())


PAGE = (
    "Pour toi.",
    "De : Portal &lt;<a href='mailto:leads@portal.example.org'>leads@portal.example.org</a>&gt;",
    "Envoyé : mardi 3 novembre 2026 08:15",
    "À : rahel@example.net",
    "Objet : Demande<br>",
    "Prénom: Luce",
    "<a href='https://portal.example.org/1'>annonce</a>",
)


# What is kept.


def test_the_mail_inside_gets_what_its_block_tells_and_nothing_of_the_forwarders() -> None:
    forward = forward_of(mail("TR: Demande", NOTE + BLOCK + ASKED))
    assert (forward.by, forward.how) == (COLLEAGUE, "outlook-fr")
    assert forward.note == "Pour toi.\n\nRahel, 021 000 00 40"
    inner = forward.inner
    assert (inner.sender, inner.subject) == (PORTAL, "Demande")
    assert inner.date == datetime(2026, 11, 3, 8, 15, tzinfo=HERE)
    assert inner.to == (Address("", "rahel@example.net"),)
    assert (inner.reply_to, inner.headers, inner.problems) == ((), {}, ())
    assert inner.message_id == "outer@example.net"
    assert text_of(inner) == ASKED
    assert inner.html is None


def test_attachments_survive_a_forward() -> None:
    body = multipart(
        "mixed", part("text/plain", BLOCK.encode() + b"x"), part("application/xml", b"<a/>")
    )
    inner = forward_of(mail("WG: Demande", body)).inner
    assert [one.content for one in inner.attachments] == [b"<a/>"]


def test_the_html_is_cut_as_the_text_is() -> None:
    body = multipart(
        "alternative", part("text/plain; charset=utf-8", NOTE + BLOCK + ASKED), page(*PAGE)
    )
    inner = forward_of(mail("TR: Demande", body)).inner
    assert text_of(inner) == ASKED
    assert html_of(inner) == "Prénom: Luce\nannonce <https://portal.example.org/1>"
    assert inner.html is not None
    assert [link.url for link in inner.html.links] == ["https://portal.example.org/1"]


def test_a_forward_in_html_alone_is_found() -> None:
    inner = forward_of(mail("TR: Demande", multipart("alternative", page(*PAGE)))).inner
    assert (inner.sender.address, inner.text) == (PORTAL.address, None)
    assert html_of(inner) == "Prénom: Luce\nannonce <https://portal.example.org/1>"


def test_a_text_part_that_is_only_a_notice_leaves_the_html() -> None:
    body = multipart("alternative", part("text/plain", "See the HTML."), page(*PAGE))
    inner = forward_of(mail("TR: Demande", body)).inner
    assert (inner.sender.address, inner.text) == (PORTAL.address, None)
    assert html_of(inner) is not None


def test_html_that_tells_of_another_sender_or_none_is_left_out() -> None:
    text = part("text/plain; charset=utf-8", BLOCK + ASKED)
    for other in (page("De : x@evil.example", "Objet : Demande", "", "y"), page("Bonjour")):
        inner = forward_of(mail("TR: Demande", multipart("alternative", text, other))).inner
        assert inner.html is None


def test_label_and_value_in_cells_of_their_own() -> None:
    rows = [("De :", "Portal &lt;leads@portal.example.org&gt;"), ("Objet :", "Demande")]
    table = "".join(f"<tr><td><b>{label}</b></td><td>{value}</td></tr>" for label, value in rows)
    body = f"Salut<table>{table}</table><p>Prénom: Luce</p>".encode()
    inner = forward_of(
        mail("Fwd: x", multipart("mixed", part("text/html; charset=utf-8", body)))
    ).inner
    assert (inner.sender, inner.subject, html_of(inner)) == (PORTAL, "Demande", "Prénom: Luce")


# Dates and subjects.


def test_a_date_without_a_zone_counts_in_the_zone_of_the_mail_around_it() -> None:
    message = mail("TR: x", BLOCK + ASKED)
    assert message.date is not None
    assert forward_of(message).inner.date == datetime(2026, 11, 3, 7, 15, tzinfo=UTC)


def test_nobody_forwards_what_is_still_to_come() -> None:
    late = BLOCK.replace("08:15", "09:45")
    message = mail("TR: x", late + ASKED)
    assert forward_of(message).inner.date == message.date
    told = BLOCK.replace("mardi 3 novembre 2026 08:15", "Tue, 3 Nov 2026 09:45:00 +0100")
    assert forward_of(mail("TR: x", told)).inner.date == datetime(2026, 11, 3, 9, 45, tzinfo=HERE)


@pytest.mark.parametrize("date", ["", "Date: nonsense", "Date: Tue, 03 Nov 2026 09:00:00 -0000"])
def test_without_a_usable_date_around_it_the_zone_is_utc(date: str) -> None:
    data = raw("TR: x", BLOCK).replace(b"Date: Tue, 03 Nov 2026 09:00:00 +0100", date.encode())
    message = opened(data.replace(b"\n\nDe", b"\nX: y\n\nDe"))
    assert forward_of(message).inner.date == datetime(2026, 11, 3, 8, 15, tzinfo=UTC)


def test_an_unreadable_date_is_none() -> None:
    text = BLOCK.replace("mardi 3 novembre 2026 08:15", "avant-hier")
    assert forward_of(mail("TR: x", text)).inner.date is None


def test_a_subject_that_is_not_told_is_the_forwards_own() -> None:
    text = "De : leads@portal.example.org\nÀ : rahel@example.net\n\nx"
    assert forward_of(mail("TR : Demande", text)).inner.subject == "Demande"
    assert forward_of(mail("urgent", text)).inner.subject == ""


# Ways of marking. Those of each program and language: fixtures/forwarded.


@pytest.mark.parametrize(
    ("subject", "text", "how"),
    [
        ("TR: x", BLOCK + ASKED, "outlook-fr"),
        ("TR: x", "De: leads@portal.example.org\nObjet: x\n" + ASKED, "outlook-fr"),
        ("urgent", NOTE + BLOCK + ASKED, "outlook-fr"),
        ("WG: x", NOTE + "_" * 32 + "\n" + BLOCK + ASKED, "outlook-web"),
        ("WG: x", NOTE + "-----Original Message-----\n" + BLOCK + ASKED, "outlook-classic-en"),
        ("urgent", NOTE + "---------- Forwarded message ---------\n\n" + BLOCK + ASKED, "gmail"),
        (
            "Fwd: x",
            NOTE + "Début du message transféré :\n\n> " + (BLOCK + ASKED).replace("\n", "\n> ")
            + "\n\nRahel, Téléphone: 021 000 00 40",
            "apple-mail-fr",
        ),
        (
            "FW: x",
            NOTE + "Le 03/11/2026 08:15, « Portal » <leads@portal.example.org> a écrit :\n\n    "
            + ASKED.replace("\n", "\n    "),
            "outlook-mac-fr",
        ),
        (
            "FW: x",
            "Le 03/11/2026 08:15, « Portal »\n<leads@portal.example.org> a écrit :\n\n> "
            + ASKED.replace("\n", "\n> "),
            "outlook-mac-fr",
        ),
        (
            "Fw: x",
            "   ----- Message transmis ----- De : Portal <leads@portal.example.org>"
            "À : <a@example.net>Envoyé : mardi 3 novembre 2026, 08:15:00 UTC+1Objet : x\n" + ASKED,
            "yahoo-fr",
        ),
        ("Fw: x", "----- Message transmis -----\n" + BLOCK + ASKED, "yahoo-fr"),
    ],
)  # fmt: skip
def test_each_way_of_marking_is_found(subject: str, text: str, how: str) -> None:
    forward = forward_of(mail(subject, text))
    assert forward.how == how
    assert forward.inner.sender.address == PORTAL.address
    assert text_of(forward.inner) == ASKED


def test_what_looks_like_a_mark_and_is_none_is_passed_by() -> None:
    note = (
        "Le <b> 3 mai, le chat\nDe : moi\n-----Original Message-----\n\n\n\n\nDe : toi\n" + "_" * 32
    )
    forward = forward_of(mail("TR: x", f"{note}\n\n{BLOCK}{ASKED}"))
    assert text_of(forward.inner) == ASKED


@pytest.mark.parametrize(
    "text",
    [
        *["", "Bonjour", "-----Original Message-----", "_" * 32 + "\n\n\n\n\n\n", "_" * 32 + "\nx"],
        *["De : Portal\nObjet : x\n\ny", "Le 03/11/2026 08:15, « Portal » <moi> a écrit :\n\nx"],
        *["----- Message transmis ----- De : Portal", "----- Message transmis -----\n"],
    ],
)  # fmt: skip
def test_without_a_whole_mark_nothing_was_forwarded(text: str) -> None:
    assert unwrap(mail("TR: x", text)) is None


# Replies and machines.


@pytest.mark.parametrize("subject", ["Re: x", "AW: x", "RE: TR: x", "SV: x", "R: x"])
@pytest.mark.parametrize(
    "mark",
    [
        "",
        "-----Message d'origine-----\n",
        "_" * 32 + "\n",
        "---------- Forwarded message ---------\n",
    ],
)
def test_a_reply_that_quotes_a_mail_forwards_nothing(subject: str, mark: str) -> None:
    assert unwrap(mail(subject, NOTE + mark + BLOCK + ASKED)) is None
    answer = "Le 03/11/2026 08:15, « P » <leads@portal.example.org> a écrit :\n\n> " + ASKED
    assert unwrap(mail(subject, answer)) is None


@pytest.mark.parametrize("mark", ["", "-----Message d'origine-----\n", "_" * 32 + "\n"])
def test_an_answer_under_another_subject_forwards_nothing(mark: str) -> None:
    message = mail("Votre demande", NOTE + mark + BLOCK + ASKED, "In-Reply-To: <1@example.org>")
    assert unwrap(message) is None


def test_gmail_and_outlook_write_in_reply_to_into_forwards_as_well() -> None:
    answered = "In-Reply-To: <1@example.org>"
    assert unwrap(mail("TR: x", BLOCK + ASKED, answered)) is not None
    marked = "---------- Forwarded message ---------\n" + BLOCK
    assert unwrap(mail("urgent", marked, answered)) is not None


def test_the_line_of_an_answer_marks_a_forward_only_under_such_a_subject() -> None:
    answer = "Le 03/11/2026 08:15, « P » <leads@portal.example.org> a écrit :\n\n    x"
    assert unwrap(mail("Demande", answer)) is None


@pytest.mark.parametrize(
    "field", ["Auto-Submitted: auto-replied", 'Content-Type: multipart/report; boundary="x"']
)
def test_what_a_machine_answered_forwards_nothing(field: str) -> None:
    body = BLOCK.encode() + b"x"
    assert unwrap(opened(raw("TR: x", b"\n" + body, field))) is None


# Attached mails.

ORIGINAL = (
    b"From: Portal <leads@portal.example.org>\r\nReply-To: luce@example.com\r\nSubject: Demande\r\n"
    b"Date: Tue, 03 Nov 2026 08:15:22 +0100\r\nMessage-ID: <1@portal.example.org>\r\n"
    b"Authentication-Results: mx.example.net; dmarc=pass header.from=portal.example.org\r\n"
    b"X-Kind: inquiry\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + ASKED.encode()
)


def attached(*originals: bytes, kind: str = "message/rfc822", name: str = "a.eml") -> bytes:
    parts = [part(f'{kind}; name="{name}"', one) for one in originals]
    return multipart("mixed", part("text/plain", "See below."), *parts)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("message/rfc822", ""), ("message/global", "x"), ("application/octet-stream", "Demande.EML")],
)
def test_an_attached_mail_is_read_itself(kind: str, name: str) -> None:
    forward = forward_of(mail("urgent", attached(ORIGINAL, kind=kind, name=name)))
    assert (forward.how, forward.note, forward.by) == ("attachment", "See below.", COLLEAGUE)
    inner = forward.inner
    assert (inner.sender, inner.message_id) == (PORTAL, "1@portal.example.org")
    assert inner.reply_to == (Address("", "luce@example.com"),)
    assert inner.headers["x-kind"] == ("inquiry",)
    assert "authentication-results" not in inner.headers
    assert text_of(inner) == ASKED


def test_further_attached_mails_are_beside_it() -> None:
    second = ORIGINAL.replace(b"Demande", b"Seconde")
    forward = forward_of(mail("urgent", attached(ORIGINAL, second)))
    assert [one.subject for one in forward.beside] == ["Seconde"]


@pytest.mark.parametrize(
    ("kind", "name"), [("application/octet-stream", "x.bin"), ("text/calendar", "x.eml")]
)
def test_other_attachments_are_no_mails(kind: str, name: str) -> None:
    assert unwrap(mail("urgent", attached(ORIGINAL, kind=kind, name=name))) is None


def test_an_attached_mail_that_cannot_be_read_is_none() -> None:
    assert unwrap(mail("TR: x", attached(b""))) is None


def test_an_attached_mail_beyond_a_limit_is_said() -> None:
    forward = unwrap(mail("TR: x", attached(ORIGINAL)), Limits(mail_size=50))
    assert forward is not None
    assert [problem.code for problem in forward.beyond] == ["limit-mail-size"]
    assert forward.inner.sender.address == ""


def test_attached_mails_may_together_cost_what_one_mail_may() -> None:
    pages = [b"From: a@example.org\r\n" + part("text/html", "<p>" * 15_000) for _ in range(3)]
    forward = forward_of(mail("TR: x", attached(*pages)))
    assert forward.beside == ()
    assert [problem.code for problem in forward.beyond] == ["limit-html-tags"]


def test_a_reply_with_an_attached_mail_forwards_nothing() -> None:
    assert unwrap(mail("Re: x", attached(ORIGINAL))) is None


def test_an_html_mail_has_its_note_from_there_and_an_empty_one_none() -> None:
    eml = part("message/rfc822", ORIGINAL)
    assert forward_of(mail("x", multipart("mixed", page("Salut"), eml))).note == "Salut"
    assert forward_of(mail("x", multipart("mixed", eml))).note == ""


# Forwards of forwards.


def test_a_forward_of_a_forward_is_followed() -> None:
    patrick = BLOCK.replace("Portal <leads@portal.example.org>", "Patrick <patrick@example.net>")
    patrick = patrick.replace("Objet : Demande", "Objet : Fwd: Demande")
    inside = "---------- Forwarded message ---------\n" + BLOCK + ASKED
    ways = list(unwrap_all(mail("TR: Fwd: Demande", NOTE + patrick + "Vu.\n" + inside)))
    assert [one.how for one in ways] == ["outlook-fr", "gmail"]
    assert [one.by.address for one in ways] == ["rahel@example.net", "patrick@example.net"]
    assert text_of(ways[-1].inner) == ASKED


def test_a_forwarded_reply_goes_no_further() -> None:
    answered = BLOCK.replace("Objet : Demande", "Objet : Re: Demande")
    ways = list(unwrap_all(mail("TR: Re: Demande", answered + "Oui.\n\n" + BLOCK + ASKED)))
    assert len(ways) == 1


def test_quote_marks_of_each_level_are_taken_off() -> None:
    block = BLOCK.strip("\n").replace("\n", "\n> ").replace("Objet : Demande", "Objet : TR: x")
    again = BLOCK.strip("\n").replace("\n", "\n>> ")
    text = f"Fwd\n> {block}\n>\n>> {again}\n>>\n>> Prénom: Luce\n>> > moi\n"
    ways = list(unwrap_all(mail("Fwd: TR: x", text)))
    assert [text_of(one.inner).split("\n")[-2:] for one in ways][-1] == ["Prénom: Luce", "> moi"]


def test_going_inward_comes_to_an_end() -> None:
    ways = list(unwrap_all(mail("TR: x", BLOCK.replace("Demande", "TR: x") * 50 + ASKED)))
    assert len(ways) == MOST_LEVELS
    nested = ORIGINAL
    for _ in range(MOST_LEVELS + 2):
        body = multipart("mixed", part("message/rfc822", nested), boundary=f"b{len(nested)}")
        nested = raw("Fwd: x", body)
    assert len(list(unwrap_all(opened(nested)))) == MOST_LEVELS
