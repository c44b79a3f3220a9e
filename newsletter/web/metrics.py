"""The site's metrics in Prometheus's text format 0.0.4, written by its client library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from newsletter import __version__
from newsletter.site.failed_sources import failed_sources
from newsletter.site.occasions import due_now
from newsletter.site.site import Site
from newsletter.store import metrics as counts
from newsletter.store.dated_letters import DatedLetter, ReaderCounts, counts_by_letter
from newsletter.store.job_outcomes import JobOutcome, last_outcomes
from newsletter.store.newsletters import is_armed
from newsletter.store.nodes import Node, living_nodes
from newsletter.store.outbox import LetterCounts, count_letters
from subscribers.kept_counts import inbound_by_kind, subscriptions_by_status
from subscribers.private_feeds import feed_counts
from subscribers.provider_events.seen import outcome_counts

RATE_OVER = timedelta(minutes=1)

Sample = tuple[dict[str, str], float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One gauge with all its samples."""

    name: str
    meaning: str
    samples: Sequence[Sample]


class _MetricsCollector(Collector):
    """Hands metrics that were read from the database to the client library."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield one family for each metric."""
        for metric in self._metrics:
            names = list(metric.samples[0][0]) if metric.samples else []
            family = GaugeMetricFamily(
                f"newsletter_{metric.name}", metric.meaning, labels=names or None
            )
            for labels, value in metric.samples:
                family.add_metric(list(labels.values()), float(value))
            yield family


