"""The leads that were sent against what the destination said of them.

Realforce's API takes leads and lists none, so all that can be compared is the id
of its answer, which the ledger keeps. A sandbox writes what it stored to a journal:
with that, ids and contents are compared both ways.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mailbridge.audit.finding import Count, Finding, Report
from mailbridge.errors import MailbridgeError
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from mailbridge.ledger.views import Delivered
from mailbridge.recipient import Kind

PORTION = 1000
"""Leads read in one look at the ledger."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A lead that the sandbox stored."""

    line: int
    id: str
    digest: bytes
    """Of what was POSTed."""


class Journal:
    """What `mailbridge sandbox --journal` wrote; entries leave it as they are matched."""

    def __init__(self, path: Path, entries: Iterable[Entry]) -> None:
        """Use `read`."""
        self.path = path
        self._by_id: dict[str, list[Entry]] = {}
        self._by_digest: dict[bytes, list[Entry]] = {}
        for entry in entries:
            # A sandbox that was started again counts its ids from 1 again.
            self._by_id.setdefault(entry.id, []).append(entry)
            self._by_digest.setdefault(entry.digest, []).append(entry)

    @classmethod
    def read(cls, path: Path) -> "Journal":
        """Read the file. Raises MailbridgeError where it is no journal."""
        try:
            with path.open(encoding="utf-8") as lines:
                return cls(path, (_entry(path, n, line) for n, line in enumerate(lines, start=1)))
        except OSError as error:
            raise MailbridgeError(f"{path}: it cannot be read ({error.strerror}).") from None
        except UnicodeDecodeError:
            raise MailbridgeError(f"{path}: this is no text in UTF-8. {_WRITE}") from None

    def take(self, remote_id: str, digest: bytes | None) -> bool:
        """Take out the entry with this id, and with this content where it is known."""
        entries = self._by_id.get(remote_id, ())
        return self._take(one for one in entries if digest in (None, one.digest))

    def take_like(self, digest: bytes) -> bool:
        """Take out an entry with this content, whatever its id."""
        return self._take(self._by_digest.get(digest, ()))

    def _take(self, entries: Iterable[Entry]) -> bool:
        found = next(iter(entries), None)
        if found is None:
            return False
        self._by_id[found.id].remove(found)
        self._by_digest[found.digest].remove(found)
        return True

    def knows(self, remote_id: str) -> bool:
        """Whether an entry with this id is left."""
        return bool(self._by_id.get(remote_id))

    def left(self) -> list[Entry]:
        """Give what has not been matched, in the order of the file."""
        every = (one for entries in self._by_id.values() for one in entries)
        return sorted(every, key=lambda one: one.line)


_WRITE = "Name the file that `mailbridge sandbox --journal FILE` writes."


def _entry(path: Path, number: int, line: str) -> Entry:
    try:
        written = json.loads(line)
        return Entry(number, str(written["id"]), _digest(written["lead"]))
    except (ValueError, KeyError, TypeError):
        raise MailbridgeError(f"{path}:{number}: this is no line of a journal. {_WRITE}") from None


def _digest(payload: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).digest()


def audit_leads(ledger: Ledger, journal: Journal | None, since: datetime | None) -> Report:
    """Compare every lead that went out.

    `since` spares what is said of leads whose mail was received earlier; a journal
    is always compared as a whole.
    """
    report = Report()
    for lead in _every(ledger, payloads=journal is not None):
        late = since is None or lead.received >= since
        if lead.state is State.IN_DOUBT:
            report.note(Count.IN_DOUBT)
        elif lead.state is State.BY_HAND:
            report.note(_believe(lead, journal))
        elif journal is None:
            # Only the lead API names an id; the others' 2xx is all that there is.
            unnamed = lead.to.kind is Kind.REALFORCE and not lead.remote_id
            report.note(_missing_id(lead) if late and unnamed else Count.AGREES)
        else:
            report.note(_compare(lead, journal))
    if journal is not None:
        _explain_rest(ledger, journal, report)
    return report


