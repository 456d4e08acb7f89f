import pytest

from mailbridge.message.message import Link
from mailbridge.message.plain import decode_entities, is_html, to_body, unflow
from tests.message.mails import codes, mail, opened, text_of


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Objet d&#x27;intérêt", "Objet d'intérêt"),
        ("&eacute;&Eacute;&euro;&#233;&#XE9;", "éÉ€éé"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("a?x=1&copy=2&amp=3", "a?x=1&copy=2&amp=3"),
        ("&notaname; &; &#; &#x; &notit;", "&notaname; &; &#; &#x; &notit;"),
        ("&#0;&#xD800;&#x110000;&#9999999;", "&#0;&#xD800;&#x110000;&#9999999;"),
        ("&#146;&#129;", "’&#129;"),
    ],
)
def test_entities_are_decoded_once_and_only_whole_ones(written: str, expected: str) -> None:
    assert decode_entities(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("One\r\nTwo\rThree\x0bFour\x0cFive\u2028Six\u2029Seven\x85Eight",
         "One\nTwo\nThree Four Five Six Seven Eight"),
        ("One\xa0two\u202fthree\u2009four\u3000five", "One two three four five"),
        ("Z\u200bo\u200de\u2060\ufeff\u202a\u2066\xad\u034f", "Zoe"),
        ("\ufeffOne \t \nTwo\t\xa0\n\n", "One\nTwo"),
        ("a\x00b\x1fc\x7fd\x9fe\tf", "abcde\tf"),
        ("e\u0301 e\u200d\u0301", "é é"),
        ("a\ud800b", "a\ufffdb"),
        ("L’été d'ici", "L’été d'ici"),
        ("One\n\n\n\n\nTwo", "One\n\n\n\n\nTwo"),
    ],
)  # fmt: skip
def test_the_text_form(written: str, expected: str) -> None:
    assert to_body(written).text == expected


def test_links_in_plain_text() -> None:
    body = to_body("See https://example.org/a?b=1, <mailto:anna@example.org> (tel:+41790000012).")
    assert body.links == (
        Link("https://example.org/a?b=1", "https://example.org/a?b=1"),
        Link("mailto:anna@example.org", "mailto:anna@example.org"),
        Link("tel:+41790000012", "tel:+41790000012"),
    )
    assert to_body("nothing").links == ()


class TestFlowed:
    def test_lines_that_end_with_a_blank_run_on(self) -> None:
        assert unflow("One \r\ntwo \r\nthree\r\nFour") == "One two three\nFour"

    def test_deleted_blanks(self) -> None:
        assert unflow("One \ntwo", delete_blank="yes") == "Onetwo"

    def test_quoted_text_stays_apart(self) -> None:
        assert unflow("> One \n> two\nThree \n>> four") == "> One two\nThree \n>> four"

    def test_stuffed_blanks_and_signatures(self) -> None:
        assert unflow(" > no quote\nEnd \n-- \nAnna") == "> no quote\nEnd \n-- \nAnna"

    def test_only_where_it_is_said(self) -> None:
        assert text_of(mail("text/plain; format=flowed", "One \r\ntwo")) == "One two"
        assert text_of(mail("text/plain; format=flowed; delsp=yes", "One \r\ntwo")) == "Onetwo"
        assert text_of(mail("text/plain", "One \r\ntwo")) == "One\ntwo"


class TestHtmlInPlainText:
    PAGE = "<!DOCTYPE html><html><body><p>Nom : <b>Perrin</b></p><p>Ville : Nyon</p></body></html>"

    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            (PAGE, True),
            ("\n <HTML><p>x", True),
            ('<?xml version="1.0"?><html>', True),
            ("<p>One</p><p>Two</p>", True),
            ("<table><tr><td>A</td><td>B</td></tr></table>", True),
            ("Anna <anna@example.org> wrote: is 3 < 4 > 2?", False),
            ("<https://example.org>\n<https://example.com>", False),
            ("A long sentence with one <b>bold</b> word and one <i>slanted</i>, no page.", False),
            ("no", False),
        ],
    )
    def test_what_is_a_page(self, written: str, expected: bool) -> None:
        assert is_html(written) is expected

    def test_it_is_read_as_html(self) -> None:
        message = opened(mail("text/plain", self.PAGE))
        assert message.text is not None
        assert message.text.text == "Nom : Perrin\nVille : Nyon"
        assert message.html == message.text
        assert codes(mail("text/plain", self.PAGE)) == []
