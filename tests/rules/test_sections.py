from mailbridge.rules.sections import BLANKED, Cutting, cut, trust
from tests.rules.making import a_portal, found_in

RULES = """
sections:
  contact: {start: '^Contact:'}
  message: {start: '^Message:', end: '^-- $|^--$', free_text: true}
  listing: {start: '^--$'}
fields:
  sender_message: {in: message, take: section}
"""


def cut_by(rules: str, text: str, cells: dict[int, int] | None = None) -> Cutting:
    return cut(a_portal(rules), text, cells or {})


def texts(rules: str, text: str, cells: dict[int, int] | None = None) -> dict[str, str]:
    cutting = cut_by(rules, text, cells)
    return {n: text[s.start : s.end].strip() for n, s in cutting.sections.items()}


def test_a_section_runs_to_the_next_heading_or_the_end() -> None:
    text = "head\nContact:\na\nMessage:\nhello\n--\nb"
    assert texts(RULES, text) == {"contact": "a", "message": "hello", "listing": "b"}


def test_a_missing_section_is_not_there() -> None:
    assert texts(RULES, "Message:\nhello") == {"message": "hello"}
    assert texts(RULES, "") == {}


def test_a_heading_in_the_visitors_words_opens_nothing() -> None:
    text = "Message:\nhello\nContact:\nE-mail: thief@example.org"
    assert texts(RULES, text) == {"message": "hello\nContact:\nE-mail: thief@example.org"}


def test_free_text_ends_at_the_last_end_because_the_visitor_stands_before_it() -> None:
    text = "Message:\nhello\n--\nContact:\nfake\n--\nreal"
    assert texts(RULES, text)["message"] == "hello\n--\nContact:\nfake"
    assert texts(RULES, text)["listing"] == "real"


def test_another_section_ends_at_the_first_end() -> None:
    rules = """
sections:
  contact: {start: '^Contact:', end: '^end$'}
fields:
  sender_name: {in: contact, label: Name}
"""
    assert texts(rules, "Contact:\na\nend\nb\nend") == {"contact": "a"}


def test_the_first_end_pattern_that_is_found_at_all_counts() -> None:
    rules = """
sections:
  message: {start: '^Message:', end: ['^one$', '^two$'], free_text: true}
fields:
  sender_message: {in: message, take: section}
"""
    assert texts(rules, "Message:\na\none\nb\ntwo") == {"message": "a"}
    assert texts(rules, "Message:\na\ntwo\nb") == {"message": "a"}


def test_headings_count_in_the_order_of_the_mail_not_of_the_rules() -> None:
    text = "--\nlisting\nContact:\na"
    assert texts(RULES, text) == {"listing": "listing", "contact": "a"}


def test_a_heading_counts_once() -> None:
    assert texts(RULES, "Contact:\na\nContact:\nb") == {"contact": "a\nContact:\nb"}


FOOTER = """
footer: ['^Sent by', '^Questions\\?']
sections:
  contact: {start: '^Contact:'}
  message: {start: '^Message:', free_text: true}
fields:
  sender_message: {in: message, take: section}
  sender_number: {label: Phone}
"""


def test_nothing_is_read_from_the_footer_on() -> None:
    assert texts(FOOTER, "Contact:\na\nSent by us\nMessage:\nb") == {"contact": "a"}
    assert found_in(FOOTER, "Contact:\na\nSent by us\nPhone: 079 000 00 01") == {}


def test_the_footer_ends_free_text_at_its_last_match() -> None:
    text = "Message:\nSent by my sister\nhello\nSent by us\nQuestions?"
    assert texts(FOOTER, text) == {"message": "Sent by my sister\nhello"}


def test_a_footer_says_where_it_stands_in_the_rules() -> None:
    cutting = cut_by(FOOTER, "Contact:\na\nQuestions? Ask.")
    assert cutting.footer == "rules.yaml:5:22"
    assert cutting.end == len("Contact:\na\n")


def test_free_text_that_begins_with_a_cell_ends_with_it() -> None:
    text = "Message:\thello\nyou\n--\nbelow"
    start = text.index("hello")
    found = texts(RULES, text, {start: text.index("\n--")})
    assert found == {"message": "hello\nyou", "listing": "below"}


def test_the_cell_is_a_wall_even_for_the_end_pattern() -> None:
    text = "Message:\thello\n--\nyou\nbelow"
    start = text.index("hello")
    assert texts(RULES, text, {start: text.index("\nbelow")})["message"] == "hello\n--\nyou"


def test_a_cell_that_begins_elsewhere_ends_nothing() -> None:
    text = "Message:\nhello\nyou"
    assert texts(RULES, text, {0: 3}) == {"message": "hello\nyou"}


def test_evidence_says_which_heading_and_which_end_matched() -> None:
    cutting = cut_by(RULES, "Contact:\na\nMessage:\nb\n--\nc")
    assert cutting.sections["contact"].head == "rules.yaml:6:20"
    assert cutting.sections["contact"].foot == ""
    assert cutting.sections["message"].foot == "rules.yaml:7:38"


def test_trusted_text_has_the_visitors_words_blanked_and_every_place_kept() -> None:
    text = "Contact:\na\nMessage:\nhi\nyou\n--\nb"
    trusted = trust(text, cut_by(RULES, text))
    assert len(trusted) == len(text)
    assert [c for c in trusted if c == BLANKED] == [BLANKED] * 5
    assert trusted.count("\n") == text.count("\n")
    assert trusted.replace(BLANKED, "") == "Contact:\na\nMessage:\n\n\n--\nb"
