"""Freezes the ledger of today's schema as schemas/REVISION.sql: `python -m tests.ledger.freeze`.

Run once for each new migration, and keep what it wrote for ever: it stands for the
ledgers that people have. Extend `represent` with whatever the new schema can hold.
"""

import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State, Word
from mailbridge.ledger.standing import Alert
from mailbridge.ledger.tables import SCHEMA
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem
from mailbridge.recipient import Kind, Recipient
from tests.ledger.making import MINUTE, T0, cursor, lead, mail, place, sent_mail, settled

SCHEMAS = Path(__file__).parent / "schemas"


def represent(ledger: Ledger) -> None:
    """One of everything that a ledger can hold, by the ways that mailbridge takes."""
    sent = sent_mail(ledger, 1, status=200, detail="accepted", remote_id="4711")
    sent_mail(ledger, 2, State.REJECTED, status=400, detail="refused: no such object")
    sent_mail(ledger, 3, State.DEFERRED, failed=True, status=503, next_attempt=T0 + 90_000 * MINUTE)
    sent_mail(ledger, 4, State.IN_DOUBT, detail="no answer", next_attempt=T0 + 90_000 * MINUTE)
    sent_mail(ledger, 5, State.IN_DOUBT, detail="no answer")
    refused = sent_mail(ledger, 8, State.REJECTED, status=422)
    doubted = sent_mail(ledger, 9, State.IN_DOUBT)
    ledger.retry(doubted, T0)
    ledger.settle(settled(ledger.claim(T0), State.DEFERRED, next_attempt=T0 + 90_000 * MINUTE))
    ledger.record([mail(6, lead(6)), mail(7, lead(7), lead(8, part=2))], cursor(8), T0 + MINUTE)
    ledger.claim(T0 + MINUTE)  # mail 6 is being sent, as a crash leaves it
    problem = Problem(
        file="homegate.yaml", line=3, column=5, key="fields", code="no-reference",
        text="No reference was found.", remedy="Mend the rule.",
    )  # fmt: skip
    review = [Outcome.INCOMPLETE, Outcome.AMBIGUOUS, Outcome.UNTRUSTED, Outcome.UNREADABLE]
    ids = ledger.record(
        [
            mail(10 + n, outcome=outcome, problems=(problem,), raw=b"raw \xff\0", text="text\ud800")
            for n, outcome in enumerate(review)
        ],
        cursor(14, fresh_from=3, backlog_since=T0 - MINUTE),
        T0 + 2 * MINUTE,
    )
    ledger.record(
        [
            mail(20, outcome=Outcome.IGNORED, subject="Newsletter – Köln 👋\0"),
            mail(21, outcome=Outcome.UNMATCHED, message_id="", portal=""),
            mail(22, lead(1, duplicate_of=1), outcome=Outcome.DUPLICATE),
            mail(23, outcome=Outcome.DUPLICATE, duplicate_of=sent),
            replace(mail(1, lead(24)), place=place(1, inbox="rent", folder="Portals/À louer")),
        ],
        cursor(2, inbox="rent", folder="Portals/À louer", uidvalidity=4_294_967_295),
        T0 + 3 * MINUTE,
    )
    ledger.marked(
        {sent: "sent", ids[0]: "review"}, {ids[0]: place(1, folder="Leads/Review", uidvalidity=9)}
    )
    ledger.retry(ids[1], T0 + 4 * MINUTE)
    ledger.poll_started("sales", T0)
    ledger.poll_ended("sales", T0 + MINUTE, last_mail=T0)
    ledger.poll_started("rent", T0)
    ledger.poll_ended("rent", T0 + MINUTE, "mail.example.org does not answer")
    ledger.retry(refused, T0 + 5 * MINUTE)
    crm = Recipient("crm", Kind.WEBHOOK)
    ledger.record(
        [mail(27, replace(lead(27), to=crm)), mail(28, replace(lead(28), to=crm))], None, T0
    )
    ledger.settle(settled(ledger.claim(T0, crm), State.SENT, status=204))
    told = Alert(kind="review", portal="", inbox="", noticed=T0, told=T0, tellings=2, count=4)
    over = Alert(
        kind="portal-layout", portal="homegate.ch", inbox="", noticed=T0, absent=T0 + MINUTE,
        over=T0 + 2 * MINUTE, spells=2, detail={"recent": 5}, channels={"1": 2},
    )  # fmt: skip
    waiting = Alert(kind="leads-waiting", portal="", inbox="", destination="crm", noticed=T0)
    ledger.write_alerts([told, over, waiting])
    closed, forgotten = ledger.record(
        [mail(25, outcome=Outcome.INCOMPLETE), mail(26, outcome=Outcome.AMBIGUOUS)], None, T0
    )
    ledger.resolve(closed, Word.NOT_SENT, T0 + 6 * MINUTE)
    ledger.resolve(forgotten, Word.SENT, T0 + 6 * MINUTE)
    ledger.forget([forgotten], T0 + 7 * MINUTE)


def freeze(into: Path) -> None:
    """Write a ledger as SQL."""
    with tempfile.TemporaryDirectory() as folder:
        with Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger:
            represent(ledger)
        database = sqlite3.connect(f"{folder}/ledger.db")
        into.write_text("\n".join(database.iterdump()) + "\n", encoding="utf-8")
        database.close()


if __name__ == "__main__":
    path = SCHEMAS / f"{SCHEMA}.sql"
    if path.exists():
        raise SystemExit(f"{path.name} is there already, and frozen is frozen.")
    freeze(path)
