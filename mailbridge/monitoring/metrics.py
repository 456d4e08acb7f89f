"""The metrics for Prometheus: the ledger's counts and the pulse's, in its text form.

The one module that uses prometheus-client, and only its forms: no registry, nothing
of the process, and nothing is kept here between two scrapes.
"""

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from mailbridge import __version__
from mailbridge.daemon.pulse import BOUNDS, Durations, Vitals
from mailbridge.ledger.records import State
from mailbridge.ledger.standing import DestinationHealth, InboxHealth, Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything that is counted, at one moment."""

    at: datetime
    summary: Summary
    leads: Mapping[State, int]
    vitals: Vitals


CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""The form that every Prometheus reads, whatever else it asks for."""


def write_metrics(figures: Figures) -> bytes:
    """Write the figures in Prometheus' text form."""
    return generate_latest(_Collector(figures))


class _Collector(Collector):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Give every metric, as prometheus-client asks for them."""
        figures = self._figures
        version = {"version": __version__, "python": platform.python_version()}
        yield InfoMetricFamily("mailbridge_build", "What runs.", value=version)
        yield _mails(figures.summary)
        leads = GaugeMetricFamily("mailbridge_leads", "Leads by state.", labels=["state"])
        for state in State:
            leads.add_metric([state.value], figures.leads.get(state, 0))
        yield leads
        yield from _waiting(figures.summary, figures.at)
        yield from _queues(figures)
        here = [one for one in figures.summary.inboxes if one.inbox in figures.vitals.inboxes]
        yield from _inboxes(here)
        yield from _polls(figures.vitals)
        posts = HistogramMetricFamily(
            "mailbridge_post_duration_seconds",
            "How long a destination took to answer, by the kind of its answer.",
            labels=["destination", "answer"],
        )
        for to, delivery in figures.vitals.deliveries.items():
            for answer, durations in delivery.posts.items():
                _add(posts, [to.name, answer], durations)
        yield posts


def _mails(summary: Summary) -> Metric:
    mails = GaugeMetricFamily(
        "mailbridge_mails",
        "Mails in the ledger by outcome; the portal is empty where there is none.",
        labels=["portal", "outcome"],
    )
    nobodys = dict(summary.outcomes)
    for portal, counts in sorted(summary.portals.items()):
        for outcome, number in counts.items():
            mails.add_metric([portal, outcome.value], number)
            nobodys[outcome] -= number
    for outcome, number in nobodys.items():
        if number:
            mails.add_metric(["", outcome.value], number)
    return mails


def _waiting(summary: Summary, at: datetime) -> Iterator[Metric]:
    for name, text, number, oldest in (
        ("queue", "leads that wait to be sent", summary.queued, summary.oldest_queued),
        ("review", "mails for review", summary.for_review, summary.oldest_for_review),
    ):
        yield GaugeMetricFamily(f"mailbridge_{name}", f"Number of {text}.", value=number)
        age = (at - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily(
            f"mailbridge_{name}_oldest_age_seconds",
            f"Age of the oldest of the {text}; 0 where there is none.",
            value=age,
        )


def _queues(figures: Figures) -> Iterator[Metric]:
    labels = ["destination", "kind"]
    queues = GaugeMetricFamily(
        "mailbridge_destination_queue", "Leads that wait, by destination.", labels=labels
    )
    ages = GaugeMetricFamily(
        "mailbridge_destination_queue_oldest_age_seconds",
        "Age of the oldest lead that waits for a destination; 0 where there is none.",
        labels=labels,
    )
    served = GaugeMetricFamily(
        "mailbridge_destination_set",
        "Whether the settings name the destination (1) or leads wait for one that is gone (0).",
        labels=labels,
    )
    known = figures.summary.destinations
    for to in sorted({*known, *figures.vitals.deliveries}):
        health = known.get(to, DestinationHealth())
        set_up = to in figures.vitals.deliveries
        if not set_up and not health.queued:
            continue  # of the past
        oldest = health.oldest_queued
        queues.add_metric([to.name, to.kind.value], health.queued)
        age = (figures.at - oldest).total_seconds() if oldest else 0.0
        ages.add_metric([to.name, to.kind.value], age)
        served.add_metric([to.name, to.kind.value], int(set_up))
    yield from (queues, ages, served)


def _inboxes(inboxes: list[InboxHealth]) -> Iterator[Metric]:
    for name, text in (
        ("last_poll", "When the last poll began"),
        ("last_success", "When the last poll that went well ended"),
        ("last_mail", "When the newest mail reached the mail server"),
    ):
        moments = GaugeMetricFamily(
            f"mailbridge_inbox_{name}_timestamp_seconds",
            f"{text}, in Unix time.",
            labels=["inbox"],
        )
        for one in inboxes:
            moment = getattr(one, name)
            if moment is not None:
                moments.add_metric([one.inbox], moment.timestamp())
        yield moments
    up = GaugeMetricFamily(
        "mailbridge_inbox_up", "Whether the last poll went well (1) or not (0).", labels=["inbox"]
    )
    for one in inboxes:
        up.add_metric([one.inbox], int(one.last_success is not None and not one.error))
    yield up


def _polls(vitals: Vitals) -> Iterator[Metric]:
    polls = CounterMetricFamily(
        "mailbridge_polls", "Polls since the start, by result.", labels=["inbox", "result"]
    )
    durations = HistogramMetricFamily(
        "mailbridge_poll_duration_seconds", "How long polls took.", labels=["inbox"]
    )
    for name, inbox in vitals.inboxes.items():
        polls.add_metric([name, "well"], inbox.well)
        polls.add_metric([name, "failed"], inbox.failed)
        _add(durations, [name], inbox.durations)
    yield polls
    yield durations


def _add(family: HistogramMetricFamily, labels: list[str], durations: Durations) -> None:
    so_far = 0
    buckets: list[tuple[str, float]] = []
    for bound, number in zip((*map(str, BOUNDS), "+Inf"), durations.counts, strict=True):
        so_far += number
        buckets.append((bound, so_far))
    family.add_metric(labels, buckets=buckets, sum_value=durations.total)
