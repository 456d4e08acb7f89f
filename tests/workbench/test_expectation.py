"""What a case expects is written so that it is read back as it was."""

from hypothesis import given
from hypothesis import strategies as st

from mailbridge.documents.casefile import CaseFile, ExpectedLead
from mailbridge.documents.located import parse
from mailbridge.documents.shape import shape
from mailbridge.outcomes import Outcome
from mailbridge.workbench.expectation import write_case

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(message=TEXTS, name=TEXTS, about=TEXTS)
def test_whatever_was_found_is_read_back(message: str, name: str, about: str) -> None:
    lead = ExpectedLead(sender_message=message, sender_lastname=name, sender_email="null")
    case = CaseFile(about=about, portal="homegate.ch", outcome=Outcome.LEAD, lead=lead)
    assert shape(parse(write_case(case), "case.yaml"), CaseFile) == case


def test_a_message_is_written_in_lines() -> None:
    lead = ExpectedLead(sender_message="Bonjour,\n\nmerci # beaucoup")
    text = write_case(CaseFile(portal="a.example", outcome=Outcome.LEAD, lead=lead))
    assert "  sender_message: |-\n    Bonjour,\n\n    merci # beaucoup\n" in text
    assert "  sender_email: null\n" in text


def test_a_mail_without_a_lead() -> None:
    case = CaseFile(portal=None, outcome=Outcome.UNMATCHED)
    assert write_case(case) == "portal: null\noutcome: unmatched\n"
