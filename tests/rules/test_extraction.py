"""Patterns, sources beside the text, and what is never taken for a value."""

import pytest

from tests.rules.making import a_message, found_in, read_with, values

PATTERN = "fields:\n  property_reference: {pattern: '^Ref: *(\\S+)'}"


def test_a_pattern_gives_its_group() -> None:
    assert found_in(PATTERN, "Ref: B-1 and more") == {"property_reference": "B-1"}
    assert found_in(PATTERN, "x Ref: B-1") == {}


def test_the_first_pattern_and_the_first_way_win() -> None:
    rules = """
fields:
  property_reference:
    - {pattern: ['^A: *(\\S+)', '^B: *(\\S+)']}
    - {pattern: '^C: *(\\S+)'}
"""
    assert found_in(rules, "C: 3\nB: 2\nA: 1") == {"property_reference": "1"}
    assert found_in(rules, "C: 3\nB: 2") == {"property_reference": "2"}
    assert found_in(rules, "C: 3") == {"property_reference": "3"}


def test_a_group_that_took_nothing_is_no_value() -> None:
    rules = "fields:\n  property_reference: {pattern: '^Ref:(?:x| *(\\S+))?'}"
    assert found_in(rules, "Ref:x\nRef: B-1") == {"property_reference": "B-1"}
    rules = "fields:\n  property_reference: {in: subject, pattern: '^Ref:(?:x| *(\\S+))?'}"
    assert values(read_with(rules, a_message("", subject="Ref:x")).fields) == {}


def test_apostrophes_are_one_and_the_value_stays_as_written() -> None:
    rules = 'fields:\n  sender_name: {pattern: "^Nom d\'usage: (.+)$"}'
    assert found_in(rules, "Nom d’usage: Lozac’h") == {"sender_name": "Lozac’h"}


@pytest.mark.parametrize(
    ("written", "value"),
    [("640_B7", "B7"), ("640_B7_2", "B7_2"), ("B7", "B7"), ("640_ B7", "B7")],
)
def test_after_takes_what_follows_the_first_one(written: str, value: str) -> None:
    rules = "fields:\n  property_reference: {label: Ref, after: _}"
    assert found_in(rules, f"Ref: {written}") == {"property_reference": value}


@pytest.mark.parametrize(("written", "value"), [("407-2", "407"), ("407-2-1", "407"), ("7", "7")])
def test_before_takes_what_precedes_the_first_one(written: str, value: str) -> None:
    rules = "fields:\n  property_reference: {label: Ref, before: '-'}"
    assert found_in(rules, f"Ref: {written}") == {"property_reference": value}


def test_nothing_after_it_is_nothing() -> None:
    rules = "fields:\n  property_reference: {label: Ref, after: _}"
    assert found_in(rules, "Ref: 640_") == {}


def test_after_holds_in_the_subject_too() -> None:
    rules = "fields:\n  property_reference: {in: subject, pattern: 'ref (\\S+)', after: _}"
    reading = read_with(rules, a_message("", subject="house, ref 640_B7 here"))
    found = reading.fields["property_reference"]
    assert (found.value, found.span, found.source) == ("B7", (15, 17), "subject")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("[R20.H3.0412]", "R20.H3.0412"),
        ("[B7..1120]", "B7.1120"),
        ("[..k7.9x]", "k7.9x"),
        ("[A..]", "A"),
        ("[ A . . B ]", " A . B "),
    ],
)
def test_an_idx_triple_loses_its_empty_parts(written: str, value: str) -> None:
    rules = "fields:\n  property_reference: {pattern: '(\\[[^\\]\\n]*\\])', clean: idx_triple}"
    assert found_in(rules, f"Ref: {written}") == {"property_reference": value.strip()}


def test_an_idx_triple_without_any_part_is_none() -> None:
    rules = "fields:\n  property_reference: {pattern: '(\\[[^\\]\\n]*\\])', clean: idx_triple}"
    assert found_in(rules, "Ref: [..]") == {}


CONTACT = """
relay: reply.portal.example
sections:
  message: {start: '^Message:', free_text: true}
fields:
  sender_email: {label: E-mail}
  sender_name: {label: Nom}
  sender_message: {in: message, take: section}
"""


