import pytest

from mailbridge.message.message import Attachment
from mailbridge.message.transfer import decode_base64, decode_transfer
from tests.message.mails import HEAD, codes, mail, multipart, opened, part, text_of


def names(raw: bytes) -> list[str]:
    return [attachment.name for attachment in opened(raw).attachments]


class TestBody:
    def test_no_content_type_is_text(self) -> None:
        assert text_of(mail("", "Hello")) == "Hello"
        assert text_of(mail("nonsense", "Hello")) == "Hello"

    def test_a_name_alone_makes_no_attachment(self) -> None:
        raw = mail('text/plain; name="inquiry.txt"', "Hello")
        assert text_of(raw) == "Hello"
        assert names(raw) == []

    def test_an_attached_text_is_no_body(self) -> None:
        note = part("text/plain", "note", 'Content-Disposition: ATTACHMENT; filename="n.txt"')
        raw = HEAD + multipart("mixed", part("text/plain", "Hello"), note)
        assert text_of(raw) == "Hello"
        assert opened(raw).attachments == (Attachment("n.txt", "text/plain", b"note"),)

    def test_an_inline_text_is_body(self) -> None:
        inline = part("text/plain", "two", "Content-Disposition: inline; filename=n.txt")
        assert text_of(HEAD + multipart("mixed", part("", "one"), inline)) == "one\ntwo"

    def test_alternative_gives_both_forms(self) -> None:
        raw = HEAD + multipart("alternative", part("text/plain", "Hi"), part("text/html", "<p>Hi"))
        message = opened(raw)
        assert message.text is not None
        assert message.html is not None
        assert (message.text.text, message.html.text) == ("Hi", "Hi")
        assert message.html_source == "<p>Hi"
        assert message.attachments == ()

    def test_html_only(self) -> None:
        message = opened(mail("text/html", "<p>Hi"))
        assert message.text is None
        assert message.html is message.html

    def test_several_pages_are_one(self) -> None:
        raw = HEAD + multipart("mixed", part("text/html", "<p>A"), part("text/html", "<p>B"))
        html = opened(raw).html
        assert html is not None
        assert html.text == "A\nB"

    def test_related_signed_and_nested(self) -> None:
        related = multipart("related", part("text/html", "<p>Hi"), part("image/png", "p"),
                            boundary="r")  # fmt: skip
        inner = multipart("alternative", part("text/plain", "Hi"), related, boundary="a")
        raw = HEAD + multipart("signed", inner, part("application/pgp-signature", "s"))
        message = opened(raw)
        assert text_of(raw) == "Hi"
        assert message.html_source == "<p>Hi"
        assert [a.content_type for a in message.attachments] == [
            "image/png",
            "application/pgp-signature",
        ]

    def test_other_texts_are_attachments(self) -> None:
        raw = HEAD + multipart("mixed", part("text/calendar", "c"), part("text/xml", "x"))
        assert opened(raw).text is None
        assert [a.content for a in opened(raw).attachments] == [b"c", b"x"]


class TestAttachedMail:
    def test_its_text_never_mixes_with_the_body(self) -> None:
        attached = HEAD + b"\r\nFalse lead\r\n"
        raw = HEAD + multipart("mixed", part("text/plain", "Hello"),
                               part("message/rfc822", attached))  # fmt: skip
        assert text_of(raw) == "Hello"
        assert opened(raw).attachments == (Attachment("", "message/rfc822", attached),)

    def test_its_boundaries_and_nesting_are_not_looked_at(self) -> None:
        attached = HEAD + multipart("mixed", part("text/plain", "False"), boundary="other")
        raw = HEAD + multipart("mixed", part("message/rfc822", attached))
        assert opened(raw).text is None
        assert opened(raw).attachments[0].content == attached[:-2] + b"\r\n"

    def test_a_digest_holds_mails(self) -> None:
        raw = HEAD + multipart("digest", b"\r\n" + HEAD + b"\r\nFalse")
        assert opened(raw).text is None
        assert opened(raw).attachments[0].content_type == "message/rfc822"

    def test_a_bounce(self) -> None:
        status = part("message/delivery-status", "Status: 5.1.1\r\n\r\nAction: failed")
        raw = HEAD + multipart("report", part("text/plain", "Sorry"), status)
        assert text_of(raw) == "Sorry"
        assert opened(raw).attachments[0].content.startswith(b"Status")


