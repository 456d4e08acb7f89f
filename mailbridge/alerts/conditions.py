"""From facts of the ledger and the daemon, and the time, to the causes that hold now. Pure.

Which of them a person is told, and when, is `telling`'s.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from mailbridge.alerts import layout, silence
from mailbridge.alerts.causes import Cause, Finding, Kind
from mailbridge.alerts.layout import Drop
from mailbridge.ledger.standing import Alert, Arrivals, InboxHealth, Standing
from mailbridge.recipient import DEFAULT, Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the ledger says, and the daemon."""

    standing: Standing
    inboxes: tuple[InboxHealth, ...] = ()
    """Those of the settings."""
    signed_out: frozenset[str] = frozenset()
    """Those to which a person must sign in."""
    arrivals: tuple[Arrivals, ...] = ()
    """Within `silence.PAST`."""
    same_hours: Mapping[tuple[str, str], Sequence[int]] = field(default_factory=dict)
    """By portal and inbox: how many came in each of the `silence.same_hours`."""
    destinations: tuple[Recipient, ...] = (DEFAULT,)
    """Those of the settings."""
    complete: Mapping[str, Sequence[bool]] = field(default_factory=dict)
    """By portal: whether each inquiry was complete, the newest first."""
    bad_rules: int = 0
    """Mistakes in rule files that are not in use because of them; the daemon's word."""


def find_causes(facts: Facts, known: Mapping[Cause, Alert], at: datetime) -> dict[Cause, Finding]:
    """Give all that holds at this time.

    `known` is what has held so far: a silence lasts until an inquiry comes, a drop
    until inquiries are complete again, even where they would no longer be found.
    """
    return {
        **({Cause(Kind.RULES_WRONG): Finding(facts.bad_rules)} if facts.bad_rules else {}),
        **dict(_of_leads(facts.standing)),
        **dict(_of_destinations(facts)),
        **dict(_of_inboxes(facts.inboxes, facts.signed_out)),
        **dict(_of_silences(facts, known, at)),
        **dict(_of_layouts(facts.complete, known)),
    }


Found = Iterator[tuple[Cause, Finding]]


def _of_leads(standing: Standing) -> Found:
    if standing.for_review > 0:
        yield Cause(Kind.REVIEW), Finding(standing.for_review)
    for portal, count in standing.slow.items():
        yield Cause(Kind.PATTERN_SLOW, portal), Finding(count)


def _of_destinations(facts: Facts) -> Found:
    for to, standing in facts.standing.destinations.items():
        name = "" if to == DEFAULT else to.name
        if to not in facts.destinations:
            if standing.waiting:
                yield Cause(Kind.DESTINATION_GONE, destination=name), Finding(standing.waiting)
        elif standing.key_refused:
            yield Cause(Kind.KEY_REFUSED, destination=name), Finding(standing.deferred)
        elif standing.deferred:
            yield Cause(Kind.LEADS_WAITING, destination=name), Finding(standing.deferred)


def _of_inboxes(inboxes: Sequence[InboxHealth], signed_out: frozenset[str]) -> Found:
    for health in inboxes:
        if health.error:
            kind = Kind.SIGN_IN if health.inbox in signed_out else Kind.INBOX_DOWN
            yield Cause(kind, inbox=health.inbox), Finding()


def _of_silences(facts: Facts, known: Mapping[Cause, Alert], at: datetime) -> Found:
    # Since an inbox's last good poll nobody knows what has arrived there.
    watched = {health.inbox: health.last_success for health in facts.inboxes}
    arrivals = {(one.portal, one.inbox): one for one in facts.arrivals}
    for cause, alert in known.items():
        if cause.kind is not Kind.PORTAL_SILENT or cause.inbox not in watched:
            continue
        one = arrivals.get((cause.portal, cause.inbox))
        if one is None or int(one.last.timestamp()) <= alert.detail["last"]:
            yield cause, Finding(detail=alert.detail)
    for (portal, inbox), one in arrivals.items():
        until, counts = watched.get(inbox), facts.same_hours.get((portal, inbox), ())
        cause = Cause(Kind.PORTAL_SILENT, portal, inbox)
        past = min(at - one.first, silence.PAST)
        if until and silence.is_silent(counts, one.count, past):
            hours = (until - one.last) // timedelta(hours=1)
            yield (
                cause,
                Finding(
                    detail={
                        "last": int(one.last.timestamp()),
                        "hours": hours,
                        "least": min(counts),
                        "most": max(counts),
                        "spans": len(counts),
                    }
                ),
            )


def _of_layouts(complete: Mapping[str, Sequence[bool]], known: Mapping[Cause, Alert]) -> Found:
    for cause, alert in known.items():
        if cause.kind is Kind.PORTAL_LAYOUT:
            newest = complete.get(cause.portal, ())
            if not newest or not layout.has_recovered(newest, Drop(**alert.detail)):
                yield cause, Finding(alert.count, alert.detail)
    for portal, newest in complete.items():
        cause = Cause(Kind.PORTAL_LAYOUT, portal)
        found = None if cause in known else layout.find_drop(newest)
        if found is not None:
            yield cause, Finding(found.broken, asdict(found))
