"""The operators hear of every run: by a dead man's switch, and by a letter when it needs a look."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.articles.fetch import WebDoor
from newsletter.errors import NewsletterError, TemporaryError
from newsletter.pipeline.letters import post_letter
from newsletter.pipeline.run import RunOutcome, run
from newsletter.pipeline.send import LATE
from newsletter.pipeline.sign_in import site_title
from newsletter.pipeline.site import Site
from newsletter.store import troubles

log = logging.getLogger("newsletter")

PING_TIMEOUT = timedelta(seconds=10)
"""A switch that does not answer must not hold up the issue."""

MAX_BODY = 10_000
"""Characters of a summary: what such services keep."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """Something a person has to look at. `kind` stays the same while the trouble lasts."""

    about: str
    kind: str
    said: str
    fix: str


def watched_run(
    site: Site, *, clock: Callable[[], datetime], interrupted: threading.Event | None = None
) -> list[RunOutcome]:
    """`run`, of which the operators hear; that they cannot be reached never stops it."""
    _ping(site, "/start", "")
    try:
        outcomes = run(site, clock=clock, interrupted=interrupted)
    except Exception as error:
        crash = Trouble(
            about="run",
            kind=type(error).__name__,
            said=f"the run ended in an error of its own: {type(error).__name__}: {error}",
            fix="the log has the whole of it; report it to the makers of newsletter",
        )
        _ping(site, "/fail", crash.said)
        _write(site, [crash], clock())
        raise
    found = [trouble for outcome in outcomes if (trouble := trouble_of(outcome))]
    _ping(site, "/fail" if found else "", summary(outcomes, found))
    _forget_others(site, found)
    _write(site, found, clock())
    return outcomes


def trouble_of(outcome: RunOutcome) -> Trouble | None:
    """What needs a look in this outcome, or None."""
    about, paused = outcome.newsletter, outcome.sent and outcome.sent.report
    if isinstance(outcome.problem, TemporaryError):
        return None  # another run is at work, or the next one will do
    if outcome.problem is not None:
        problem = outcome.problem.problem
        return Trouble(
            about=about,
            kind=f"{outcome.problem.code} {problem.field or ''}".strip(),
            said=problem.message,
            fix=problem.fix or f"newsletter status {about}",
        )
    if paused and paused.paused:
        return Trouble(
            about=about,
            kind="paused",
            said=f"{outcome.issue} is not sent in full: {paused.paused}",
            fix="mend the relay; the next run goes on where this one left off",
        )
    if outcome.did.startswith(f"held: {LATE}"):
        return Trouble(
            about=about,
            kind="held",
            said=f"{outcome.issue} is {outcome.did}",
            fix=f"newsletter approve {outcome.issue}, or wait: its articles go out with the next",
        )
    return None


def summary(outcomes: Sequence[RunOutcome], troubles: Sequence[Trouble]) -> str:
    """What happened, a line for each newsletter, and what to do."""
    lines = [f"{outcome.newsletter}: {outcome.did}{_counts(outcome)}" for outcome in outcomes]
    lines += [f"{trouble.about}: {trouble.said}. Do: {trouble.fix}" for trouble in troubles]
    return "\n".join(lines)[:MAX_BODY]


def _counts(outcome: RunOutcome) -> str:
    if outcome.sent is None:
        return f" {outcome.issue}" if outcome.issue else ""
    counts = [f"{count} {state}" for state, count in outcome.sent.counts.items() if count]
    return f" {outcome.issue}, {outcome.sent.audience} readers: {', '.join(counts) or 'nobody'}"


def _ping(site: Site, suffix: str, body: str) -> None:
    url = site.settings.operators.ping_url
    if url is None:
        return
    limits = site.settings.fetch.model_copy(update={"timeout": PING_TIMEOUT})

    async def post() -> int:
        async with WebDoor(limits) as door:
            headers = {"Content-Type": "text/plain; charset=utf-8"}
            return await door.post(url + suffix, body.encode(), headers)

    try:
        status = asyncio.run(post())
    except NewsletterError as error:
        log.warning("operators.ping_url: %s", error)
        return
    if status >= 300:
        log.warning("operators.ping_url: %s answers %d", url + suffix, status)


def _forget_others(site: Site, found: Sequence[Trouble]) -> None:
    """What was told and is over will be told anew, should it come back."""
    well = {"run", *site.settings.newsletters} - {trouble.about for trouble in found}
    try:
        with site.database.transaction() as connection:
            for about in sorted(well):
                troubles.forget(connection, about)
    except NewsletterError as error:
        log.warning("cannot note that all is well: %s", error)


def _write(site: Site, found: Sequence[Trouble], now: datetime) -> None:
    if not site.settings.operators.mail:
        return
    for trouble in found:
        try:
            with site.database.transaction() as connection:
                if not troubles.claim(connection, trouble.about, trouble.kind, now):
                    continue
            _post(site, trouble, now)
        except NewsletterError as error:
            log.warning("cannot write to the operators: %s", error)


def _post(site: Site, trouble: Trouble, now: datetime) -> None:
    """Write to every operator; when none could be, the next run tries again."""
    title = site_title(site)
    reached = 0
    for address in site.settings.operators.mail:
        try:
            post_letter(
                site,
                next(iter(site.settings.newsletters)),
                "trouble",
                {
                    "title": title,
                    "about": trouble.about,
                    "said": trouble.said,
                    "fix": trouble.fix,
                    "folder": str(site.folder.resolve()),
                    "url": site.settings.site.url,
                },
                subject=f"{title} needs a look: {trouble.said}",
                to_address=address,
                now=now,
            )
            reached += 1
        except NewsletterError as error:
            log.warning("cannot write to %s: %s", address, error)
    if not reached:
        with site.database.transaction() as connection:
            troubles.forget(connection, trouble.about)
