"""What is written as YAML is read back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.documents.casefile import CaseFile, ExpectedLead
from mailbridge.documents.located import parse
from mailbridge.documents.notation import quote, write_case, write_list
from mailbridge.documents.shape import shape
from mailbridge.outcomes import Outcome

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("E-mail", "E-mail"),
        ("☎", "'☎'"),
        ("no", "'no'"),
        ("it's", "it's"),
        ("^it's$", "'^it''s$'"),
        ("a: b", "'a: b'"),
        ("\ufffe", '"\\U0000fffe"'),
        ("", "''"),
    ],
)
def test_strings_are_written_as_people_do(text: str, written: str) -> None:
    assert quote(text) == written


@given(TEXT)
def test_any_string_is_read_back(text: str) -> None:
    assert parse(f"x: {quote(text)}\n", "x").data == {"x": text}
    assert parse(f"x: {write_list([text, text])}\n", "x").data == {"x": [text, text]}


@given(TEXT, st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_case_is_read_back(about: str, message: str) -> None:
    lead = ExpectedLead(sender_email="ann@example.org", sender_message=message or None)
    case = CaseFile(about=about, portal="homes.example", outcome=Outcome.LEAD, lead=lead)
    assert shape(parse(write_case(case), "x"), CaseFile) == case


def test_a_case_without_a_lead() -> None:
    case = CaseFile(about="News", portal=None, outcome=Outcome.UNMATCHED)
    assert shape(parse(write_case(case), "x"), CaseFile) == case
