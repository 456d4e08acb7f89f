"""`check`: settings and rules; online, the servers too."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from mailbridge.alerts.channels import Channel
from mailbridge.alerts.messages import trial_message
from mailbridge.app import App
from mailbridge.assembly import find_channels, make_client
from mailbridge.cli.output import complain, say, table
from mailbridge.delivery.answer import Accepted
from mailbridge.delivery.forms import write_lead
from mailbridge.delivery.webhook_payload import MailFacts
from mailbridge.dispatch import describe
from mailbridge.documents.destinations import AnyDestination, AnyNamed
from mailbridge.documents.settings import InboxSettings
from mailbridge.errors import InboxError, LedgerError
from mailbridge.inbox.account import is_loopback
from mailbridge.inbox.discovery import Dns, SystemDns
from mailbridge.inbox.imap import connect
from mailbridge.inbox.marks import Marking
from mailbridge.inbox.providers import domain_of, find_provider
from mailbridge.leads.lead import Lead
from mailbridge.leads.preparation import Prepared
from mailbridge.ledger.ledger import Ledger
from mailbridge.problems import Problem
from mailbridge.recipient import DEFAULT, Recipient


def check_all(
    config: Path | None, *, online: bool, send_test_lead: bool, send_test_alert: bool
) -> int:
    """Check everything asked for; exit code 1 where something must be mended."""
    app = App.load(config, secrets=True)
    app.require()
    portals = app.portals
    names = ", ".join(inbox.name for inbox in app.settings.inboxes)
    say(f"{app.file}: the settings are right. Inboxes: {names}.")
    say(f"{len(portals.all)} portals: {', '.join(portal.name for portal in portals.all)}.")
    if app.aliases.all:
        say(f"Aliases of references: {len(app.aliases.all)}.")
    _tell_lists(app)
    channels = find_channels(app)
    if channels:
        say(f"Alerts go to: {', '.join(map(str, channels))}.")
    for problem in app.warnings():
        complain(f"warning: {problem}")
    for problem in _servers_elsewhere(app, SystemDns() if online else None):
        complain(f"warning: {problem}")
    for to, destination in app.destinations.items():
        if to != DEFAULT:
            say(f"Leads can go to the {to} ({to.kind}) at {destination.url}.")
    good = _check_waiting(app)
    if online:
        good &= _check_inboxes(app)
        good &= check_destinations(app)
    if send_test_lead:
        for to, destination in app.destinations.items():
            good &= _send_test_lead(app, to, destination)
    if send_test_alert:
        good &= _send_test_alert(app, channels)
    return 0 if good else 1


def _tell_lists(app: App) -> None:
    """Say whether references are held against the CRM's lists, where there is a key for them."""
    if app.listing_index is None:
        return
    known = app.catalogue
    if known is None:
        complain(
            f"warning: {app.file}: listings.key: the CRM's lists have not been read yet, so that "
            "no reference is held against them. `mailbridge listings --refresh` reads them, and "
            "says whether the key is right."
        )
        return
    say(
        f"References are held against {len(known.listings):,} listings, read "
        f"{known.taken:%Y-%m-%d %H:%M} UTC."
    )


def _servers_elsewhere(app: App, dns: Dns | None) -> Iterator[Problem]:
    """Warn of inboxes whose server is not the one of their provider; asks DNS if given."""
    for at, inbox in enumerate(app.settings.inboxes):
        domain = domain_of(inbox.user)
        if not domain or is_loopback(inbox.host):
            continue
        provider = find_provider(domain)
        if provider is None and dns:
            provider = find_provider(domain, dns.exchangers(domain))
        if provider and not provider.serves_at(inbox.host):
            yield Problem(
                str(app.file),
                key=f"inboxes.{at}.host",
                code="other-server",
                text=f"The mail of {domain} is at {provider.name}, whose server is "
                f"{provider.server.host}.",
                remedy=provider.advice,
            )


def _check_inboxes(app: App) -> bool:
    good = True
    for inbox in app.settings.inboxes:
        good &= _check_inbox(app, inbox)
    return good


def _check_inbox(app: App, settings: InboxSettings) -> bool:
    try:
        show_inbox(app, settings)
    except InboxError as error:
        complain(f"mailbridge: {error}")
        return False
    return True


