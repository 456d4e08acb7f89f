"""What a recorder (recorder.py) said before it was stopped, and has to be found in its ledger."""

from dataclasses import dataclass, field

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State


@dataclass
class Promises:
    """What the recorder had said until the power failed."""

    opened: bool = False
    recorded: int = 0
    claimed: set[int] = field(default_factory=set)
    settled: set[int] = field(default_factory=set)

    def hear(self, word: str, number: int) -> None:
        match word:
            case "opened":
                self.opened = True
            case "recorded":
                self.recorded = number
            case "claimed":
                self.claimed.add(number)
            case "settled":
                self.settled.add(number)

    def hold_in(self, ledger: Ledger) -> None:
        listed = [ledger.mail(m.id) for m in ledger.mails(limit=1_000)]
        found = {m.place.uid: m for m in listed if m is not None}
        assert sorted(found) == list(range(1, len(found) + 1))
        assert len(found) - self.recorded in {0, 1}  # one may be recorded and not yet said
        cursor = ledger.cursor("sales", "INBOX")
        assert (cursor.next_uid if cursor else 1) == len(found) + 1
        for uid, m in found.items():
            assert (m.raw, m.subject) == (bytes(9_000 + 40 * uid), f"Inquiry {uid}")
        states = {at.id: at.state for m in found.values() for at in m.leads}
        assert all(states[n] is State.SENT for n in self.settled)
        assert all(states[n] in {State.SENT, State.SENDING} for n in self.claimed)
        ahead = {n for n, state in states.items() if state is not State.QUEUED} - self.claimed
        assert len(ahead) <= 1
