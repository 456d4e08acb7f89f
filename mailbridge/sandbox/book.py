"""What the sandbox has received and what it is told to do: the state behind its HTTP.

Safe for many threads at once, and waited for without polling.
"""

import json
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from mailbridge.errors import MailbridgeError
from mailbridge.sandbox.lists import LISTINGS_PATH, PROMOTIONS_PATH, Entry
from mailbridge.sandbox.plan import WELL, Plan, Step

SECRET = "sandbox-webhook-secret"  # noqa: S105  (of a stand-in on loopback)
"""What the webhook expects leads to be signed with, unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A lead that was stored."""

    id: str
    at: datetime
    lead: dict[str, Any]
    path: str
    """Where it was POSTed to."""

    def as_json(self) -> dict[str, Any]:
        """Return it as `GET /leads` and the journal show it."""
        return {
            "id": self.id,
            "at": self.at.isoformat(timespec="milliseconds"),
            "path": self.path,
            "lead": self.lead,
        }


class DifferentLeadError(Exception):
    """Another lead was stored under this key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request, whatever became of it."""

    method: str
    path: str
    status: int
    """0 where the request got no answer."""


class Book:
    """Leads and requests received, and the plan for those to come."""

    def __init__(
        self, *, key: str, secret: str = SECRET, plan: Plan = (), journal: Path | None = None
    ) -> None:
        """Prepare; `journal` gets each stored lead as a JSON line, while it is open.

        `key` is that of both Realforce endpoints, `secret` the webhook's.
        """
        self.key = key
        self.secret = secret
        self._by_key: dict[str, Received] = {}
        self._plan = deque(plan)
        self._journal_path = journal
        self._journal: TextIO | None = None
        self._leads: list[Received] = []
        self._requests: list[Seen] = []
        self._changed = threading.Condition()
        self.lists: dict[str, list[Entry]] = {LISTINGS_PATH: [], PROMOTIONS_PATH: []}
        """What the listings API gives, by path; a list may be replaced at any time."""

    @property
    def leads(self) -> tuple[Received, ...]:
        """The stored leads, in order."""
        with self._changed:
            return tuple(self._leads)

    @property
    def requests(self) -> tuple[Seen, ...]:
        """All requests, in the order of their answers."""
        with self._changed:
            return tuple(self._requests)

    @property
    def plan(self) -> Plan:
        """The steps still to come; may be set."""
        with self._changed:
            return tuple(self._plan)

    @plan.setter
    def plan(self, plan: Plan) -> None:
        with self._changed:
            self._plan = deque(plan)

    def wait_for(self, count: int, timeout: float) -> tuple[Received, ...]:
        """Return the leads once there are `count`; raises TimeoutError after so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._leads) >= count, timeout):
                raise TimeoutError(f"{len(self._leads)} of {count} leads after {timeout} s")
            return tuple(self._leads)

    def wait_for_requests(self, count: int, timeout: float) -> tuple[Seen, ...]:
        """Return the requests once there are that many, those that hang included."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= count, timeout):
                raise TimeoutError(f"{len(self._requests)} of {count} requests after {timeout} s")
            return tuple(self._requests)

    def take_step(self) -> Step:
        """Return what shall happen to the next POST."""
        with self._changed:
            return self._plan.popleft() if self._plan else WELL

    def store(self, lead: dict[str, Any], path: str, key: str = "") -> Received:
        """Keep a lead and give it an id; one with the key of a stored lead is that lead.

        Raises DifferentLeadError where it is not.
        """
        with self._changed:
            if key in self._by_key:
                if self._by_key[key].lead != lead:
                    raise DifferentLeadError
                return self._by_key[key]
            received = Received(
                id=f"sandbox-{len(self._leads) + 1}", at=datetime.now(UTC), lead=lead, path=path
            )
            if key:
                self._by_key[key] = received
            if self._journal is not None:
                self._journal.write(json.dumps(received.as_json(), ensure_ascii=False) + "\n")
                self._journal.flush()
            self._leads.append(received)
            self._changed.notify_all()
            return received

    def note(self, method: str, path: str, status: int) -> None:
        """Keep a request, before its answer is written."""
        with self._changed:
            self._requests.append(Seen(method=method, path=path, status=status))
            self._changed.notify_all()

    def open_journal(self) -> None:
        """Open the journal, if there is one; raises MailbridgeError where it cannot be had."""
        if self._journal_path is not None:
            try:
                self._journal = self._journal_path.open("a", encoding="utf-8")
            except OSError as error:
                raise MailbridgeError(
                    f"{self._journal_path}: the journal cannot be written: {error.strerror}."
                ) from error

    def close_journal(self) -> None:
        """Close the journal, if it is open."""
        if self._journal is not None:
            self._journal.close()