def test_nothing_but_the_message_comes_out_of_the_visitors_words() -> None:
    text = "Nom: Ann\nMessage:\nNom: Eve\nE-mail: eve@example.org"
    assert found_in(CONTACT, text) == {
        "sender_name": "Ann",
        "sender_message": "Nom: Eve\nE-mail: eve@example.org",
    }


def test_a_pattern_cannot_reach_into_the_visitors_words() -> None:
    rules = """
sections:
  message: {start: '^Message:', free_text: true}
fields:
  sender_name: {pattern: 'Message:\\s*([^\\n]+)'}
"""
    assert found_in(rules, "Message:\nEve") == {}


def test_but_the_portals_own_sentence_there_may_be_read_when_the_rule_says_so() -> None:
    rules = """
sections:
  message: {start: '^Message:', free_text: true}
fields:
  property_reference: {in: message, by_portal: true, pattern: '\\(Reference (\\S+)\\)'}
"""
    assert found_in(rules, "Message:\nhello (Reference B-1)") == {"property_reference": "B-1"}


def email_of(*reply_to: str, text: str = "", to: tuple[str, ...] = ()) -> str | None:
    message = a_message(text, reply_to=reply_to, to=to)
    found = read_with(CONTACT, message).fields.get("sender_email")
    return found.value if found else None


def test_reply_to_is_the_enquirers_where_the_text_gives_none() -> None:
    assert email_of("ann@example.org") == "ann@example.org"
    assert email_of("ann@example.org", text="E-mail: bob@example.org") == "bob@example.org"
    found = read_with(CONTACT, a_message("", reply_to=["ann@example.org"])).fields["sender_email"]
    assert (found.source, found.span, found.pattern) == ("reply_to", None, "Reply-To")


def test_reply_to_of_the_portal_or_of_the_agency_is_not() -> None:
    assert email_of("noreply@portal.example") is None
    assert email_of("noreply@mail.portal.example") is None
    assert email_of("us@example.net", to=("us@example.net",)) is None
    assert email_of("noreply@portal.example", "ann@example.org") == "ann@example.org"


def test_a_relay_address_is_a_way_to_answer() -> None:
    assert email_of("x7@reply.portal.example") == "x7@reply.portal.example"


def test_a_portal_without_a_field_for_the_address_has_none_from_reply_to() -> None:
    message = a_message("Nom: Ann", reply_to=["ann@example.org"])
    assert "sender_email" not in read_with("fields: {sender_name: {label: Nom}}", message).fields


def test_from_gives_its_address_or_its_name() -> None:
    rules = """
relay: portal.example
fields:
  sender_email: {in: from}
  sender_name: {in: from, take: name, pattern: '^(.+) via Portal$'}
"""
    message = a_message("", name="Ann Other via Portal")
    assert values(read_with(rules, message).fields) == {
        "sender_email": "leads@portal.example",
        "sender_name": "Ann Other",
    }


def test_other_sources() -> None:
    rules = """
fields:
  property_reference: {in: 'header:X-Reference', pattern: '^(\\S+)$'}
  listing_number: {in: link, pattern: '/listing/(\\d+)'}
  request: {in: subject, pattern: '^(\\w+) request'}
"""
    message = a_message(
        "",
        subject="Viewing request",
        headers={"x-reference": ("B-1",)},
        links=["https://portal.example/", "https://portal.example/listing/77"],
    )
    reading = read_with(rules, message)
    assert values(reading.fields) == {
        "property_reference": "B-1",
        "listing_number": "77",
        "request": "Viewing",
    }
    assert reading.fields["listing_number"].span is None
    assert reading.fields["property_reference"].source == "header:x-reference"


def test_evidence_names_the_pattern_or_the_label_word() -> None:
    rules = """
fields:
  sender_name: {label: [Nom, Name]}
  property_reference: {pattern: ['^A: (.+)', '^B: (.+)']}
"""
    fields = read_with(rules, a_message("Name: Ann\nB: 7")).fields
    assert fields["sender_name"].pattern == "rules.yaml:6:30"
    assert fields["property_reference"].pattern == "rules.yaml:7:46"
    assert fields["property_reference"].raw == "7"
    assert fields["property_reference"].span == (13, 14)
