"""A bridge whose promises are numbered: what it said stands in the ledger, whatever then happens.

Runs in a process of its own, under strace, to be stopped by a fault; prints a line
after each step that the ledger has promised.
"""

import sys

from mailbridge.errors import LedgerError
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from tests.ledger.making import T0, cursor, lead, mail, settled


def say(word: str, number: int = 0) -> None:
    """One line, in one write, so that strace shows it whole and in its place."""
    sys.stdout.write(f"{word} {number}\n")
    sys.stdout.flush()


def main(url: str, mails: int) -> int:
    """Record, claim and settle; 1 with the message on stderr where the ledger cannot."""
    try:
        with Ledger.open(url) as ledger:
            say("opened")
            claimed = None
            for uid in range(1, mails + 1):
                raw = bytes(9_000 + 40 * uid)
                ledger.record([mail(uid, lead(uid), raw=raw)], cursor(uid + 1), T0)
                say("recorded", uid)
                if claimed is None:
                    claimed = ledger.claim(T0)
                else:
                    before = claimed.lead
                    claimed = ledger.settle_and_claim(settled(claimed, State.SENT), T0)
                    say("settled", before)
                if claimed is not None:
                    say("claimed", claimed.lead)
                if uid % 9 == 0:
                    with ledger._database.engine.connect() as connection:
                        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    except LedgerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
