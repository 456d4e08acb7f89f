"""Large mails in files come without their attachments, as those on a server do."""

import io
import mailbox
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.inbox.account import Account
from mailbridge.inbox.files import mails_in
from mailbridge.inbox.imap import connect
from mailbridge.inbox.mail import Mail
from mailbridge.inbox.reduction import reduce
from mailbridge.inbox.structure import (
    MOST_HEADER,
    MOST_LEVELS,
    MOST_OCTETS,
    SMALL_PART,
    Unbuildable,
)
from tests.inbox.mails import with_attachments
from tests.servers.mailbox import Mailbox


def reduced(raw: bytes) -> bytes:
    return reduce(io.BytesIO(raw), len(raw))


def contents(raw: bytes) -> list[tuple[str, bytes]]:
    walked = message_from_bytes(raw, policy=policy.default).walk()
    leaves = (part for part in walked if not part.is_multipart())
    return [
        (part.get_content_type(), content.rstrip())
        for part in leaves
        if isinstance(content := part.get_payload(decode=True), bytes)
    ]


def part(kind: str, body: bytes) -> bytes:
    return b"--b\r\nContent-Type: " + kind.encode() + b"\r\n\r\n" + body + b"\r\n"


def mixed(*parts: bytes, end: bytes = b"--b--\r\n") -> bytes:
    head = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n"
    return head + b"".join(parts) + end


TEXT = part("text/plain", b"a")
MAIL = part("message/rfc822", b"A: b\r\n\r\nc")


def test_the_same_is_left_as_on_a_server(account: Account, mailbox: Mailbox) -> None:
    raw = with_attachments("large", octets=600_000)
    uid = mailbox.append(raw)
    with connect(replace(account, size_limit=20_000)) as inbox:
        (mail,) = inbox.fetch("INBOX", inbox.folder_state("INBOX").uidvalidity, [uid])
    assert isinstance(mail, Mail)
    assert contents(reduced(raw)) == contents(mail.raw)
    assert {kind for kind, _ in contents(mail.raw)} == {
        "text/plain",
        "text/html",
        "application/xml",
    }
    assert len(reduced(raw)) < 5_000


@pytest.mark.parametrize(
    ("raw", "left"),
    [
        (mixed(part("image/png", b"x" * 9), TEXT), mixed(TEXT)),
        (mixed(part("image/png", b"x")), mixed(b"--b\r\n\r\n\r\n")),
        (mixed(part("application/xml", b"x" * (SMALL_PART + 1))), mixed(b"--b\r\n\r\n\r\n")),
        (mixed(part("a/b; name=A.XML", b"x")), mixed(part("a/b; name=A.XML", b"x"))),
        (mixed(TEXT, end=b""), mixed(TEXT, end=b"")),
        (mixed(part("text/plain", b"--bb\r\n--c")), mixed(part("text/plain", b"--bb\r\n--c"))),
        (mixed(TEXT, end=b"--b-- \r\nfoot\r\n--b\r\n\r\nx"), mixed(TEXT)),
        (mixed(MAIL, TEXT), mixed(MAIL, TEXT)),
        (mixed(part("message/rfc822", mixed(part("a/b", b"")))), None),
        (b"A: b\r\n\r\ntext\r\n", b"A: b\r\n\r\ntext\r\n"),
        (b"\r\n\r\nA: b\r\n\r\ntext\r\n", b"\r\n\r\nA: b\r\n\r\ntext\r\n"),
        (b"A: b", b"A: b"),
        (b"", b""),
        (b"Content-Type: application/pdf\r\n\r\nJVBE", b"Content-Type: application/pdf\r\n\r\n"),
    ],
)  # fmt: skip
def test_the_form(raw: bytes, left: bytes | None) -> None:
    found = reduced(raw)
    if left is not None:
        assert found.replace(b"preamble\r\n", b"") == left.replace(b"preamble\r\n", b"")
    assert b"image/png" not in found


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"A: b\r\n\r\n" + b"x" * MOST_OCTETS, "texts alone"),
        (b"A: b\r\n\r\n" + b"\n" * (MOST_OCTETS + 1), "texts alone"),
        (mixed(*[part("text/html", b"x" * (MOST_OCTETS // 2))] * 2), "texts alone"),
        (b"A: " + b"b" * MOST_HEADER + b"\r\n\r\nx", "headers is larger"),
        (mixed(part("multipart/mixed; boundary=b", b"") * (MOST_LEVELS + 1)), "30 deep"),
    ],
    ids=["line", "lines", "texts", "header", "depth"],
)
def test_what_cannot_be_had_whole_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(Unbuildable, match=said):
        reduced(raw)


PIECES = st.sampled_from(
    [
        *[b"--b\r\n", b"--b--\r\n", b"--c\r\n", b"--c--", b"\r\n", b"\n", b"\r", b"--b\xff", b"x"],
        *[b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: message/rfc822\r\n"],
        *[b"Content-Type: multipart/alternative; boundary=c\r\n", b"Content-Type: image/png\r\n"],
        *[b"Content-Type: text/plain\r\n\r\n", b"Content-Type: ;boundary*=x'y'%ff\r\n\r\n"],
        *[b"Content-Disposition: attachment; filename*0*=a\r\n\r\n", b"From x\r\n"],
    ]
)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=9)), max_size=20).map(b"".join))
def test_whatever_the_file_holds(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    assert len(reduced(raw)) <= len(raw) + 12 * raw.count(b"--")


@given(st.lists(st.one_of(PIECES, st.sampled_from([b"From a\n", b"\nFrom b\n"])), max_size=15))
def test_an_mbox_is_split_as_the_standard_library_does(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("box") / "box"
    path.write_bytes(b"From a\nSubject: x\n\n" + b"".join(pieces))
    box = mailbox.mbox(path, create=False)
    expected = [box.get_bytes(key) for key in box.iterkeys()]
    box.close()
    found = [mail.raw for mail in mails_in(path, 10**6)]
    assert [raw.rstrip(b"\r\n") for raw in found] == [raw.rstrip(b"\r\n") for raw in expected]


def test_an_mbox_with_a_large_mail(tmp_path: Path) -> None:
    path = tmp_path / "box"
    large = with_attachments("large", octets=600_000).replace(b"\r\n", b"\n")
    path.write_bytes(b"From a\n" + large + b"\nFrom b\nSubject: next\n\nhello\n")
    first, second = mails_in(path, 20_000)
    assert contents(first.raw) == contents(reduced(large))
    assert second.raw == b"Subject: next\n\nhello\n"


def test_a_mail_that_cannot_be_reduced_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(b"A: b\n\n" + b"x" * 5_000_000)
    (mail,) = mails_in(path, 20_000)
    assert mail.raw == b""
    assert mail.fault.endswith("if mails like it are wanted, raise limits.mail_size.")
