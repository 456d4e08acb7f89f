"""An agency's ledger after a month: every shipped case and a few hundred inquiries, decided
by the shipped rules and recorded as the daemon does. Names and numbers are invented.
"""

from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import cache
from itertools import count
from pathlib import Path

from mailbridge.decision import Policy, decide
from mailbridge.inbox.mail import Mail
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import Cursor, Settlement, State
from mailbridge.log import configure
from mailbridge.outcomes import Outcome
from mailbridge.recording import Origin, record
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.forwarding import ANYONE
from mailbridge.rules.judgement import Portals, gather
from tests.mails import inquiry, private, visitor

FIXTURES = Path(__file__).parents[2] / "fixtures"
DAYS = 29
POLICY = Policy(forwarders=ANYONE)
REFUSED = (
    "Inbox rent (imap.example.org:993): the server refused the login of rent@example.org: "
    "Authentication failed. Check user and password; some providers want an app password."
)
"""As the inbox says it, which is how the pages know it in other languages."""

EVIL = "<script>alert('subject')</script> \u202eesrever\u202c \x1b[31m <img src=x onerror=alert(1)>"
HOSTILE_TEXT = """Prénom: <img src=x onerror=alert(2)>
Nom: "><script>alert(3)</script>{{ 7*7 }}
Ton message
</div></main><script>alert(4)</script><iframe src=https://evil.example.org></iframe>
"""
HOSTILE_HTML = """<html><head><meta http-equiv="refresh" content="0;url=https://evil.example.org/">
<base href="https://evil.example.org/"><link rel="stylesheet" href="https://evil.example.org/x.css">
<style>@import url(https://evil.example.org/i.css); p {background: url(https://evil.example.org/b)}
</style></head><body onload="alert(5)"><script>alert(6); top.location='https://evil.example.org'</script>
<p style="color:#174;font-size:18px">Grüezi, a harmless paragraph</p>
<img src="https://evil.example.org/pixel.gif" alt="a house"><img src="x" onerror="alert(7)">
<svg onload="alert(8)"></svg><iframe src="https://evil.example.org/"></iframe>
<form action="https://evil.example.org/"><input name="a"><button>Send</button></form>
<a href="javascript:alert(9)" target="_top">a link</a></body></html>"""


@cache
def portals() -> Portals:
    return gather(shipped_portals(1.0))


def hostile() -> bytes:
    """A mail of a known portal that lacks everything and tries everything."""
    message = EmailMessage()
    message["From"] = "Homegate <interested@homegate.ch>"
    message["To"] = "leads@agency.example"
    message["Subject"] = EVIL.replace("\x1b", "")
    message["Reply-To"] = '"<b>x</b>" <x@example.org>'
    message["Message-ID"] = "<hostile@test.example>"
    message.set_content(HOSTILE_TEXT, charset="utf-8")
    message.add_alternative(HOSTILE_HTML, subtype="html", charset="utf-8")
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def huge() -> bytes:
    """One with as much text as the limits take."""
    text = "Ton message\n" + "Une très longue phrase sans fin. " * 25_000
    return inquiry(9_001, email=None).replace(b"Ton message", text.encode("utf-8"), 1)


