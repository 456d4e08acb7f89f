"""Any text, any mail: nothing is raised, and what is found stands where it is said to stand."""

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailbridge.message.message import Message
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.advice import advise
from mailbridge.rules.examination import examine
from mailbridge.rules.grammar import take_apart
from mailbridge.rules.judgement import Inquired, gather, judge
from mailbridge.rules.sections import cut, trust
from tests.rules.making import a_message

SHIPPED = gather(shipped_portals(5.0))
SENDERS = sorted(
    {
        written if not written.startswith("@") else f"x7{written}"
        for portal in SHIPPED.all
        for written in (sender.written for sender in portal.senders)
    }
)
# Pieces of real layouts beside anything else, so that rules are reached.
PIECES = sorted(
    {word for portal in SHIPPED.all for word in portal.label_words}
    | {"Message", "Message:", "Ton message", "«", "»", "Anmerkungen:", "; Comments:", "; Branch:"}
    | {
        "Scout-ID:",
        "Ses coordonnées",
        "Rappel de l’annonce",
        "La personne suivante est intéressée:",
    }
    | {"Objet d’intérêt:", "Référence: [..a.b]", "Découvrir\nson\nprojet", "mailto:a@example.org"}
    | {
        "\nRépondre",
        "tel:+33639980012",
        "Name:x; Address:y; Email:z@example.org",
        "= x =",
        "== y ==",
    }
    | {"A B - 01/02/2026 à 10:11", "Vos coordonnées", "☎", "✉", "Regards, The Zoopla Team", "Nom :"}
)
TEXT = st.lists(
    st.one_of(
        st.sampled_from(PIECES), st.text(max_size=20), st.sampled_from(["\n", "\t", ":", " "])
    ),
    max_size=30,
).map("".join)
HTML = st.lists(
    st.one_of(st.sampled_from(PIECES), st.sampled_from(["<tr>", "<td>", "<p>", "<br>", "<table>"])),
    max_size=30,
).map("".join)
ADDRESS = st.one_of(st.sampled_from(SENDERS), st.text(max_size=30))
MESSAGES = st.builds(
    a_message,
    st.one_of(st.none(), TEXT),
    html=st.one_of(st.none(), HTML),
    sender=ADDRESS,
    subject=TEXT,
    reply_to=st.lists(ADDRESS, max_size=2),
)


@settings(deadline=None, max_examples=150)
@given(MESSAGES)
@example(a_message("Name:; Comments:; Branch:", sender="noreply@rightmove.co.uk"))
def test_judging_never_fails_and_spans_are_true(message: Message) -> None:
    verdict = judge(message, SHIPPED)
    if not isinstance(verdict, Inquired):
        return
    sources = {verdict.reading.part: verdict.reading.text, "subject": message.subject}
    for inquiry in verdict.inquiries:
        for found in inquiry.fields.values():
            assert found.value
            if found.span is not None:
                assert sources[found.source][slice(*found.span)] == found.raw


@settings(deadline=None, max_examples=60)
@given(MESSAGES)
def test_examining_never_fails(message: Message) -> None:
    for portal in SHIPPED.of(message):
        examine(message, portal)


@settings(deadline=None, max_examples=100)
@given(TEXT, st.dictionaries(st.integers(0, 200), st.integers(0, 400), max_size=4))
def test_sections_lie_in_the_text_apart_from_each_other(text: str, cells: dict[int, int]) -> None:
    cells = {begin: min(end, len(text)) for begin, end in cells.items() if begin < end}
    for portal in SHIPPED.all:
        cutting = cut(portal, text, cells)
        stretches = sorted(cutting.sections.values(), key=lambda stretch: stretch.start)
        assert all(0 <= s.start <= s.end <= len(text) for s in stretches)
        assert all(a.end <= b.start for a, b in pairwise(stretches))
        assert len(trust(text, cutting)) == cutting.end


@given(st.text(alphabet="ab()[]{}|*+?\\^$.:=!<>P,1 ", max_size=40))
def test_any_pattern_is_taken_apart(pattern: str) -> None:
    assert take_apart(pattern)


def test_the_shipped_rules_need_no_advice() -> None:
    assert [str(problem) for portal in SHIPPED.all for problem in advise(portal)] == []
