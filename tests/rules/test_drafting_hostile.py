"""Any mail: drafting and marking raise nothing, and what they write is a rule file."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mailbridge.documents.rulefile import FieldName
from mailbridge.message.message import Message
from mailbridge.rules.drafting.draft import Example
from mailbridge.rules.drafting.mending import mark
from mailbridge.rules.drafting.writing import draft
from tests.rules.making import a_message, a_portal

PIECES = [
    "Name", "E-mail", "E-Mail:", "Telefon: ", "Nachricht", "Message:", "Your reference: ", "ID: ",
    "ann@example.org", "079 000 00 41", "[a..b]", "«", "»", "“", "”", "; ", " | ", "\t", "\n",
    "\n\n",
    "Homes", "--", "Kind regards,", "👤 ", "✉", "*", "[", "]", "(", ")", "\\", "'", '"', "#", ": ",
    "Ann Other", "B-12", "{", "}", "$", "^", "\ufffe", "\U0001f600", "’", "x" * 70,
    "Destinataire :",
    "Objekt-Nr.", "….....", "Coordonnées", "mailto:ann@example.org",
]  # fmt: skip
TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=30).map("".join)
HTML = st.lists(
    st.one_of(
        st.sampled_from(PIECES),
        st.sampled_from(["<tr>", "<td>", "<p>", "<br>", "<table>", "</table>", "<b>", "<ul><li>"]),
    ),
    max_size=30,
).map("".join)
MESSAGES = st.builds(
    a_message,
    st.one_of(st.none(), TEXT),
    html=st.one_of(st.none(), HTML),
    sender=st.sampled_from(
        ["leads@homes.example", "", "@", "a b@c", "x1y2z3@homes.example", "é@é.é"]
    ),
    name=TEXT,
    subject=TEXT,
    reply_to=st.lists(st.sampled_from(["ann@example.org", ""]), max_size=2),
)
GIVEN = st.dictionaries(
    st.sampled_from([name.value for name in FieldName]),
    st.one_of(st.sampled_from(PIECES), TEXT),
    max_size=3,
)


@settings(deadline=None, max_examples=120)
@given(st.lists(st.tuples(MESSAGES, GIVEN), min_size=1, max_size=3))
def test_any_mail_gives_a_rule_file(mails: list[tuple[Message, dict[str, str]]]) -> None:
    made = draft("homes.example", [Example(message, values) for message, values in mails])
    assert a_portal(made.rule).name == "homes.example"
    assert made.notes


@settings(deadline=None, max_examples=80)
@given(
    MESSAGES,
    st.sampled_from(["text", "html", "subject"]),
    st.sampled_from([name.value for name in FieldName]),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_any_mark_keeps_a_rule_file(
    message: Message, part: str, field: str, start: int, end: int
) -> None:
    rule = draft("homes.example", [Example(message)]).rule
    for before in ("", rule):
        made = mark(before, message, part, field, start, end, "homes.example")  # type: ignore[arg-type]
        assert made.notes
        if made.rule:
            a_portal(made.rule)
