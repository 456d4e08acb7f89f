"""`demo`: the whole way on one machine: mail server, bridge, lead API."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from mailbridge.app import App
from mailbridge.cli.output import heading, say, table
from mailbridge.cli.rulework import read_case, shipped_cases
from mailbridge.errors import MailbridgeError
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import MailRecord
from mailbridge.outcomes import Outcome
from mailbridge.sandbox.book import Received
from mailbridge.sandbox.mailserver import running_mailserver
from mailbridge.sandbox.server import Sandbox

CONFIG = """\
inboxes:
  - name: demo
    host: {host}
    port: {port}
    tls: none           # this machine only
    user: {user}
    password: {password}
    every: 5s
    forwarders: ['@example.com', '@example.net', '@example.org']
    start: 2000-01-01   # the demo's mails count even where they lie there already
destination:
  url: {url}
  key: demo-key
ledger:
  url: sqlite:///ledger.db
log:
  level: warning
"""
PATIENCE = 60.0
"""Seconds after which the demo gives up waiting."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail of the demo and what is expected of it."""

    path: Path
    outcome: Outcome


def show_demo() -> int:
    """Run the demo; exit code 1 where something did not arrive as it should."""
    samples = choose_samples(App().portals.by_name, shipped_cases())
    expected = sum(sample.outcome is Outcome.LEAD for sample in samples)
    with (
        tempfile.TemporaryDirectory(prefix="mailbridge-demo-") as folder,
        running_mailserver() as mailserver,
        Sandbox(key="demo-key") as api,
    ):
        config = Path(folder) / "config.yaml"
        config.write_text(
            CONFIG.format(
                host=mailserver.host,
                port=mailserver.port,
                user=mailserver.user,
                password=mailserver.password,
                url=api.url,
            ),
            encoding="utf-8",
        )
        say(f"A mail server and a lead API run on this machine ({mailserver.host}).")
        with _bridge_running(config):
            say(f"The bridge runs. {len(samples)} mails arrive …")
            for sample in samples:
                mailserver.deliver(sample.path.read_bytes())
            with suppress(TimeoutError):  # what did arrive is shown all the same
                api.wait_for(expected, PATIENCE)
            leads = api.leads
            mails = _wait_for_mails(App.load(config, secrets=True), len(samples))
        folders = mailserver.folders()
    _show(mails, leads, folders)
    good = len(leads) == expected and len(mails) == len(samples)
    say()
    say(
        f"{len(leads)} leads for {expected} inquiries. Now try it on a mail of your own: "
        "mailbridge dry-run FILE.eml"
    )
    return 0 if good else 1


def choose_samples(portals: Sequence[str], cases: Path) -> list[Sample]:
    """Take one inquiry of each portal, an incomplete one, and a newsletter of nobody's."""
    chosen: list[Sample] = []
    incomplete: list[Sample] = []
    for portal in portals:
        found = [_sample(mail) for mail in sorted((cases / portal).glob("*.eml"))]
        chosen += [s for s in found if s.outcome is Outcome.LEAD][:1]
        incomplete += [s for s in found if s.outcome is Outcome.INCOMPLETE][:1]
    if not chosen:
        raise MailbridgeError(f"{cases}: the demo's mails are missing; install mailbridge anew.")
    return [*chosen, *incomplete[:1], _sample(cases / "inbox" / "newsletter.eml")]


def _sample(mail: Path) -> Sample:
    return Sample(mail, read_case(mail).outcome)


@contextmanager
def _bridge_running(config: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "mailbridge", "run", "--config", str(config)]
    bridge = subprocess.Popen(command)  # noqa: S603  (our own interpreter and module)
    try:
        yield
    finally:
        bridge.terminate()
        bridge.wait(PATIENCE)


def _wait_for_mails(app: App, count: int) -> list[MailRecord]:
    """Read the ledger until all mails have their last word and their mark."""
    end = monotonic() + PATIENCE
    while True:
        with Ledger.read_only(app.ledger_url) as ledger:
            mails = ledger.mails(limit=1000)
        settled = [m for m in mails if m.outcome is not Outcome.DEFERRED and m.marked]
        if len(settled) >= count or monotonic() > end:
            return mails
        sleep(0.1)


def _show(
    mails: Sequence[MailRecord],
    leads: Sequence[Received],
    folders: dict[str, int],
) -> None:
    heading("Leads as the API received them")
    table(
        ("ID", "REFERENCE", "NAME", "E-MAIL", "PHONE"),
        [
            (
                lead.id,
                lead.lead.get("property_reference"),
                f"{lead.lead.get('sender_firstname', '')} {lead.lead.get('sender_lastname', '')}",
                lead.lead.get("sender_email"),
                lead.lead.get("sender_number"),
            )
            for lead in leads
        ],
    )
    heading("Mails and their outcomes")
    table(
        ("ID", "OUTCOME", "PORTAL", "FILED IN", "NOTES"),
        [
            (m.id, m.outcome, m.portal, m.place.folder, "; ".join(p.text for p in m.problems))
            for m in reversed(mails)
        ],
    )
    heading("Folders of the inbox")
    table(("FOLDER", "MAILS"), sorted(folders.items()))
