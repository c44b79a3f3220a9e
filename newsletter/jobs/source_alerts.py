"""What the operators are told about sources: that one fails, is back, has moved, or turned over."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.articles.pace import often_enough
from newsletter.config.access import split_credentials
from newsletter.config.durations import written
from newsletter.issues.source_failures import LONG
from newsletter.jobs.operator_mail import OperatorAlert, write_to_operators
from newsletter.site.failed_sources import name_of, source_health
from newsletter.site.site import Site
from newsletter.store.operator_alerts import Told, all_told
from newsletter.store.source_health import SourceHealth

BACK = "back"
_FAILING = "failing since "


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedHealth:
    """A source by the name under which the operators know it; `every` is its configured pace."""

    name: str
    every: timedelta | None
    health: SourceHealth

    def key(self, what: str) -> str:
        """The key under which it is kept what the operators were told."""
        digest = hashlib.sha256(self.health.location.encode("utf-8", "replace")).hexdigest()
        return f"source {what} {digest[:16]}"


def tell_of_sources(site: Site, *, now: datetime) -> None:
    """Write to the operators what they do not know yet of the site's sources."""
    with site.database.transaction(read_only=True) as connection:
        found = source_health(site, connection, site.settings.newsletters)
        told = all_told(connection, "source ")
    by_location = {one.location: one for one in found}
    named = [
        NamedHealth(name=name_of(site, one), every=_every(site, one), health=one)
        for one in by_location.values()
    ]
    write_to_operators(site, source_alerts(named, told, now=now), now)


def source_alerts(
    sources: Iterable[NamedHealth], told: Mapping[str, Told], *, now: datetime
) -> list[OperatorAlert]:
    """What there is to tell of the sources, the letters of the past included. Pure.

    `told` has what the operators were told, by `NamedHealth.key`.
    """
    return [
        alert
        for source in sources
        for alert in (
            _failing(source, now),
            _back(source, told.get(source.key("failing"))),
            _moved(source),
            _turned_over(source),
        )
        if alert is not None
    ]


def _failing(source: NamedHealth, now: datetime) -> OperatorAlert | None:
    since = source.health.failing_since
    if since is None or now - since < LONG:
        return None
    return OperatorAlert(
        about=source.name,
        key=source.key("failing"),
        kind=f"{_FAILING}{since.isoformat()}",
        message=f"{source.name} has not been readable since {since:%Y-%m-%d %H:%M} UTC:"
        f" {source.health.problem}",
        fix="open its address in a browser; correct it in newsletter.toml, or remove it",
        again_after=None,
    )


def _back(source: NamedHealth, before: Told | None) -> OperatorAlert | None:
    back_at = source.health.succeeded_at
    if source.health.failing_since is not None or before is None or back_at is None:
        return None
    if not before.problem.startswith(_FAILING):
        return None
    since = datetime.fromisoformat(before.problem.removeprefix(_FAILING))
    away = timedelta(hours=round((back_at - since) / timedelta(hours=1)))
    return OperatorAlert(
        about=source.name,
        key=source.key("failing"),
        kind=BACK,
        message=f"{source.name} can be read again; it was away for {written(away)}",
        fix="nothing; what it still shows of that time is in the next issue",
        again_after=None,
        is_news=True,
    )


def _moved(source: NamedHealth) -> OperatorAlert | None:
    if not source.health.moved_to:
        return None
    moved_to, _credentials = split_credentials(source.health.moved_to)
    return OperatorAlert(
        about=source.name,
        key=source.key("moved"),
        kind=moved_to,
        message=f"{source.name} has moved permanently, and is read at its new address",
        fix=f"nothing must be done; to save it the detour, write the new address: {moved_to}",
        again_after=None,
        is_news=True,
    )


def _turned_over(source: NamedHealth) -> OperatorAlert | None:
    if source.health.turned_over_at is None:
        return None
    pace = often_enough(source.every) if source.every else source.health.interval
    return OperatorAlert(
        about=source.name,
        key=source.key("turned-over"),
        kind="turned over",
        message=f"nothing of the last fetch of {source.name} stood in the one of"
        f" {source.health.turned_over_at:%Y-%m-%d %H:%M} UTC: stories may have been missed",
        fix=f'ask it more often: write every = "{written(pace)}" below its address in'
        " newsletter.toml",
        again_after=None,
    )


def _every(site: Site, health: SourceHealth) -> timedelta | None:
    sources = site.newsletter(health.newsletter).sources
    return next((one.every for one in sources if one.location == health.location), None)
