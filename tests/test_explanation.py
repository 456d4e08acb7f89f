"""A text cut where its values stand."""

from mailbridge.explanation import Piece, cut, read_fields
from mailbridge.rules.inquiry import Found


def found(begin: int, end: int, source: str = "text") -> Found:
    return Found(value="v", raw="r", source=source, span=(begin, end), pattern="p:1:1")


def test_values_stand_alone_and_the_rest_between_them() -> None:
    fields = {"b": found(6, 9), "a": found(0, 2), "other": found(0, 9, "subject")}
    assert list(cut("Ab cd efg.", "text", fields)) == [
        Piece("Ab", "a"),
        Piece(" cd "),
        Piece("efg", "b"),
        Piece("."),
    ]


def test_a_value_in_another_and_one_beyond_the_text_are_left_out() -> None:
    fields = {"outer": found(0, 5), "inner": found(1, 3), "beyond": found(6, 99)}
    assert list(cut("abcdefg", "text", fields)) == [Piece("abcde", "outer"), Piece("fg")]


def test_nothing_found_is_one_piece_and_no_text_is_none() -> None:
    assert list(cut("abc", "text", {})) == [Piece("abc")]
    assert list(cut("", "text", {"a": found(0, 1)})) == []


def test_fields_come_back_as_the_ledger_kept_them() -> None:
    fields = {"a": found(1, 2), "b": Found(value="", raw="", source="link", span=None, pattern="p")}
    assert read_fields({name: one.as_json() for name, one in fields.items()}) == fields