def exposition(metrics: Iterable[Metric]) -> str:
    """Return the metrics in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_MetricsCollector(metrics))
    return generate_latest(registry).decode()


def collect(site: Site, now: datetime) -> Sequence[Metric]:
    """Return every metric at `now`, read from one snapshot of the database."""
    nodes = living_nodes(site.database)
    with site.database.transaction(read_only=True) as connection:
        return [
            _single("build_info", "The running version", 1, version=__version__),
            _single("armed", "Whether the site may send", is_armed(connection)),
            _of_letters(count_letters(connection)),
            _of_dated_letters(counts_by_letter(connection, list(site.settings.newsletters))),
            *_of_issues(site, connection, now),
            *_of_sends(site, connection, now),
            *_of_sources_and_readers(site, connection),
            *_of_jobs(last_outcomes(connection)),
            *_of_nodes(nodes),
        ]


def _of_letters(letters: LetterCounts) -> Metric:
    return Metric(
        name="letters",
        meaning="Letters to readers that wait for a relay, or whose outcome is unknown",
        samples=[({"state": "waiting"}, letters.waiting), ({"state": "unknown"}, letters.unknown)],
    )


def _of_dated_letters(letters: Sequence[tuple[DatedLetter, ReaderCounts]]) -> Metric:
    return Metric(
        name="dated_letter_readers",
        meaning="Readers of each dated letter, by what became of it",
        samples=[
            ({"letter": letter.name, "state": state.value}, count)
            for letter, counts in letters
            for state, count in counts.by_state.items()
        ],
    )


def _of_issues(site: Site, connection: sa.Connection, now: datetime) -> Sequence[Metric]:
    return [
        Metric(
            name="due",
            meaning="Whether an issue is due and not sent yet",
            samples=[
                ({"newsletter": slug}, due_now(site, connection, slug, now) is not None)
                for slug in site.settings.newsletters
            ],
        ),
        Metric(
            name="issues",
            meaning="Issues by state",
            samples=[
                ({"newsletter": slug, "state": state}, count)
                for (slug, state), count in counts.issues_by_state(connection).items()
            ],
        ),
        Metric(
            name="deliveries",
            meaning="Deliveries of each newsletter's last issue, by state",
            samples=[
                ({"issue": issue, "state": state}, count)
                for (issue, state), count in counts.latest_deliveries(connection).items()
            ],
        ),
        Metric(
            name="attempts",
            meaning="Outcomes of the attempts to deliver those issues, by relay",
            samples=[
                ({"issue": issue, "relay": relay, "state": state}, count)
                for (issue, relay, state), count in counts.latest_attempts(connection).items()
            ],
        ),
    ]


def _of_sends(site: Site, connection: sa.Connection, now: datetime) -> Sequence[Metric]:
    oldest = counts.oldest_send(connection)
    accepted = counts.accepted_since(connection, now - RATE_OVER)
    return [
        Metric(
            name="accepted_per_second",
            meaning="Messages that each relay accepted per second in running sends, over the last minute",
            samples=[
                ({"relay": relay}, accepted.get(relay, 0) / RATE_OVER.total_seconds())
                for relay in dict.fromkeys([*(one.name for one in site.settings.relays), *accepted])
            ],
        ),
        _single(
            "queue_age_seconds",
            "How long the oldest running send has been running",
            (now - oldest).total_seconds() if oldest else 0,
        ),
        Metric(
            name="waiting_for_hour",
            meaning="Messages of running sends that go at a later hour of their readers' own day",
            samples=[
                ({"issue": issue}, count)
                for issue, count in counts.waiting_for_hour(connection, now).items()
            ],
        ),
        Metric(
            name="last_sent_timestamp_seconds",
            meaning="When the newest issue was completely sent",
            samples=[
                ({"newsletter": slug}, moment.timestamp())
                for slug, moment in counts.last_sent(connection).items()
            ],
        ),
    ]


def _of_sources_and_readers(site: Site, connection: sa.Connection) -> Sequence[Metric]:
    failing = {slug: failed_sources(site, connection, slug) for slug in site.settings.newsletters}
    return [
        Metric(
            name="subscriptions",
            meaning="Subscriptions by status",
            samples=[
                ({"list": slug, "status": status}, count)
                for (slug, status), count in subscriptions_by_status(connection).items()
            ],
        ),
        Metric(
            name="private_feeds",
            meaning="Readers with a private feed, by whether issues come by mail too",
            samples=[
                ({"list": slug, "use": use}, count)
                for (slug, use), count in feed_counts(connection).items()
            ],
        ),
        Metric(
            name="failing_sources",
            meaning="Sources whose last reading failed",
            samples=[({"newsletter": slug}, len(sources)) for slug, sources in failing.items()],
        ),
        Metric(
            name="source_failing_since_timestamp_seconds",
            meaning="Since when each of these sources cannot be read",
            samples=[
                ({"newsletter": slug, "source": name}, since.timestamp())
                for slug, sources in failing.items()
                # Two sources may have one name: the one that fails longest counts.
                for name, since in {one.name: one.since for one in reversed(sources)}.items()
            ],
        ),
        Metric(
            name="inbound",
            meaning="Inbound mail by kind (bounce, complaint, command …)",
            samples=[
                ({"kind": kind}, count) for kind, count in inbound_by_kind(connection).items()
            ],
        ),
        Metric(
            name="provider_events",
            meaning="Events that mail providers have reported, by outcome",
            samples=[
                ({"provider": provider, "outcome": outcome}, count)
                for (provider, outcome), count in outcome_counts(connection).items()
            ],
        ),
        _single(
            "webhooks_waiting",
            "Webhook messages that their receivers have not accepted yet",
            counts.waiting_webhooks(connection),
        ),
    ]


def _of_jobs(outcomes: Sequence[JobOutcome]) -> Sequence[Metric]:
    return [
        Metric(
            name="job_troubled",
            meaning="Whether the last run of the job failed, crashed or did not stop",
            samples=[({"job": one.job}, one.is_troubled) for one in outcomes],
        ),
        Metric(
            name="job_finished_timestamp_seconds",
            meaning="When the job last ended",
            samples=[({"job": one.job}, one.finished_at.timestamp()) for one in outcomes],
        ),
    ]


def _of_nodes(nodes: Sequence[Node]) -> Sequence[Metric]:
    return [
        _single("nodes", "Sending nodes that are alive", len(nodes)),
        Metric(
            name="node_messages_per_second",
            meaning="Messages that each node sends per second",
            samples=[({"node": node.name}, node.rate) for node in nodes],
        ),
        Metric(
            name="node_deliveries_held",
            meaning="Deliveries that each node has claimed and not finished",
            samples=[
                ({"node": node.name, "issue": held.issue}, held.deliveries)
                for node in nodes
                for held in node.holds
            ],
        ),
    ]


def _single(name: str, meaning: str, value: float, **labels: str) -> Metric:
    return Metric(name=name, meaning=meaning, samples=[(labels, value)])
