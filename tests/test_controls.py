"""Control characters are shown, never obeyed."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.controls import show_controls, show_in_json, show_on_one_line

ANY = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë Müller-D’Aroma 🙂 \u00a0 中文 עברית", "Zoë Müller-D’Aroma 🙂 \u00a0 中文 עברית"),
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b2J\x7f\r", "\\x9b2J\\x7f\\x0d"),
        ("fdp.\u202egnp", "fdp.\\u202egnp"),
        ("\u2066x\u2069\u200f\u061c", "\\u2066x\\u2069\\u200f\\u061c"),
        ("a\u2028b\x85c", "a\\u2028b\\x85c"),
        ("\udcff.eml", "\\udcff.eml"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text: str, shown: str) -> None:
    assert show_controls(text) == shown


def test_a_log_line_has_no_second_line() -> None:
    assert show_on_one_line("a\n2026-11-03 [info] lead sent\tb\r") == (
        "a\\n2026-11-03 [info] lead sent\\tb\\x0d"
    )


@given(ANY)
def test_nothing_that_is_shown_steers(text: str) -> None:
    for shown in (show_controls(text), show_on_one_line(text)):
        left = {unicodedata.category(c) for c in shown if c not in "\t\n"}
        assert not left & {"Cc", "Cs", "Zl", "Zp"}
        assert not any(unicodedata.bidirectional(c) in {"RLO", "LRO", "RLE", "LRE"} for c in shown)
        shown.encode()
    assert len(show_on_one_line(text).splitlines()) <= 1


@given(st.dictionaries(st.text(max_size=5), ANY))
def test_json_stays_the_same_value(value: dict[str, str]) -> None:
    written = show_in_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(written) == value
    assert len(written.splitlines()) == 1
    assert show_controls(written) == written
