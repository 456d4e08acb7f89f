"""`run`: the daemon, or one pass with a summary."""

from collections import Counter
from pathlib import Path

from mailbridge.app import App
from mailbridge.assembly import assemble
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
        with assemble(app, ledger) as daemon:
            daemon.run()
    return 0


def run_once(config: Path | None) -> int:
    """Do one pass; exit code 1 where an inbox could not be polled or a lead not be sent."""
    app = App.load(config, secrets=True)
    app.require()
    app.configure_log()
    with Ledger.open(app.ledger_url) as ledger:
        ledger.claim_instance()
        before = Counter[Outcome](ledger.summary().outcomes)
        with assemble(app, ledger) as daemon:
            failures = daemon.once()
        after = ledger.summary()
    # What this pass changed: new mails, and older ones whose lead went out by now.
    say(summary(Counter[Outcome](after.outcomes) - before))
    if after.queued:
        say(f"{_leads(after.queued)} waiting to be sent.")
    if after.for_review:
        say(f"For review: {after.for_review}. `mailbridge mails --review` lists them.")
    for failure in failures:
        complain(f"mailbridge: {failure}")
    for trouble in daemon.troubles:
        complain(f"mailbridge: {app.file}: {trouble}.")
    return 1 if failures or daemon.troubles else 0


def _leads(count: int) -> str:
    return f"{count} lead is" if count == 1 else f"{count} leads are"