def show_inbox(app: App, settings: InboxSettings) -> None:
    """Log in and show what the server can do, and how mail will be marked. Raises InboxError."""
    if tokens := app.tokens(settings):
        tokens.current()
        say(f"Inbox {settings.name}: {tokens.describe()}.")
    rows = []
    with connect(app.account(settings)) as inbox:
        for folder in settings.folders:
            state = inbox.folder_state(folder)
            found = inbox.capabilities(folder)
            marking = inbox.resolve_marking(folder, Marking(settings.marking))
            name = inbox.spelt(folder)
            rows.append(
                (
                    f"{settings.name}/{folder}" + (f" ({name})" if name != folder else ""),
                    state.messages,
                    marking.value,
                    _yes(found.keywords),
                    _yes(found.move),
                    _yes(found.uidplus),
                    _yes(found.idle),
                )
            )
    table(("FOLDER", "MAILS", "MARKED BY", "KEYWORDS", "MOVE", "UIDPLUS", "IDLE"), rows)


def _check_waiting(app: App) -> bool:
    """Name the destinations that leads wait for and the settings do not name."""
    try:
        with Ledger.read_only(app.ledger_url) as ledger, ledger.looking() as look:
            waiting = look.waiting()
    except LedgerError:
        return True  # there is none yet, or the daemon's start says what is wrong with it
    stranded = {to: one for to, one in waiting.items() if to not in app.destinations}
    for to, one in stranded.items():
        complain(
            f"mailbridge: {app.file}: leads waiting for the {to} ({to.kind}), which the settings "
            f"do not name: {one.leads}. They are kept and sent nowhere else. Put it back, or enter "
            "them by hand: `mailbridge mails --outcome deferred`, `mailbridge resolve ID --sent`."
        )
    return not stranded


def check_destinations(app: App) -> bool:
    """Say of each destination whether it can be reached."""
    good = True
    for to, one in app.destinations.items():
        good &= _check_destination(to, one)
    return good


def _check_destination(to: Recipient, settings: AnyDestination | AnyNamed) -> bool:
    destination = make_client(settings)
    try:
        unreachable = destination.reach()
    finally:
        destination.close()
    if unreachable:
        complain(f"mailbridge: the {to} cannot be reached: {unreachable.reason}")
        return False
    say(
        f"The {to} at {settings.url} can be reached. Only a lead shows "
        "whether the key is right: --send-test-lead sends one."
    )
    return True


def _send_test_lead(app: App, to: Recipient, settings: AnyDestination | AnyNamed) -> bool:
    text = "A test by mailbridge; please delete it."
    at = int(time.time())
    lead = Lead(
        sender_message=text,
        date=at,
        sender_firstname="Test",
        sender_lastname="mailbridge",
        property_reference="TEST",
    )
    prepared = Prepared(lead=lead, complete=True, fingerprint="", text=text)
    mail = MailFacts(identity=f"test-{at}", part=1, message_id="", subject="")
    portal = next(iter(getattr(settings, "gateway_ids", ())), "test")
    written = write_lead(app.outlets[to.name].form, prepared, portal, mail)
    if not written.complete:
        told = " ".join(problem.text for problem in written.problems)
        complain(f"mailbridge: {app.file}: no test lead was sent to the {to}: {told}")
        return False
    destination = make_client(settings)
    try:
        answer = destination.deliver(written.payload)
    finally:
        destination.close()
    there = "" if to == DEFAULT else f" by the {to}"
    if isinstance(answer, Accepted):
        named = f" as {answer.remote_id}" if answer.remote_id else ""
        say(f"The test lead was accepted{there}{named}.")
        return True
    said = describe(answer, to)
    complain(f"mailbridge: {app.file}: the test lead was not accepted{there}: {said}.")
    return False


def _send_test_alert(app: App, channels: Sequence[Channel]) -> bool:
    if not channels:
        complain(
            f"mailbridge: {app.file}: alerts.to: no address is set. Add one below 'alerts:', as "
            "'to: [{env: ALERT_ADDRESS}]'."
        )
        return False
    good = True
    for channel in channels:
        if channel.send(trial_message()):
            say(f"The test alert was sent to {channel}. See whether it arrives.")
        else:
            good = False
            key = f"alerts.to.{int(channel.name) - 1}"
            complain(
                f"mailbridge: {app.file}: {key}: the test alert was not accepted. Check address, "
                "user and password, and whether the service can be reached from here."
            )
    return good


def _yes(value: bool) -> str:  # noqa: FBT001
    return "yes" if value else "no"
