"""The daemon in this process, with a proxy before each of its servers.

It has to run in the main thread, where signals are handled, so that what a test does
to the servers runs beside it, and ends it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

from mailbridge.bridge import Bridge
from mailbridge.daemon.daemon import Daemon
from mailbridge.decider import Decider
from mailbridge.decision import Policy as Deciding
from mailbridge.delivery.exchange import Way
from mailbridge.delivery.realforce import Realforce
from mailbridge.delivery.retry import OnDoubt, Policy
from mailbridge.dispatch import Dispatch
from mailbridge.erasure import Retention
from mailbridge.inbox.account import Account
from mailbridge.ledger.ledger import Ledger
from mailbridge.outcomes import Outcome
from mailbridge.sandbox.server import Sandbox
from mailbridge.watch import Watch
from tests.conftest import account_on, mailbox_on
from tests.mails import inquiry
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.proxy import Proxy, before_dovecot, before_sandbox

EVERY = 0.1
"""Seconds from one poll to the next."""
TIMEOUT = 0.6
"""Seconds for which a mail server may be silent."""
DEADLINE = 1.5
"""Seconds that one exchange with it may take."""
PATIENCE = 30.0
"""Seconds that a test waits for what must happen, on a busy machine."""


@dataclass(slots=True)
class Inbox:
    """One inbox that the daemon watches through a proxy."""

    account: Account
    proxy: Proxy
    mailbox: Mailbox
    """As its owner sees it, without the proxy."""


class Watching:
    """Everything around the daemon."""

    def __init__(self, inboxes: Sequence[Inbox], api: Sandbox, http: Proxy, ledger: Ledger) -> None:
        self.inboxes = inboxes
        self.api, self.http, self.ledger = api, http, ledger
        self.mailed = 0
        self.daemon: Daemon

    @property
    def imap(self) -> Proxy:
        return self.inboxes[0].proxy

    def mail(self, inbox: int = 0, count: int = 1) -> None:
        """Visitors write."""
        for _ in range(count):
            self.mailed += 1
            self.inboxes[inbox].mailbox.append(inquiry(self.mailed))

    def wait_until(self, done: Callable[[], object], what: str) -> None:
        """Wait for something that can only be asked; raises TimeoutError."""
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(f"not within {PATIENCE} s: {what}")
            time.sleep(0.02)

    def wait_for_all(self) -> None:
        """Wait until every mail so far is a lead and bears its mark."""
        self.api.wait_for(self.mailed, PATIENCE)
        names = [inbox.account.name for inbox in self.inboxes]

        def settled() -> bool:
            if Outcome.DEFERRED in self.ledger.summary().outcomes:
                return False
            return not any(self.ledger.to_mark(name, 1) for name in names)

        self.wait_until(settled, "marks")

    def error(self, inbox: int = 0) -> str:
        """What `status` says of the inbox."""
        name = self.inboxes[inbox].account.name
        found = [one.error for one in self.ledger.summary().inboxes if one.inbox == name]
        return found[0] if found else ""

    def wait_for_error(self, text: str, inbox: int = 0) -> None:
        self.wait_until(lambda: text in self.error(inbox), text)

    def wait_for_health(self, inbox: int = 0) -> None:
        self.wait_until(lambda: not self.error(inbox), "no error")

    @property
    def names(self) -> list[str]:
        return [lead.lead["sender_firstname"] for lead in self.api.leads]

    @property
    def expected(self) -> list[str]:
        return [f"Prune{number}" for number in range(1, self.mailed + 1)]

    def check(self) -> None:
        """See that each mail became one lead, in order, and bears its mark."""
        assert self.names == self.expected
        for inbox in self.inboxes:
            assert set(map(frozenset, inbox.mailbox.flags().values())) <= {
                frozenset({"MailbridgeSent"})
            }

    def run(self, scenario: Callable[[], None]) -> None:
        """Run the daemon until the scenario is over; raises what went wrong there."""
        failures: list[BaseException] = []

        def play() -> None:
            try:
                scenario()
            except BaseException as failure:  # noqa: BLE001  (raised below)
                failures.append(failure)
            finally:
                self.daemon.stop()

        player = Thread(target=play, name="scenario")
        player.start()
        try:
            self.daemon.run()
        finally:
            player.join()
        if failures:
            raise failures[0]


@contextmanager
def watching(
    folder: Path,
    decider: Decider,
    servers: Sequence[Dovecot],
    *,
    every: float = EVERY,
    timeout: float = TIMEOUT,
    deadline: float = DEADLINE,
    retry: Policy | None = None,
) -> Iterator[Watching]:
    """Prepare a daemon with one inbox on each server; each has been seen once, with patience."""
    with ExitStack() as stack:
        api = stack.enter_context(Sandbox(key="test-key"))
        http = stack.enter_context(before_sandbox(api))
        ledger = stack.enter_context(Ledger.open(f"sqlite:///{folder / 'ledger.db'}"))
        inboxes = []
        for number, server in enumerate(servers):
            proxy = stack.enter_context(before_dovecot(server))
            account = replace(
                account_on(server),
                name=f"inbox{number}",
                port=proxy.port,
                timeout=timeout,
                deadline=deadline,
            )
            mailbox = stack.enter_context(contextmanager(mailbox_on)(server, account))
            inboxes.append(Inbox(account, proxy, mailbox))
        made = Watching(inboxes, api, http, ledger)
        destination = Realforce(
            Way(url=http.url, timeouts=(PATIENCE, PATIENCE), deadline=PATIENCE), "test-key"
        )
        stack.callback(destination.close)
        for inbox in inboxes:
            patient = replace(inbox.account, timeout=PATIENCE, deadline=PATIENCE)
            first = Bridge(Watch(account=patient, policy=Deciding()), ledger, decider)
            first.poll()
            first.close()
        made.daemon = Daemon(
            bridges=[
                Bridge(Watch(account=inbox.account, policy=Deciding()), ledger, decider)
                for inbox in inboxes
            ],
            intervals=[timedelta(seconds=every)] * len(inboxes),
            retention=Retention(contents=timedelta(days=90), review=timedelta(days=90)),
            ledger=ledger,
            dispatches=[
                Dispatch(
                    ledger,
                    destination,
                    retry or Policy(first_wait=0.2, longest_wait=0.5, doubt=OnDoubt.HOLD),
                )
            ],
        )
        yield made
