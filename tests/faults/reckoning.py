"""The reckoning: inbox, ledger and lead API side by side, once all is quiet.

What was put into the inbox is known, so everything else can be wrong: an inquiry
without a lead, one with two, a mail that the ledger does not explain, a mark that
says something else than the ledger.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from mailbridge.outcomes import Outcome
from tests.faults.installation import Installation
from tests.mails import inquiry, mail
from tests.servers.mailbox import Mailbox


class Sort(Enum):
    """What kind of mail it is."""

    INQUIRY = "inquiry"
    REPEATED = "repeated"
    """The same inquiry once more, in a mail of its own."""
    INCOMPLETE = "incomplete"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that was put into the inbox."""

    sort: Sort
    number: int

    @property
    def message_id(self) -> str:
        """Without the angle brackets, as in the ledger."""
        return f"{self.sort.value}-{self.number}@test.example"

    @property
    def email(self) -> str:
        """Whose inquiry it is: what the lead API can be asked for."""
        return f"visitor{self.number}@example.org"

    @property
    def raw(self) -> bytes:
        """The mail itself."""
        match self.sort:
            case Sort.INQUIRY:
                return inquiry(self.number)
            case Sort.REPEATED:
                return inquiry(self.number).replace(b"<inquiry-", b"<repeated-")
            case Sort.INCOMPLETE:
                return inquiry(self.number, email=None).replace(b"<inquiry-", b"<incomplete-")
            case Sort.PRIVATE:
                name = f"private-{self.number}"
                return mail("friend@example.com", "Lunch?", f"At {self.number}?", name)


@dataclass(frozen=True, slots=True)
class Window:
    """Which leads were in their exchange when a process was killed, as Message-IDs."""

    claimed: frozenset[str] = frozenset()
    """The ledger said `sending`: these may have been left to a person unsent."""
    posted: frozenset[str] = frozenset()
    """Of these, whose request was the last that passed: these alone may be stored twice."""


@dataclass(slots=True)
class Reckoning:
    """What was found."""

    mails: int = 0
    inquiries: int = 0
    stored: int = 0
    """Leads at the lead API."""
    window: int = 0
    """Inquiries in their exchange when a process was killed."""
    twice: int = 0
    """Of these, stored twice."""
    held: int = 0
    """Of these, left in doubt for a person, stored or not."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    """Stored more often than once, and not in the window."""
    unexplained: list[str] = field(default_factory=list)
    """Not exactly once in the ledger, or there with another outcome than it must have."""
    mismarked: list[str] = field(default_factory=list)
    """Marked or filed as something else than the ledger says."""

    @property
    def faults(self) -> list[str]:
        """Everything that is wrong."""
        named = ("lost", "doubled", "unexplained", "mismarked")
        return [f"{name}: {one}" for name in named for one in getattr(self, name)]

    def __str__(self) -> str:
        return (
            f"{self.mails} mails, {self.inquiries} inquiries, {self.stored} leads stored; "
            f"in the window {self.window} (stored twice {self.twice}, held {self.held}); "
            f"lost {len(self.lost)}, doubled outside the window {len(self.doubled)}, "
            f"unexplained {len(self.unexplained)}, wrongly marked {len(self.mismarked)}"
        )

    def __add__(self, other: "Reckoning") -> "Reckoning":
        return Reckoning(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def reckon(here: Installation, letters: Iterable[Letter], window: Window) -> Reckoning:
    """Compare, after a last pass that left nothing to be done."""
    letters = list(letters)
    found = Reckoning(mails=len(letters), window=len(window.claimed))
    stored = Counter(lead.lead["sender_email"] for lead in here.api.leads)
    found.stored = stored.total()
    known = {mail.message_id: mail for mail in here.mails()}
    if len(known) != len(here.mails()):
        found.unexplained.append("a mail stands in the ledger twice")
    for letter in letters:
        name = letter.message_id
        record = known.pop(name, None)
        if record is None:
            found.unexplained.append(f"{name} is not in the ledger")
            continue
        if letter.sort is Sort.INQUIRY:
            found.inquiries += 1
            _count_leads(found, name, record.outcome, stored.pop(letter.email, 0), window)
        if record.outcome not in _allowed(letter, window):
            found.unexplained.append(f"{name} is {record.outcome}")
    found.unexplained += [f"{name} was never in the inbox" for name in known]
    found.lost += [f"{email} was stored, and is nobody's" for email in stored]
    outcomes = {mail.message_id: mail.outcome for mail in here.mails()}
    found.mismarked += _compare_marks(here, outcomes)
    return found


def _count_leads(found: Reckoning, name: str, outcome: Outcome, times: int, window: Window) -> None:
    in_doubt = outcome is Outcome.IN_DOUBT
    if times == 0 and not (in_doubt and name in window.claimed):
        found.lost.append(f"{name}: {outcome}, and never stored")
    if times > 1:
        # Sent again once, whatever happens: three would be one too many in any case.
        if name in window.posted and times == 2:
            found.twice += 1
        else:
            found.doubled.append(f"{name}: {outcome}, stored {times} times")
    found.held += in_doubt


def _allowed(letter: Letter, window: Window) -> set[Outcome]:
    match letter.sort:
        case Sort.INQUIRY:
            doubtful = letter.message_id in window.claimed
            return {Outcome.SENT, Outcome.IN_DOUBT} if doubtful else {Outcome.SENT}
        case Sort.REPEATED:
            return {Outcome.DUPLICATE}
        case Sort.INCOMPLETE:
            return {Outcome.INCOMPLETE}
        case Sort.PRIVATE:
            return {Outcome.UNMATCHED}


def _compare_marks(here: Installation, outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    filed = here.setup.marking == "folders"
    seen: Counter[str] = Counter()
    for folder, name, marks in filings(here.mailbox):
        seen[name] += 1
        outcome = outcomes.get(name)
        if outcome is None:
            continue
        mark = "Ignored"
        if outcome in {Outcome.SENT, Outcome.DUPLICATE}:
            mark = "Sent"
        elif outcome.for_review:
            mark = "Review"
        wanted = (f"Leads/{mark}", set()) if filed else ("INBOX", {f"Mailbridge{mark}"})
        if filed and mark == "Ignored":
            wanted = ("INBOX", set())
        if (folder, marks) != wanted:
            yield f"{name} is {outcome}, lies in {folder} and bears {sorted(marks)}"
    yield from (f"{name} lies there {n} times" for name, n in seen.items() if n != 1)


def filings(mailbox: Mailbox) -> Iterator[tuple[str, str, set[str]]]:
    """Each mail's folder, Message-ID and our marks."""
    for attributes, _, folder in mailbox.client.list_folders():
        if rb"\Noselect" in attributes:
            continue
        mailbox.client.select_folder(folder, readonly=True)
        uids = mailbox.client.search("ALL")
        rows = mailbox.client.fetch(uids, ["ENVELOPE", "FLAGS"]) if uids else {}
        for row in rows.values():
            flags = {flag.decode() for flag in row[b"FLAGS"]}
            name = row[b"ENVELOPE"].message_id.decode().strip("<>")
            yield folder, name, {flag for flag in flags if flag.startswith("Mailbridge")}
