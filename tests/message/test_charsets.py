import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.message.charsets import decode, decode_reversibly, mend
from tests.message.mails import codes, mail, opened, text_of

FRENCH = "Référence à côté, 5 € – l’été"


@pytest.mark.parametrize(
    ("declared", "actual", "problems"),
    [
        ("utf-8", "utf-8", []),
        ("UTF8", "utf-8", []),
        ('"utf-8"', "utf-8", []),
        ("utf-8; format=x", "utf-8", []),
        ("iso-8859-1", "cp1252", []),
        ("windows-1252", "cp1252", []),
        ("us-ascii", "cp1252", []),
        ("", "utf-8", []),
        ("", "cp1252", []),
        ("utf-8", "cp1252", ["charset-wrong"]),
        ("us-ascii", "utf-8", ["charset-wrong"]),
        ("iso-8859-1", "utf-8", ["charset-wrong"]),
        ("windows-1250", "utf-8", ["charset-wrong"]),
        ("x-unknown", "utf-8", []),
        ("unknown-8bit", "cp1252", []),
        ("klingon", "utf-8", ["charset-unknown"]),
        ("klingon", "cp1252", ["charset-unknown"]),
        ("hex", "utf-8", ["charset-unknown"]),
        ("unicode_escape", "utf-8", ["charset-unknown"]),
        ("idna\x00", "cp1252", ["charset-unknown"]),
        ("utf-7", "utf-7", []),
        ("unicode-1-1-utf-7", "utf-7", []),
        ("utf-7", "utf-8", ["charset-wrong"]),
        ("utf-16le", "utf-16-le", []),
        ("utf-8", "utf-8-sig", []),
        ("iso-8859-1", "utf-16", ["charset-wrong"]),
    ],
)
def test_a_claim_is_held_against_the_bytes(declared: str, actual: str, problems: list[str]) -> None:
    text, found = decode(FRENCH.encode(actual), declared)
    assert text == FRENCH
    assert [problem.code for problem in found] == problems


@pytest.mark.parametrize(
    ("declared", "actual", "text"),
    [
        ("gb2312", "gbk", "朱镕基"),
        ("gbk", "gb18030", "㐀"),
        ("shift_jis", "cp932", "①髙橋"),
        ("ks_c_5601-1987", "cp949", "똠방각하"),
        ("big5", "big5hkscs", "中文"),
        ("iso-2022-jp", "iso-2022-jp", "日本語"),
        ("koi8-r", "koi8-r", "Привет"),
        ("windows-1251", "cp1251", "Привет"),
        ("iso-8859-15", "iso-8859-15", "5 €"),
        ("iso-8859-9", "cp1254", "ğ “x”"),
        ("windows-874", "cp874", "ไทย"),
        ("macintosh", "mac-roman", "été"),
    ],
)
def test_names_mean_what_mail_programs_mean(declared: str, actual: str, text: str) -> None:
    assert decode(text.encode(actual), declared) == (text, ())


def test_utf_8_with_some_windows_1252_in_it() -> None:
    assert decode("é".encode() + b" \xe9\x80 \x81", "utf-8")[0] == "é é€ \ufffd"


def test_broken_multibyte_text_is_kept_as_far_as_it_goes() -> None:
    assert decode("朱镕".encode("gbk") + b"\xff", "gb2312")[0] == "朱镕\ufffd"
    assert decode(b"a\x00b\x00\xff", "utf-16le")[0] == "ab\ufffd"
    assert decode(b"\xff\xfea\x00\xff", "")[0] == "a\ufffd"
    assert decode(b"\x81\xe9", "windows-1250")[0] == "\ufffdé"


def test_halves_of_characters_never_come_through() -> None:
    assert decode(b"+2AA-", "utf-7")[0] == "\ufffd"


def test_the_error_handler_is_for_reading_only() -> None:
    with pytest.raises(UnicodeEncodeError):
        codecs.encode("é", "ascii", "mailbridge.windows-1252")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("RÃ©fÃ©rence", "Référence"),
        ("lâ€™Ã©tÃ© Ã\xa0 cÃ´tÃ©, 5 â‚¬", "l’été à côté, 5 €"),
        ("Ã\x89tÃ©", "Été"),
        ("RÃ©f\nété", "Réf\nété"),
        # Real letters of other languages, which look alike at most.
        ("SÃO, „Ä“ und Ærø", "SÃO, „Ä“ und Ærø"),
        ("« Â »", "« Â »"),
        ("déjà Ã©", "déjà Ã©"),
        ("château", "château"),
        ("â€\x20", "â€\x20"),
        ("Â", "Â"),
    ],
)
def test_utf_8_read_as_windows_1252_is_read_back(written: str, expected: str) -> None:
    assert mend(written) == expected


def test_in_a_mail() -> None:
    raw = mail("text/plain; charset=utf-8", "PrÃ©nom: MaÃ«lle")
    assert text_of(raw) == "Prénom: Maëlle"
    assert codes(raw) == ["charset-doubled"]
    raw = mail("text/plain; charset=klingon", "Prénom".encode("cp1252"))
    assert text_of(raw) == "Prénom"
    assert codes(raw) == ["charset-unknown"]
    raw = mail("text/html; charset=utf-8", "<p>Prénom".encode("cp1252"))
    assert opened(raw).html_source == "<p>Prénom"


@given(st.binary(), st.sampled_from(["", "utf-8", "iso-8859-1", "gb2312", "utf-7", "utf-16", "?"]))
def test_what_is_decoded_reversibly_gives_the_bytes_back(data: bytes, declared: str) -> None:
    text, codec = decode_reversibly(data, declared)
    assert text.encode(codec) == data
