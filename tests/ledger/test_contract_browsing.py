"""Looking through the mails: filters, words, pages by key; when leads came in."""

from datetime import timedelta
from typing import Any

import pytest

from mailbridge.ledger import browsing
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import NewLead
from mailbridge.ledger.views import Hour, MailFilter
from mailbridge.outcomes import Outcome
from tests.ledger.making import T0, lead, mail, place

DAY = timedelta(days=1)


def browse(ledger: Ledger, before: int | None = None, limit: int = 50, **wanted: Any) -> list[int]:
    with ledger.looking() as look:
        return [m.id for m in look.browse(MailFilter(**wanted), before, limit).mails]


def sent_to(uid: int, **payload: str) -> NewLead:
    return NewLead(part=1, payload=payload, fingerprint=f"f{uid}", fields={})


@pytest.fixture
def numbers(ledger: Ledger) -> list[int]:
    """1 to 6: two leads, an incomplete one, an unmatched one, one elsewhere, one of old."""
    lead_1 = sent_to(1, sender_lastname="Müller", sender_email="m.mueller@example.org")
    lead_2 = sent_to(2, sender_lastname="O'Neil %", property_reference="REF-42")
    raw = "From: Zoë <zoe@example.net>\r\nSubject: x\r\n\r\nkept".encode()
    return ledger.record(
        [
            mail(1, lead_1, subject="Grüezi Wohnung"),
            mail(2, lead_2, portal="other.example.org"),
            mail(3, outcome=Outcome.INCOMPLETE, portal="p", text="Ich heisse Änne_Muster", raw=raw),
            mail(4, text="Ich heisse Niemand", subject="Newsletter"),
            mail(5, place=place(5, inbox="rent")),
            mail(6, received=T0 - 10 * DAY),
        ],
        None,
        T0,
    )


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [6, 5, 4, 3, 2, 1]),
        ({"outcomes": {Outcome.DEFERRED}}, [2, 1]),
        ({"outcomes": set()}, []),
        ({"portal": "other.example.org"}, [2]),
        ({"inbox": "rent"}, [5]),
        ({"since": T0}, [5, 4, 3, 2, 1]),
        ({"until": T0}, [6]),
        ({"since": T0, "outcomes": {Outcome.UNMATCHED}}, [5, 4]),
        ({"words": "grüezi"}, [1]),
        ({"words": "GRÜEZI wohn"}, [1]),
        ({"words": "grüezi newsletter"}, []),
        ({"words": "müller"}, [1]),
        ({"words": "MÜLLER"}, [1]),
        ({"words": "mu\u0308ller"}, [1]),
        ({"words": "mueller@EXAMPLE"}, [1]),
        ({"words": "o'neil"}, [2]),
        ({"words": "%"}, [2]),
        ({"words": "ref-42"}, [2]),
        ({"words": "änne_muster"}, [3]),
        ({"words": "zoe@example.net"}, [3]),
        ({"words": "niemand"}, []),
        ({"words": "sender_lastname"}, []),
        ({"words": "m5@portal"}, [5]),
        ({"words": "newsletter", "inbox": "rent"}, []),
        ({"words": "\\ \" \0"}, []),
        ({"words": "9" * 400}, []),
    ],
)  # fmt: skip
def test_what_is_wanted_is_found(
    wanted: dict[str, Any], found: list[int], ledger: Ledger, numbers: list[int]
) -> None:
    assert browse(ledger, **wanted) == [numbers[place - 1] for place in found]


def test_a_mail_is_found_by_its_number(ledger: Ledger, numbers: list[int]) -> None:
    assert numbers[3] in browse(ledger, words=str(numbers[3]))


@pytest.mark.parametrize("words", ["", "inquiry"])
def test_pages_follow_each_other_without_gap_and_overlap(words: str, ledger: Ledger) -> None:
    numbers = ledger.record([mail(uid) for uid in range(1, 24)], None, T0)
    seen, before = [], None
    with ledger.looking() as look:
        for _ in range(5):
            page = look.browse(MailFilter(words=words), before, 5)
            seen += [m.id for m in page.mails]
            before = page.before
            if before is None:
                break
    assert seen == numbers[::-1]


def test_a_search_that_must_look_at_much_goes_on_with_the_next_page(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "MOST", 10)
    leads = [sent_to(uid, sender_message="a" if uid > 1 else "property") for uid in range(1, 16)]
    payloads = [NewLead(part=1, payload={"property": one.payload["sender_message"]},
                        fingerprint=one.fingerprint, fields={}) for one in leads]  # fmt: skip
    numbers = ledger.record([mail(uid, payloads[uid - 1]) for uid in range(1, 16)], None, T0)
    with ledger.looking() as look:
        first = look.browse(MailFilter(words="property"), None, 5)
        assert (first.mails, first.before) == ((), numbers[5])
        second = look.browse(MailFilter(words="property"), first.before, 5)
    assert ([m.id for m in second.mails], second.before) == ([numbers[0]], None)


def test_portals_are_named_once(ledger: Ledger, numbers: list[int]) -> None:
    with ledger.looking() as look:
        assert look.portals() == ["other.example.org", "p", "portal.example.org"]


def test_leads_are_counted_by_hour_and_portal(ledger: Ledger) -> None:
    half = timedelta(minutes=30)
    ledger.record(
        [
            mail(1, lead(1)),
            mail(2, lead(2), received=T0 + half),
            mail(3, lead(3), received=T0 + 2 * half),
            mail(4, lead(4), portal="b.example.org"),
            mail(5, outcome=Outcome.INCOMPLETE, portal="b.example.org"),
            mail(6, lead(6), received=T0 - half),
        ],
        None,
        T0,
    )
    with ledger.looking() as look:
        hours = look.leads_by_hour(T0)
    assert sorted(hours, key=lambda hour: (hour.portal, hour.begins)) == [
        Hour(portal="b.example.org", begins=T0, leads=1),
        Hour(portal="portal.example.org", begins=T0, leads=2),
        Hour(portal="portal.example.org", begins=T0 + 2 * half, leads=1),
    ]
