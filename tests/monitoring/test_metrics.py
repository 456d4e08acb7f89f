"""The metrics as Prometheus reads them, by its own parser."""

from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from mailbridge import __version__
from mailbridge.daemon.pulse import BOUNDS, DeliveryVitals, Durations, InboxVitals, Vitals
from mailbridge.ledger.records import State
from mailbridge.ledger.standing import DestinationHealth, InboxHealth, Summary
from mailbridge.monitoring.metrics import Figures, write_metrics
from mailbridge.outcomes import Outcome
from mailbridge.recipient import DEFAULT, Kind, Recipient

AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def durations(*seconds: float) -> Durations:
    made = Durations()
    for one in seconds:
        made.note(one)
    return made


FIGURES = Figures(
    at=AT,
    summary=Summary(
        outcomes={Outcome.SENT: 5, Outcome.INCOMPLETE: 1, Outcome.UNMATCHED: 7},
        portals={"one.example": {Outcome.SENT: 3, Outcome.INCOMPLETE: 1}, "two": {Outcome.SENT: 2}},
        queued=2,
        oldest_queued=AT - timedelta(seconds=90),
        destinations={
            Recipient("lost", Kind.WEBHOOK): DestinationHealth(
                queued=2, oldest_queued=AT - timedelta(seconds=90)
            ),
            Recipient("past", Kind.WEBHOOK): DestinationHealth(),
        },
        for_review=0,
        oldest_for_review=None,
        inboxes=(
            InboxHealth(
                inbox='m"a\\in', last_poll=AT, last_success=AT, last_mail=None, error="away"
            ),
            InboxHealth(inbox="gone", last_poll=AT, last_success=AT, last_mail=AT, error=""),
        ),
    ),
    leads={State.SENT: 5, State.QUEUED: 2},
    vitals=Vitals(
        at=0,
        started=0,
        scheduled=0,
        erasing=None,
        inboxes={
            'm"a\\in': InboxVitals(
                polling=False,
                moved=0,
                succeeded=None,
                failing=True,
                well=3,
                failed=2,
                durations=durations(0.01, 0.05, 400.0),
            )
        },
        deliveries={
            DEFAULT: DeliveryVitals(delivered=0, accepted=None, posts={"Accepted": durations(0.3)})
        },
    ),
)


def read(figures: Figures = FIGURES) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(write_metrics(figures).decode())
        for sample in family.samples
    }


def test_the_ledgers_counts() -> None:
    found = read()
    assert found["mailbridge_mails", "sent", "one.example"] == 3
    assert found["mailbridge_mails", "unmatched", ""] == 7
    assert ("mailbridge_mails", "sent", "") not in found
    assert found["mailbridge_leads", "sent"] == 5
    assert found["mailbridge_leads", "rejected"] == 0
    assert found["mailbridge_queue",] == 2
    assert found["mailbridge_destination_queue", "lost", "webhook"] == 2
    assert found["mailbridge_destination_queue_oldest_age_seconds", "lost", "webhook"] == 90
    assert found["mailbridge_destination_queue", "default", "realforce"] == 0
    assert found["mailbridge_destination_set", "lost", "webhook"] == 0
    assert found["mailbridge_destination_set", "default", "realforce"] == 1
    assert not [names for names in found if "past" in names]
    assert found["mailbridge_queue_oldest_age_seconds",] == 90
    assert found["mailbridge_review",] == 0
    assert found["mailbridge_review_oldest_age_seconds",] == 0
    assert any(key[0] == "mailbridge_build_info" and __version__ in key for key in found)


def test_inboxes_that_are_watched() -> None:
    found, name = read(), 'm"a\\in'
    assert found["mailbridge_inbox_last_poll_timestamp_seconds", name] == AT.timestamp()
    assert found["mailbridge_inbox_up", name] == 0
    assert ("mailbridge_inbox_last_mail_timestamp_seconds", name) not in found
    assert not any("gone" in key for key in found)
    assert found["mailbridge_polls_total", name, "well"] == 3
    assert found["mailbridge_polls_total", name, "failed"] == 2


def test_durations_add_up() -> None:
    found, name = read(), 'm"a\\in'
    metric = "mailbridge_poll_duration_seconds"
    assert found[f"{metric}_bucket", name, "0.05"] == 2  # a bound belongs to its class
    assert found[f"{metric}_bucket", name, str(BOUNDS[-1])] == 2
    assert found[f"{metric}_bucket", name, "+Inf"] == found[f"{metric}_count", name] == 3
    assert found[f"{metric}_sum", name] == 400.06
    assert found["mailbridge_post_duration_seconds_bucket", "Accepted", "default", "0.5"] == 1


def test_nothing_is_left_in_the_process() -> None:
    read()
    assert not [n for n in REGISTRY._names_to_collectors if n.startswith("mailbridge")]