class Estate:
    """Fills a ledger."""

    def __init__(self, ledger: Ledger, at: datetime) -> None:
        configure("error", "text")
        self.ledger, self.at = ledger, at
        self.uids = count(1)

    def receive(
        self, raw: bytes, received: datetime, inbox: str = "sales", policy: Policy = POLICY
    ) -> None:
        """Decide and record a mail."""
        uid = next(self.uids)
        mail = Mail(folder="INBOX", uidvalidity=7, uid=uid, raw=raw, received=received,
                    flags=frozenset(), size=len(raw))  # fmt: skip
        decision = decide(raw, received, portals(), policy)
        origin = Origin(inbox, timedelta(days=7))
        cursor = Cursor(inbox=inbox, folder="INBOX", uidvalidity=7, next_uid=uid + 1, fresh_from=1,
                        backlog_since=None, first_started=self.at - timedelta(days=40))  # fmt: skip
        record(self.ledger, origin, [(mail, decision)], cursor, received + timedelta(seconds=4))

    def send(self, *states: State, keep: int = 0) -> None:
        """Have all leads answered but `keep`; the last ones as told, the others accepted."""
        waiting = self.ledger.summary().queued - keep
        for number in range(waiting):
            at = self.at - timedelta(minutes=waiting - number)
            claimed = self.ledger.claim(at)
            assert claimed is not None
            place = number - waiting + len(states)
            self.answer(claimed.lead, claimed.mail, states[place] if place >= 0 else State.SENT, at)

    def answer(self, lead: int, mail: int, state: State, at: datetime) -> None:
        status, detail = {
            State.SENT: (200, "accepted"),
            State.REJECTED: (
                422,
                "refused: property_reference <unknown> is no listing of yours",
            ),
            State.IN_DOUBT: (0, "in doubt: leads.example.org: no answer in time"),
            State.DEFERRED: (503, "the server failed: maintenance"),
        }[state]
        self.ledger.settle(
            Settlement(
                lead=lead,
                mail=mail,
                state=state,
                at=at + timedelta(seconds=1),
                status=status,
                detail=detail,
                remote_id=f"L-{lead}" if state is State.SENT else "",
                next_attempt=at + timedelta(hours=1) if state is State.DEFERRED else None,
            )
        )

    def poll(self, inbox: str, error: str = "", ago: timedelta = timedelta(minutes=1)) -> None:
        when = self.at - ago
        self.ledger.poll_started(inbox, when)
        self.ledger.poll_ended(inbox, when, error, None if error else when - timedelta(minutes=8))


def furnish(ledger: Ledger, at: datetime) -> Estate:
    """A month of an agency with two inboxes."""
    estate = Estate(ledger, at)
    begin = at - timedelta(days=DAYS)
    cases = sorted(FIXTURES.glob("*/*.eml"))
    mails = [path.read_bytes() for path in cases]
    step = timedelta(days=DAYS) / len(mails)
    for number, raw in enumerate(mails):
        estate.receive(raw, begin + number * step, "sales" if number % 3 else "rent")
    for number in range(90):
        estate.receive(inquiry(number), begin + timedelta(hours=7.3 * number))
    estate.receive(private(), at - timedelta(hours=5))
    estate.send(State.REJECTED, State.SENT, State.IN_DOUBT, State.SENT, State.DEFERRED)
    for number in range(6):  # the portal has changed its mails
        estate.receive(inquiry(500 + number, email=None), at - timedelta(hours=4 - number / 2))
    estate.receive(hostile(), at - timedelta(minutes=30))
    estate.poll("rent", ago=timedelta(hours=3))
    estate.poll("rent", REFUSED)
    estate.poll("sales")
    return estate


def furnish_calmly(ledger: Ledger, at: datetime) -> Estate:
    """A month in which little went wrong, for the pictures of docs."""
    estate = Estate(ledger, at)
    begin = at - timedelta(days=DAYS)
    mails = [path.read_bytes() for path in sorted(FIXTURES.glob("*/*.eml"), key=lambda p: p.name)]
    mails = [raw for raw in mails if decide(raw, at, portals(), POLICY).outcome is Outcome.LEAD]
    others = [raw for raw in mails if b"homegate" not in raw][::25]
    mails = [raw for raw in mails if raw not in others]
    mails += [visitor(number) for number in range(1, 10)]
    step = timedelta(days=DAYS) / len(mails)
    for number, raw in enumerate(mails):
        received = begin + number * step - timedelta(minutes=number * number % 300)
        estate.receive(raw, received, "sales" if number % 3 else "rent")
        estate.at = received + timedelta(minutes=1, seconds=6)
        estate.send()
    for number in range(6):  # one portal renames a line, and the others go on
        received = at - timedelta(minutes=150 - 25 * number)
        changed = visitor(20 + number).replace(b"E-mail:", b"Courriel:")
        estate.receive(changed, received)
        estate.receive(others[number % len(others)], received + timedelta(minutes=9), "rent")
        estate.at = received + timedelta(minutes=10, seconds=6)
        estate.send()
    estate.at = at
    estate.poll("rent")
    estate.poll("sales")
    return estate
