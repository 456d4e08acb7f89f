"""Whatever a mail says: no exception, and only what the API's form allows."""

import re
import unicodedata
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from mailbridge.leads.emails import read_email
from mailbridge.leads.names import NameOrder, split_name
from mailbridge.leads.phones import read_phone
from mailbridge.leads.preparation import DETAILS, Origin, Policy, prepare
from mailbridge.leads.requirements import TARGETS, WithoutTarget
from mailbridge.rules.inquiry import Found, Inquiry

FIELDS = (
    *("sender_firstname", "sender_lastname", "sender_name", "sender_email", "sender_number"),
    *("sender_message", *TARGETS, *DETAILS),
)
REGIONS = ("", "CH", "FR", "DE", "IT", "AT", "UK", "ES", "XX", "é")
TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
PHONISH = st.text("0123456789+()-./ ,;[]<>tel:ouxé\u00a0", max_size=40)
NAMES = (
    *("M.", "Mme", "Dr.Max", "et", "&", "-", "de", "la", "d'Exemple", "NORA", "Nora", "J.", "D."),
    *("SA", "SCI", ",", "Muster,", "Acquéreur", "l'acheteur", "\ufffd", "MÜLLER", "NG", "x/"),
)
NAMISH = st.lists(st.sampled_from(NAMES), max_size=6).map(" ".join)
MAILISH = st.text("abé.@<>()[]mailto:?%40d,; '\"-_", max_size=40)
VALUE = TEXT | PHONISH | NAMISH | MAILISH | st.just("nora@example.org") | st.just("AB1-5")
DATE = st.none() | st.datetimes(timezones=st.none() | st.just(UTC))
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
UNWANTED = ("Cc", "Cs", "Zl", "Zp")


def single(text: str) -> bool:
    return not any(unicodedata.category(c) in UNWANTED for c in text) and text == text.strip()


@settings(max_examples=300, deadline=None)
@given(
    fields=st.dictionaries(st.sampled_from(FIELDS), VALUE),
    require=st.lists(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3).map(tuple)),
    region=st.sampled_from(REGIONS),
    order=st.sampled_from(["given_first", "family_first", ""]),
    subject=TEXT,
    date=DATE,
    received=DATE,
    policy=st.builds(Policy, without_target=st.sampled_from(WithoutTarget)),
)
def test_any_inquiry_becomes_a_lead_that_the_api_can_read(
    fields: dict[str, str],
    require: list[tuple[str, ...]],
    region: str,
    order: str,
    subject: str,
    date: datetime | None,
    received: datetime | None,
    policy: Policy,
) -> None:
    found = {
        name: Found(value=value, raw=value, source="text", span=None, pattern="")
        for name, value in fields.items()
    }
    inquiry = Inquiry(
        portal="portal.example",
        fields=found,
        require=tuple(require),
        region=region,
        name_order=order,
        relay_domains=("relay.example",),
    )
    prepared = prepare(inquiry, Origin(subject=subject, date=date, received=received), policy)
    lead = prepared.lead
    targets = (lead.property_reference, lead.property_id, lead.promotion_id)
    names = (lead.sender_firstname, lead.sender_lastname)
    assert isinstance(lead.date, int)
    assert lead.date >= 0
    assert sum(map(bool, targets)) <= 1
    assert not lead.sender_number or E164.fullmatch(lead.sender_number)
    assert all(single(value) for value in (*targets, *names, lead.sender_email))
    assert all(single(line.strip()) for line in lead.sender_message.split("\n"))
    lead.sender_message.encode("utf-8")
    assert re.fullmatch("[0-9a-f]{64}", prepared.fingerprint)
    if prepared.complete:
        assert lead.sender_message
        assert lead.date > 0
        assert any(targets) or policy.without_target is WithoutTarget.SEND
    else:
        assert prepared.problems
    told = " ".join(p.text for p in prepared.problems)
    assert not any(len(value) > 12 and value in told for value in fields.values())


@settings(max_examples=300, deadline=None)
@given(PHONISH | TEXT, st.sampled_from(REGIONS))
def test_a_number_is_e164_or_the_field_is_kept(written: str, region: str) -> None:
    read = read_phone(written, region)
    assert bool(read.number) != bool(read.problem) or not written.strip()
    assert not read.number or E164.fullmatch(read.number)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 999_999).map(lambda n: f"079 1{n:06d}"[:11]), st.sampled_from(["", " "]))
def test_swiss_mobiles_read_the_same_in_each_of_their_spellings(tail: str, blank: str) -> None:
    digits = tail.replace(" ", "")
    spellings = (
        digits,
        digits[1:],
        f"+41{blank}{digits[1:]}",
        f"0041{blank}{digits[1:]}",
        f"+41{blank}(0){digits[1:]}",
        f"+41{blank}{digits}",
        f"[{digits}](tel:{digits})",
    )
    assert {read_phone(spelling, "CH").number for spelling in spellings} == {f"+41{digits[1:]}"}


@settings(max_examples=300, deadline=None)
@given(MAILISH | TEXT)
def test_an_address_has_one_at_and_no_blank(written: str) -> None:
    address = read_email(written, portal="portal.example", own_domains={"agency.example"}).address
    assert not address or (address.count("@") == 1 and not re.search(r"[\s<>(),;:\[\]]", address))


@settings(max_examples=300, deadline=None)
@given(NAMISH | TEXT, st.sampled_from(NameOrder))
def test_a_name_is_made_of_its_own_words(line: str, order: NameOrder) -> None:
    names = split_name(line, order)
    assert all(single(name) for name in names)
    assert "\ufffd" not in "".join(names)
    assert len("".join(names).replace(" ", "")) <= len(line)
