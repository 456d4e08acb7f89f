"""The bridge put together as the app does it: a real inbox, a real ledger, the sandbox API."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mailbridge.bridge import Bridge
from mailbridge.decider import Decider
from mailbridge.decision import Policy
from mailbridge.delivery.exchange import Way
from mailbridge.delivery.realforce import Realforce
from mailbridge.delivery.retry import OnDoubt
from mailbridge.delivery.retry import Policy as RetryPolicy
from mailbridge.dispatch import Dispatch
from mailbridge.inbox.account import Account
from mailbridge.inbox.marks import Marking
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import MailRecord
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.judgement import Portals, gather
from mailbridge.sandbox.server import Sandbox
from mailbridge.watch import Watch
from tests.conftest import on_each_server
from tests.servers.mailbox import Mailbox

pytest_generate_tests = on_each_server


@pytest.fixture(scope="session")
def portals() -> Portals:
    return gather(shipped_portals(1.0))


@pytest.fixture(scope="session")
def decider(portals: Portals) -> Iterator[Decider]:
    with Decider(portals) as process:
        yield process


@dataclass
class Rig:
    """One bridge, and everything that stands around it."""

    bridge: Bridge
    dispatch: Dispatch
    ledger: Ledger
    api: Sandbox
    mailbox: Mailbox

    def pass_once(self) -> None:
        """Poll, deliver, mark, as `run --once` does."""
        self.bridge.poll()
        self.dispatch.deliver(lambda: False)
        self.bridge.mark()

    def start_anew(self, ledger: Ledger | None = None, **changes: Any) -> None:
        """Go on as a new process would, with these changes to the watch."""
        self.bridge.close()
        if ledger:
            self.dispatch.ledger = self.ledger = ledger
        watch = replace(self.bridge.watch, **changes)
        self.bridge = Bridge(watch, self.ledger, self.bridge.decider)

    @property
    def keywords(self) -> bool:
        """Whether the server takes own keywords; else mails are moved."""
        return self.bridge.filing._marking["INBOX"] is Marking.KEYWORDS

    def flags_of_sent(self) -> set[str]:
        """The system flags of the one mail whose lead was sent."""
        [flags] = self.mailbox.flags("INBOX" if self.keywords else "Leads/Sent").values()
        return {flag for flag in flags if flag.startswith("\\")}

    @property
    def references(self) -> list[str]:
        return [lead.lead["property_reference"] for lead in self.api.leads]

    @property
    def outcomes(self) -> list[str]:
        return [mail.outcome.value for mail in self.mails]

    @property
    def mails(self) -> list[MailRecord]:
        return list(reversed(self.ledger.mails()))


class Builder:
    """Makes rigs on one API and one ledger file."""

    def __init__(self, folder: Path, decider: Decider, api: Sandbox) -> None:
        self.url = f"sqlite:///{folder / 'ledger.db'}"
        self.decider, self.api = decider, api
        self.opened: list[Rig] = []

    def __call__(
        self,
        account: Account,
        mailbox: Mailbox,
        *,
        marking: Marking = Marking.AUTO,
        start: datetime | None = None,
        doubt: OnDoubt = OnDoubt.HOLD,
        folders: tuple[str, ...] = ("INBOX",),
    ) -> Rig:
        ledger = self.opened[0].ledger if self.opened else Ledger.open(self.url)
        watch = Watch(
            account=account, policy=Policy(), folders=folders, marking=marking, start=start
        )
        way = Way(url=self.api.url, timeouts=(30, 30), deadline=30)
        destination = Realforce(way, "test-key")
        retry = RetryPolicy(first_wait=0, first_rest=0, doubt=doubt, doubt_wait=0)
        rig = Rig(
            Bridge(watch, ledger, self.decider),
            Dispatch(ledger, destination, retry),
            ledger,
            self.api,
            mailbox,
        )
        self.opened.append(rig)
        return rig

    def close(self) -> None:
        for rig in self.opened:
            rig.bridge.close()
            rig.dispatch.destination.close()  # type: ignore[attr-defined]
            rig.ledger.close()


@pytest.fixture
def api() -> Iterator[Sandbox]:
    with Sandbox(key="test-key") as server:
        yield server


@pytest.fixture
def build(tmp_path: Path, decider: Decider, api: Sandbox) -> Iterator[Builder]:
    builder = Builder(tmp_path, decider, api)
    yield builder
    builder.close()


@pytest.fixture
def rig(build: Builder, account: Account, mailbox: Mailbox) -> Rig:
    """A bridge on an empty inbox, which it has seen once: what comes now is new."""
    made = build(account, mailbox)
    made.pass_once()
    return made


@pytest.fixture
def second_account(account: Account) -> Account:
    return replace(account, name="second")
