"""What is told of one mail and one portal: for people who write rules."""

from mailbridge.rules.examination import Examination, examine, exercised, rules_of
from tests.rules.making import a_message, a_portal

RULES = """
portal: portal.example
evidence: seen
match: {from: leads@portal.example, subject: [one, two], not_body: '^other$'}
ignore:
  - {from: news@portal.example}
  - {subject: newsletter, not_body: x}
sections:
  contact: {start: ['^Contact', '^Kontakt']}
  message: {start: '^Message', end: '^--$', free_text: true}
footer: '^Bye'
fields:
  sender_name: {in: contact, label: [Nom, Name]}
  sender_email: {in: contact, label: Mail}
  sender_number: {in: contact, pattern: 'tel (\\S+)'}
  sender_message: {in: message, take: section}
"""
PORTAL = a_portal(RULES)
TEXT = "Kontakt\nName: Ann\ntel 12\nMail:\nMessage\nhello\n--\nBye"


def examined(
    text: str = TEXT, subject: str = "one", sender: str = "leads@portal.example"
) -> Examination:
    return examine(a_message(text, subject=subject, sender=sender), PORTAL)


def test_what_matched() -> None:
    one = examined()
    assert (one.named, one.holds, one.ignored) == (True, True, "")
    assert [(tried.word, tried.written, tried.found) for tried in one.tried] == [
        ("subject", "one", True),
        ("subject", "two", False),
        ("not_body", "^other$", False),
    ]
    assert one.reading is not None
    assert set(one.reading.fields) == {"sender_name", "sender_message"}


def test_what_almost_matched() -> None:
    told = [(miss.name, miss.where, miss.why) for miss in examined().misses]
    assert told == [
        ("sender_email", "rules.yaml:14:38", "the label stands in line 4 without a value"),
        ("sender_number", "rules.yaml:15:41", "found '12', which does not fit sender_number"),
    ]


def test_a_missing_section_is_told_once_for_itself_and_for_each_field() -> None:
    names = [(miss.name, miss.why) for miss in examined("Message\nhello").misses]
    assert names[0] == ("section contact", "its heading is not in the text part")
    assert ("sender_name", "the section contact is missing") in names


def test_the_portals_own_address_is_told_as_such() -> None:
    misses = examined("Contact\nMail: us@portal.example").misses
    assert "the portal's own" in next(m.why for m in misses if m.name == "sender_email")


def test_another_sender_is_not_read() -> None:
    one = examined(sender="eve@example.org")
    assert (one.named, one.holds, one.tried, one.reading, one.misses) == (
        False,
        False,
        (),
        None,
        (),
    )
    assert exercised(one) == set()


def test_a_mail_that_is_ignored_says_by_what() -> None:
    one = examined(sender="news@portal.example")
    assert one.ignored == "rules.yaml:6:5"
    one = examined(subject="newsletter")
    assert one.ignored == "rules.yaml:7:5"
    assert exercised(one) >= {"rules.yaml:7:5", "rules.yaml:7:15"}


def test_what_a_mail_exercises() -> None:
    places = exercised(examined())
    unused = {rule.what for rule in rules_of(PORTAL) if rule.where not in places}
    assert unused == {
        "match.subject",
        "match.not_body",
        "ignore",
        "ignore.subject",
        "sections.contact.start",
        "fields.sender_name.label",
        "fields.sender_email.label",
        "fields.sender_number.pattern",
    }
    assert {rule.written for rule in rules_of(PORTAL) if rule.where in places} >= {
        "name",
        "^Kontakt",
        "^Message",
        "^--$",
        "^Bye",
        "in: message",
        "one",
    }


def test_rules_of_another_file_are_that_files() -> None:
    assert [
        rule.what for rule in rules_of(a_portal("portal: x\nextend: y\nmatch: {from: a@b.ch}\n"))
    ] == []
