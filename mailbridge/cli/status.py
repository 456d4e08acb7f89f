"""`status`: how things stand, for people and for monitoring."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mailbridge.app import App
from mailbridge.cli.output import console, heading, say, say_json, table
from mailbridge.dispatch import now
from mailbridge.errors import BadDocument
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import Attempt
from mailbridge.ledger.standing import DestinationHealth, InboxHealth
from mailbridge.ledger.views import Delay, Lag
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem
from mailbridge.recipient import DEFAULT, Recipient
from mailbridge.status import (
    TOLD,
    Status,
    failing_since,
    list_destinations,
    share_complete,
    take_status,
)


def show_status(config: Path | None, *, as_json: bool) -> None:
    """Show health and counts; changes nothing and works beside the daemon."""
    app = App.load(config, secrets=False)
    with Ledger.read_only(app.ledger_url) as ledger, ledger.looking() as look:
        inboxes = [inbox.name for inbox in app.settings.inboxes]
        status = take_status(look, inboxes, app.destinations, now(), _problems_of_rules(app))
    if as_json:
        say_json(describe(status))
    else:
        _show(status)


def _problems_of_rules(app: App) -> tuple[Problem, ...]:
    try:
        app.compile_portals()
    except BadDocument as bad:
        return bad.problems
    return ()


def describe(status: Status) -> dict[str, Any]:
    """Give the same as JSON: times in ISO 8601, waits in seconds, shares from 0 to 1.

    What the destination answered in words is left out: it may quote the lead.
    """
    summary, last = status.summary, status.summary.last_attempt
    return {
        "at": _time(status.at),
        "inboxes": [_describe_inbox(one, status.lags.get(one.inbox)) for one in status.inboxes],
        "rules": {"problems": [str(problem) for problem in status.rules]},
        "outcomes": _counts(summary.outcomes),
        "portals": [
            {
                "portal": portal,
                "mails": sum(counts.values()),
                "complete": share_complete(counts),
                "outcomes": _counts(counts),
            }
            for portal, counts in sorted(summary.portals.items())
        ],
        "queue": {"leads": summary.queued, "oldest": _time(summary.oldest_queued)},
        "review": {
            "mails": summary.for_review,
            "oldest": _time(summary.oldest_for_review),
            "oldest_id": status.oldest.mail if status.oldest else None,
        },
        "destination": _describe_answer(last),
        "destinations": [
            {
                "destination": to.name,
                "kind": to.kind.value,
                "in_settings": to in status.destinations,
                "leads": health.queued,
                "oldest": _time(health.oldest_queued),
                "last": _describe_answer(health.last_attempt),
            }
            for to, health in list_destinations(status)
        ],
    }


def _describe_answer(last: Attempt | None) -> dict[str, Any] | None:
    if last is None:
        return None
    return {"last_answer": _time(last.ended), "status": last.status or None, "lead": last.state}


def _describe_inbox(health: InboxHealth, lag: Lag | None) -> dict[str, Any]:
    return {
        "inbox": health.inbox,
        "last_poll": _time(health.last_poll),
        "last_success": _time(health.last_success),
        "last_mail": _time(health.last_mail),
        "seen_after": _describe_delay(lag.seen) if lag else None,
        "sent_after": _describe_delay(lag.sent) if lag and lag.sent else None,
        "error": health.error or None,
        "error_since": _time(failing_since(health)),
    }


def _describe_delay(delay: Delay) -> dict[str, Any]:
    return {
        "mails": delay.mails,
        "median": delay.median.total_seconds(),
        "longest": delay.longest.total_seconds(),
    }


def _counts(counts: Mapping[Outcome, int]) -> dict[str, int]:
    return {outcome.value: counts.get(outcome, 0) for outcome in TOLD}


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _show(status: Status) -> None:
    summary = status.summary
    heading("Inboxes")
    table(
        (
            *("INBOX", "LAST POLL", "LAST SUCCESS", "LAST MAIL"),
            *("SEEN AFTER", "SENT AFTER", "ERROR SINCE", "ERROR"),
        ),
        [_inbox_row(one, status.lags.get(one.inbox)) for one in status.inboxes],
    )
    if status.rules:
        heading("Rules")
        say("These mistakes keep rule files from being taken up; a running daemon goes on with")
        say("the rules before, and would not start anew:")
        for problem in status.rules:
            say(str(problem))
    heading("Outcomes")
    table(("OUTCOME", "MAILS"), [(o, summary.outcomes[o]) for o in TOLD if o in summary.outcomes])
    _show_portals(summary.portals)
    heading("Queue")
    oldest = status.oldest
    named = f"mail {oldest.mail}: {oldest.outcome} {oldest.portal}".rstrip() if oldest else ""
    table(
        ("", "COUNT", "OLDEST", ""),
        [
            ("waiting to be sent", summary.queued, summary.oldest_queued, ""),
            ("for review", summary.for_review, summary.oldest_for_review, named),
        ],
    )
    found = list_destinations(status)
    if {to for to, _ in found} - {DEFAULT}:
        heading("Destinations")
        table(
            ("DESTINATION", "KIND", "WAITING", "OLDEST", "LAST ANSWER", "STATUS", ""),
            [_destination_row(to, health, status) for to, health in found],
        )
    elif last := summary.last_attempt:
        heading("Destination")
        table(("LAST ANSWER", "STATUS", ""), [(last.ended, last.status or "", last.detail)])


def _destination_row(
    to: Recipient, health: DestinationHealth, status: Status
) -> tuple[object, ...]:
    last = health.last_attempt
    said = last.detail if last else ""
    if to not in status.destinations:
        said = "not in the settings: its leads are kept and go nowhere else"
    answered = (last.ended, last.status or "") if last else ("", "")
    return (to.name, to.kind, health.queued, health.oldest_queued, *answered, said)


def _inbox_row(health: InboxHealth, lag: Lag | None) -> tuple[object, ...]:
    since = failing_since(health) or ("never read" if health.error else "")
    return (
        health.inbox,
        health.last_poll,
        health.last_success,
        health.last_mail,
        _waited(lag.seen) if lag else "",
        _waited(lag.sent) if lag and lag.sent else "",
        since,
        health.error,
    )


def _show_portals(portals: Mapping[str, Mapping[Outcome, int]]) -> None:
    heading("Portals")
    # In a pipe every outcome has its column, so that a script finds it where it was.
    shown = [o for o in TOLD if not console.is_terminal or any(c.get(o) for c in portals.values())]
    table(
        ("PORTAL", "MAILS", "COMPLETE", *(o.value.replace("_", " ").upper() for o in shown)),
        [
            (
                portal,
                sum(counts.values()),
                "" if (share := share_complete(counts)) is None else f"{share:.0%}",
                *(counts.get(o, 0) for o in shown),
            )
            for portal, counts in sorted(portals.items())
        ],
    )


def _waited(delay: Delay) -> str:
    return f"{show_wait(delay.median)}, at most {show_wait(delay.longest)}"


def show_wait(wait: timedelta) -> str:
    """Write a wait to the precision that matters to people: `0.4 s`, `12 s`, `7 min`, `3 h`."""
    seconds = wait.total_seconds()
    for least, size, unit in _UNITS:
        if seconds >= least:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s"


_UNITS = ((172_800, 86_400, "days"), (7_200, 3_600, "h"), (120, 60, "min"), (10, 1, "s"))
"""From how many seconds on a unit is used, and how many it has."""
