"""The daemon put together as the settings describe it, with what ends with it.

Beside `app` the only place where things that do I/O are made. The faces call `assemble`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mailbridge.alerts.channels import Channel, is_installed, make_channels
from mailbridge.alerts.telling import Patience
from mailbridge.alerts.watch import Alerts
from mailbridge.app import App
from mailbridge.bridge import Bridge
from mailbridge.daemon.daemon import Daemon
from mailbridge.daemon.delivering import IDLE
from mailbridge.daemon.pulse import Attendant, Pulse, TimedDestination
from mailbridge.decider import Decider
from mailbridge.delivery.agency import Agency
from mailbridge.delivery.exchange import Way
from mailbridge.delivery.realforce import Realforce
from mailbridge.delivery.retry import OnDoubt
from mailbridge.delivery.retry import Policy as RetryPolicy
from mailbridge.delivery.webhook import Webhook
from mailbridge.dispatch import Dispatch, now
from mailbridge.documents.destinations import (
    AgencySettings,
    AnyDestination,
    AnyNamed,
    DestinationSettings,
)
from mailbridge.errors import BadDocument
from mailbridge.ledger.ledger import Ledger
from mailbridge.monitoring.systemd import find_notifier
from mailbridge.problems import Problem
from mailbridge.recipient import Recipient
from mailbridge.rulebook import Rulebook


def make_client(wanted: AnyDestination | AnyNamed) -> Realforce | Agency | Webhook:
    """Make the client of a destination."""
    way = Way(
        url=wanted.url,
        timeouts=(wanted.connect_timeout.total_seconds(), wanted.read_timeout.total_seconds()),
        deadline=(wanted.connect_timeout + wanted.read_timeout).total_seconds(),
        ca_file=str(wanted.ca_file) if wanted.ca_file else None,
        proxy=wanted.proxy,
    )
    if isinstance(wanted, DestinationSettings):
        return Realforce(way, wanted.key.reveal() if wanted.key else "")
    if isinstance(wanted, AgencySettings):
        return Agency(way, wanted.key.reveal())
    return Webhook(way, wanted.secret.reveal())


def _dispatch(
    ledger: Ledger, pulse: Pulse, to: Recipient, wanted: AnyDestination | AnyNamed
) -> Dispatch:
    retry = RetryPolicy(
        doubt=OnDoubt(wanted.on_doubt), doubt_wait=wanted.doubt_wait.total_seconds()
    )
    return Dispatch(ledger, TimedDestination(make_client(wanted), pulse, to), retry, to)


@contextmanager
def assemble(app: App, ledger: Ledger) -> Iterator[Daemon]:
    """Put the daemon together on an open ledger, with what ends with it. Raises BadDocument."""
    app.require()
    inboxes = app.settings.inboxes
    pulse = Pulse()
    rulebook = Rulebook(app, pulse.note_rules)
    with Decider(rulebook.portals) as decider:
        rulebook.take_up = decider.renew
        yield Daemon(
            bridges=[
                Bridge(app.watch(inbox), ledger, decider, know_targets=app.know_targets)
                for inbox in inboxes
            ],
            intervals=[inbox.every for inbox in inboxes],
            ledger=ledger,
            dispatches=[_dispatch(ledger, pulse, to, one) for to, one in app.destinations.items()],
            retention=app.retention,
            alerts=_alerts(app, ledger, lambda: len(rulebook.problems)),
            rulebook=rulebook,
            refresher=app.refresher(),
            pulse=pulse,
            attendant=_monitor(app, pulse, ledger),
        )


def find_channels(app: App) -> list[Channel]:
    """Make the channels that alerts go to. Raises BadDocument where one cannot be made."""
    addresses = [address.reveal() for address in app.settings.alerts.to]
    if not addresses:
        return []
    if not is_installed():
        problem = Problem(
            str(app.file),
            key="alerts.to",
            code="missing-library",
            text="Alerts need the library Apprise, which is not installed.",
            remedy="Run `pip install 'mailbridge[alerts]'`, or remove the addresses.",
        )
        raise BadDocument([problem])
    channels, bad = make_channels(addresses)
    if bad:
        raise BadDocument(
            Problem(
                str(app.file),
                key=f"alerts.to.{place}",
                code="bad-address",
                # Not quoted: it is a secret.
                text="Apprise makes nothing of this address.",
                remedy="Write it as Apprise's documentation says for the service, for example "
                "mailtos://USER:PASSWORD@example.org?to=office@example.org.",
            )
            for place in bad
        )
    return channels


def _alerts(app: App, ledger: Ledger, bad_rules: Callable[[], int]) -> Alerts | None:
    """Put the alerts together; None where nobody is to be told. Raises BadDocument.

    `bad_rules` tells how many problems the rule files have that are not in use for that.
    """
    wanted = app.settings.alerts
    if not wanted.to:
        return None
    return Alerts(
        ledger=ledger,
        inboxes=[inbox.name for inbox in app.settings.inboxes],
        channels=find_channels(app),
        bad_rules=bad_rules,
        destinations=tuple(app.destinations),
        patience=Patience(inbox_down=wanted.inbox_down_after, over=wanted.over_after),
        signed_out=app.signed_out,
    )


def _monitor(app: App, pulse: Pulse, ledger: Ledger) -> Attendant | None:
    """Make what looks after the daemon, where somebody wants to be told."""
    listen = app.settings.monitoring.listen
    notifier = find_notifier(os.environ, os.getpid())
    if not listen and not notifier:
        return None
    # A web server takes its time to import, and no other command needs it.
    from mailbridge.monitoring.health import InboxLimits
    from mailbridge.monitoring.health import Limits as HealthLimits
    from mailbridge.monitoring.monitor import Monitor, look_interval

    exchange = max(
        (one.connect_timeout + one.read_timeout).total_seconds()
        for one in app.destinations.values()
    )
    limits = HealthLimits(
        inboxes={
            inbox.name: InboxLimits(
                every=inbox.every.total_seconds(), deadline=inbox.deadline.total_seconds()
            )
            for inbox in app.settings.inboxes
        },
        delivery=max(IDLE, exchange),
        scheduler=look_interval(notifier),
    )
    address = (listen.host, listen.port) if listen else None
    return Monitor(pulse, ledger, limits, notifier=notifier, address=address, clock=now)