def _every(ledger: Ledger, *, payloads: bool) -> Iterator[Delivered]:
    after = 0
    while True:
        with ledger.looking() as look:
            some = look.delivered(after, PORTION, payloads=payloads)
        if not some:
            return
        yield from some
        after = some[-1].lead


def _missing_id(lead: Delivered) -> Finding:
    return Finding(
        code="no-id",
        where=f"lead {lead.lead}",
        mail=lead.mail,
        text="It counts as sent, but the destination's answer named no id.",
        remedy="Look in the CRM whether it is there; if not, enter it by hand.",
    )


def _believe(lead: Delivered, journal: Journal | None) -> Count:
    """Believe the person who said that it is there; an entry like it is that lead."""
    if journal is not None and lead.payload is not None:
        journal.take_like(_digest(lead.payload))
    return Count.AGREES


def _compare(lead: Delivered, journal: Journal) -> Finding | Count:
    digest = None if lead.payload is None else _digest(lead.payload)
    if not lead.remote_id:
        known = digest is not None and journal.take_like(digest)
        if known or (digest is None and lead.to.kind is not Kind.REALFORCE):
            return Count.AGREES
        return _missing_id(lead) if lead.to.kind is Kind.REALFORCE else _missing(lead)
    if journal.take(lead.remote_id, digest):
        return Count.AGREES
    if journal.knows(lead.remote_id):
        return Finding(
            code="differs",
            where=f"lead {lead.lead}",
            mail=lead.mail,
            text=f"The journal holds another lead as {lead.remote_id}.",
            remedy=f"Compare `mailbridge show {lead.mail}` with {journal.path}.",
        )
    return _missing(lead)


def _missing(lead: Delivered) -> Finding:
    named = f" as {lead.remote_id}" if lead.remote_id else ""
    return Finding(
        code="not-in-journal",
        where=f"lead {lead.lead}",
        mail=lead.mail,
        text=f"It was sent to the {lead.to}{named}, but the journal holds no such lead.",
        remedy="Is it the journal of the sandbox that the destination's address names?",
    )


def _explain_rest(ledger: Ledger, journal: Journal, report: Report) -> None:
    """Say of each entry that no sent lead has taken what else it is."""
    rest = journal.left()
    if not rest:
        return
    wanted = {entry.digest for entry in rest}
    same: dict[bytes, Delivered] = {}
    for lead in _every(ledger, payloads=True):
        digest = b"" if lead.payload is None else _digest(lead.payload)
        # One in doubt explains more than one that was sent.
        if digest in wanted and (digest not in same or lead.state is State.IN_DOUBT):
            same[digest] = lead
    for finding in _unmatched(journal.path, rest, same):
        report.note(finding)


def _unmatched(
    path: Path, rest: Iterable[Entry], same: Mapping[bytes, Delivered]
) -> Iterator[Finding]:
    for entry in rest:
        where = f"{path}:{entry.line}"
        lead = same.get(entry.digest)
        if lead is None:
            yield Finding(
                code="unknown-lead",
                where=where,
                text=f"The destination holds {entry.id}, of which the ledger knows nothing.",
                remedy="Was it sent by hand, by another mailbridge, or with another ledger?",
            )
        elif lead.state is State.IN_DOUBT:
            yield Finding(
                code="arrived",
                where=where,
                mail=lead.mail,
                text=f"Lead {lead.lead} is in doubt, and arrived as {entry.id}.",
                remedy=f"Close it: `mailbridge resolve {lead.mail} --sent`.",
            )
        else:
            yield Finding(
                code="doubled",
                where=where,
                mail=lead.mail,
                text=f"The destination holds lead {lead.lead} once more, as {entry.id}.",
                remedy="Delete one of the two in the CRM.",
            )