class TestBoundaries:
    def test_line_ends_before_a_boundary_are_its_own(self) -> None:
        for end in (b"\r\n", b"\n", b"\r"):
            raw = (HEAD + multipart("mixed", part("x/y", "a"), part("x/y", "b"))).replace(
                b"\r\n", end
            )
            assert [a.content for a in opened(raw).attachments] == [b"a", b"b"]

    def test_preamble_and_epilogue_are_left_out(self) -> None:
        body = multipart("mixed", part("text/plain", "Hello"))
        body = body.replace(b"\r\n\r\n--b", b"\r\n\r\nPreamble\r\n--b", 1) + b"Epilogue\r\n--b\r\n"
        assert text_of(HEAD + body) == "Hello"

    def test_the_end_may_be_missing(self) -> None:
        raw = HEAD + multipart("mixed", part("text/plain", "Hello"))
        assert text_of(raw.removesuffix(b"--b--\r\n")) == "Hello"
        assert text_of(raw.removesuffix(b"\r\n--b--\r\n")) == "Hello"

    def test_an_inner_part_ends_where_the_outer_one_does(self) -> None:
        inner = multipart("alternative", part("text/plain", "Hi"), boundary="a")
        inner = inner.removesuffix(b"--a--\r\n")
        raw = HEAD + multipart("mixed", inner, part("x/y", "z"))
        assert text_of(raw) == "Hi"
        assert [a.content for a in opened(raw).attachments] == [b"z"]

    def test_a_longer_boundary_is_another_one(self) -> None:
        inner = multipart("alternative", part("text/plain", "Hi --b x"), boundary="b1")
        raw = HEAD + multipart("mixed", inner)
        assert text_of(raw) == "Hi --b x"
        assert codes(raw) == []

    def test_an_empty_part(self) -> None:
        raw = (
            HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\n\r\nx\r\n--b--"
        )
        assert text_of(raw).strip() == "x"

    @pytest.mark.parametrize("said", ["", '; boundary="other"', "; boundary*=utf-8''other"])
    def test_a_wrong_boundary_is_mended(self, said: str) -> None:
        body = multipart("mixed", part("text/plain", "Hello"), part("x/y", "z"), boundary="--=_1")
        raw = mail(f"multipart/mixed{said}", body.partition(b"\r\n\r\n")[2])
        assert text_of(raw) == "Hello"
        assert len(names(raw)) == 1
        assert codes(raw) == ["boundary-mended"]

    def test_a_boundary_in_another_spelling(self) -> None:
        raw = HEAD + multipart("mixed", part("text/plain", "Hello")).replace(
            b'boundary="b"', b"boundary*=us-ascii''b"
        )
        assert text_of(raw) == "Hello"
        assert codes(raw) == []

    def test_parts_without_any_boundary_are_one_text(self) -> None:
        raw = mail("multipart/mixed; boundary=b", "Hello")
        assert text_of(raw) == "Hello"
        assert codes(raw) == ["multipart-broken"]

    def test_no_parts_at_all(self) -> None:
        message = opened(mail("multipart/mixed; boundary=b", "\r\n"))
        assert message.text is None
        assert message.problems == ()


class TestNames:
    @pytest.mark.parametrize(
        ("field", "expected"),
        [
            ('attachment; filename="a b.xml"', "a b.xml"),
            ("attachment; filename*=utf-8''R%C3%BCck.xml", "Rück.xml"),
            ("attachment; filename*0*=utf-8''R%C3%BC; filename*1=ck.xml", "Rück.xml"),
            ("attachment; filename*=klingon''R%FCck.xml", "Rück.xml"),
            ("attachment; filename*=''x", "x"),
            ('attachment; filename="=?utf-8?q?R=C3=BCck=2Exml?="', "Rück.xml"),
            ('attachment; filename="Rück.xml"', "Rück.xml"),
            ("attachment; filename*" + "0" * 9_000 + "=x", ""),
            ("attachment", "from type.xml"),
        ],
    )
    def test_reading(self, field: str, expected: str) -> None:
        raw = HEAD + multipart(
            "mixed", part('a/b; name="from type.xml"', "x", f"Content-Disposition: {field}")
        )
        assert names(raw) == [expected or "from type.xml"]

    def test_a_name_is_shown_as_it_is(self) -> None:
        field = 'Content-Disposition: attachment; filename="../../etc/x.pdf"'
        assert names(HEAD + multipart("mixed", part("a/b", "x", field))) == ["../../etc/x.pdf"]


class TestTransferEncoding:
    @pytest.mark.parametrize(
        ("data", "encoding", "expected"),
        [
            (b"caf=C3=A9=\r\n!", "Quoted-Printable", "café!".encode()),
            (b"=zz 100=", "quoted-printable", b"=zz 100"),
            (b"Y2Fmw6k=", "base64", "café".encode()),
            (b"Y2Fm\r\nw6k=\r\n", "BASE64 ; x", "café".encode()),
            (b"Y2Fmw!6kgY2Fmw6k", "base64", "café café".encode()),
            (b"Y2Fmw6k=\r\nYQ==", "base64", "café".encode()),
            (b"Y2FmZ", "base64", b"caf"),
            (b"No base64 at all, but a text.", "base64", b"No base64 at all, but a text."),
            (b"", "base64", b""),
            (b"x=41", "8bit", b"x=41"),
            (b"x=41", "", b"x=41"),
            (b"x=41", "x-nonsense", b"x=41"),
        ],
    )
    def test_decoding(self, data: bytes, encoding: str, expected: bytes) -> None:
        assert decode_transfer(data, encoding) == expected

    def test_base64_never_raises(self) -> None:
        assert decode_base64(b"====") == b""
        assert decode_base64(b"A") == b""

    def test_in_a_mail(self) -> None:
        assert text_of(mail("text/plain; charset=utf-8", "Y2Fmw6k=", encoding="base64")) == "café"
