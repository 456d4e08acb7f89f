"""`run`: the daemon, or one pass with a summary."""

from collections import Counter
from pathlib import Path

from mailbridge.app import App
from mailbridge.cli.dryrun import summary
from mailbridge.cli.output import complain, say
from mailbridge.ledger.ledger import Ledger
from mailbridge.outcomes import Outcome


def run_daemon(config: Path | None) -> int:
    """Run until told to stop."""
    app = App.load(config, secrets=True)
    app.require()
    app.configure_log()
    with Ledger.open(app.ledger_url) as ledger:
        ledger.claim_instance()
        app.daemon(ledger).run()
    return 0


def run_once(config: Path | None) -> int:
    """Do one pass; exit code 1 where an inbox could not be polled."""
    app = App.load(config, secrets=True)
    app.require()
    app.configure_log()
    with Ledger.open(app.ledger_url) as ledger:
        ledger.claim_instance()
        seen, failures = app.daemon(ledger).once()
        result = ledger.summary()
    say(summary(seen))
    waiting = result.queued
    counts: Counter[Outcome] = Counter(result.outcomes)
    say(
        f"In the ledger: {counts.total()} mails, {counts[Outcome.SENT]} sent, "
        f"{waiting} waiting to be sent, {result.for_review} for review."
    )
    for failure in failures:
        complain(f"mailbridge: {failure}")
    return 1 if failures else 0
