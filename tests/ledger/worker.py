"""A bridge in a process of its own, to be killed: records, claims and settles until it is."""

import sys

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from tests.ledger.making import T0, cursor, lead, mail, settled


def say(word: str, *numbers: int) -> None:
    """One line, out before the next step."""
    sys.stdout.write(" ".join((word, *map(str, numbers))) + "\n")
    sys.stdout.flush()


def main(url: str, first: int) -> None:
    """Say each step on stdout, after the ledger has promised it."""
    with Ledger.open(url) as ledger:
        ledger.claim_instance()
        doubted = ledger.recover(T0, None)
        say("recovered", *doubted)
        claimed = None
        for uid in range(first, first + 10_000):
            ledger.record([mail(uid, lead(uid), raw=b"x" * 9_000)], cursor(uid + 1), T0)
            say("recorded", uid)
            if claimed is None:
                claimed = ledger.claim(T0)
            else:
                claimed = ledger.settle_and_claim(settled(claimed, State.SENT), T0)
            if claimed is not None:
                # As a POST would: from here on the destination may have it.
                say("posted", claimed.lead)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
