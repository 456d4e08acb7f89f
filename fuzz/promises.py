"""What holds for every decision, whatever the mail: checked by the fuzzer and by the tests.

A broken promise is an AssertionError. Must not repeat how a decision is made.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import process_time
from urllib.parse import unquote

from mailbridge.decision import Decision, Wanted
from mailbridge.message.message import Message
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem
from mailbridge.rules.inquiry import Found
from mailbridge.rules.judgement import Portals

SECONDS = 5.0
"""Processor time that one mail within the default limits may take, by the shipped rules."""

_FINAL = {Outcome.SENT, Outcome.DUPLICATE, Outcome.REJECTED, Outcome.DEFERRED, Outcome.IN_DOUBT}
"""Outcomes that only the ledger or an answer can give."""

# Controls and what turns the direction of a line round: seen by nobody, obeyed by terminals.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_CONTACT = ("sender_firstname", "sender_lastname", "sender_name", "sender_email", "sender_number")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Hold a piece of work to its time, counted in the processor's seconds, not the wall's."""
    begin = process_time()
    yield
    taken = process_time() - begin
    assert taken <= seconds, f"took {taken:.1f} s; {seconds:g} s are promised"


def check(decision: Decision, portals: Portals) -> None:
    """Hold a decision to what is promised of every mail."""
    outcome = decision.outcome
    assert isinstance(outcome, Outcome)
    assert outcome not in _FINAL
    assert re.fullmatch("[0-9a-f]{64}", decision.identity)
    assert len(set(decision.problems)) <= 400
    for problem in decision.problems:
        _check_problem(problem)
    if outcome.for_review:
        assert decision.problems, "for review, and nothing says why"
    if outcome is Outcome.LEAD:
        assert decision.wanted
        assert all(one.prepared.complete for one in decision.wanted)
    _check_plain(decision.message.message_id)
    _check_plain(decision.message.subject)
    for one in decision.wanted:
        _check_wanted(one, decision, portals)


def _check_problem(problem: Problem) -> None:
    assert problem.code
    assert problem.text
    _check_plain(str(problem))


def _check_plain(text: str) -> None:
    assert "\n" not in text
    assert not _HARMFUL.search(text), ascii(text)


def _check_wanted(one: Wanted, decision: Decision, portals: Portals) -> None:
    lead = one.prepared.lead
    written = json.dumps(dict(one.payload), ensure_ascii=False)
    assert json.loads(written.encode()) == dict(one.payload)
    for name, value in one.payload.items():
        if name == "sender_message":
            assert not _HARMFUL.search(value), ascii(value)
        elif name != "date":
            _check_plain(value)
    targets = (lead.property_reference, lead.property_id, lead.promotion_id)
    assert sum(map(bool, targets)) <= 1
    message = decision.inside or decision.message
    assert isinstance(message, Message)
    sources = {"subject": message.subject}
    if decision.reading:
        sources[decision.reading.part] = decision.reading.text
    for name, found in one.inquiry.fields.items():
        assert found.value, name
        if found.span is not None:
            begin, end = found.span
            assert 0 <= begin < end
            assert sources[found.source][begin:end] == found.raw
        json.dumps(found.as_json())
    _check_origin(one, one.inquiry.fields)
    _check_free_text(one, decision, portals)


def _check_origin(one: Wanted, fields: Mapping[str, Found]) -> None:
    """Every word of a lead was written in the field that it is made from."""
    lead = one.prepared.lead
    names = " ".join(
        fields[name].value
        for name in ("sender_firstname", "sender_lastname", "sender_name", "company")
        if name in fields
    )
    letters = _letters(names)
    for name in (lead.sender_firstname, lead.sender_lastname):
        assert all(_letters(word) in letters for word in name.split()), ascii((name, names))
    if lead.sender_email:
        told = fields["sender_email"].value
        assert _letters(lead.sender_email) in _letters(told) + _letters(unquote(told))
    if lead.sender_number:
        told = unicodedata.normalize("NFKC", unquote(fields["sender_number"].value))
        assert lead.sender_number[-6:] in "".join(str(int(c)) for c in told if c.isdecimal())
    for target in ("property_reference", "property_id", "promotion_id"):
        if value := getattr(lead, target):
            assert _letters(value) in _letters(fields[target].value)


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isprintable() and not c.isspace())


def _check_free_text(one: Wanted, decision: Decision, portals: Portals) -> None:
    """No contact value stands in what the visitor wrote, unless the rule says the portal did."""
    reading = decision.reading
    if reading is None:
        return
    portal = next(portal for portal in portals.all if portal.name == decision.portal)
    free = [s for s in reading.sections.values() if s.free_text]
    for name in _CONTACT:
        found = one.inquiry.fields.get(name)
        if found is None or found.span is None or found.source != reading.part:
            continue
        if any(way.by_portal for way in portal.fields.get(name, ())):
            continue
        begin, end = found.span
        assert not any(s.start < end and begin < s.end for s in free), name
