"""Letters to the operators, each problem once a day, or once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.errors import NewsletterError
from newsletter.site.site import Site, site_title
from newsletter.store import operator_alerts

log = logging.getLogger("newsletter")

DAILY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorAlert:
    """A problem that an operator has to look at. `kind` does not change while the problem lasts.

    A letter about the same kind of problem is repeated after `again_after`, or never if that is None.
    `key` tells apart what problems are about; by default it is `about`. `is_news` says that nothing
    is wrong.
    """

    about: str
    kind: str
    message: str
    fix: str
    key: str = ""
    again_after: timedelta | None = DAILY
    is_news: bool = False


def forget_resolved(site: Site, about: Sequence[str], alerts: Sequence[OperatorAlert]) -> None:
    """Forget the alerts about subjects that are well again, so that a new problem is reported."""
    resolved = set(about) - {alert.about for alert in alerts}
    try:
        with site.database.transaction() as connection:
            for subject in sorted(resolved):
                operator_alerts.forget(connection, subject)
    except NewsletterError as error:
        log.warning("cannot note that alerts are resolved: %s", error)


def write_to_operators(site: Site, alerts: Sequence[OperatorAlert], now: datetime) -> None:
    """Write to every operator about each problem that is due to be told."""
    for alert in alerts:
        key = alert.key or alert.about
        try:
            with site.database.transaction() as connection:
                before = operator_alerts.last(connection, key)
                if not operator_alerts.is_due(before, alert.kind, now, alert.again_after):
                    continue
                operator_alerts.put(
                    connection, key, operator_alerts.Told(at=now, problem=alert.kind)
                )
            if not _reached_any(site, alert, now):  # the next run tries again
                with site.database.transaction() as connection:
                    operator_alerts.put(connection, key, before)
        except NewsletterError as error:
            log.warning("cannot write to the operators: %s", error)


def _reached_any(site: Site, alert: OperatorAlert, now: datetime) -> bool:
    """Write to every operator; whether a letter to any of them could be stored."""
    reached = 0
    for address in site.settings.operators.mail:
        try:
            _post_to(site, address, alert, now)
            reached += 1
        except NewsletterError as error:
            log.warning("cannot write to %s: %s", address, error)
    return reached > 0


def _post_to(site: Site, address: str, alert: OperatorAlert, now: datetime) -> None:
    # Most runs write no letter, and need not load what writes and posts one.
    from newsletter.site.letters import LetterContent, post_letter

    title = site_title(site)
    letter = LetterContent(
        template="trouble",
        words={
            "title": title,
            "about": alert.about,
            "said": alert.message,
            "fix": alert.fix,
            "folder": str(site.folder.resolve()),
            "url": site.settings.site.url,
            "is_news": alert.is_news,
            "is_repeated": alert.again_after is not None,
        },
        subject=f"{title}: {alert.message}"
        if alert.is_news
        else f"{title} needs attention: {alert.message}",
        to_address=address,
    )
    post_letter(site, next(iter(site.settings.newsletters)), letter, now=now)
