"""remind: tell the editors by mail that an issue waits for their approval."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

from newsletter.delivery.addresses import ascii_domain
from newsletter.delivery.letter import InlinePicture
from newsletter.errors import NewsletterError
from newsletter.issues.issue import Issue, State
from newsletter.issues.wording import note_text
from newsletter.pipeline.gather import gather
from newsletter.pipeline.preview import preview
from newsletter.pipeline.screenshots import take_screenshot
from newsletter.site.letters import LetterContent, post_letter
from newsletter.site.occasions import coming_due
from newsletter.site.site import Site
from newsletter.store.reminders import is_reminded, remember_reminder

log = logging.getLogger("newsletter")


def remind(site: Site, slug: str, *, now: datetime) -> Issue | None:
    """Draft the coming issue and remind its editors; None if it is too early or already done.

    Reminds once for each due time. Raises RelayUnavailableError when no editor could be reached;
    the next call then tries again.
    """
    with site.database.transaction(read_only=True) as connection:
        due = coming_due(site, connection, slug, now)
        reminded = is_reminded(connection, slug, due)
    if reminded or now < due - site.newsletter(slug).remind:
        return None
    # Comparing stories is loaded only when there is an issue to make.
    from newsletter.pipeline.draft import draft

    gather(site, slug, now=now)
    issue = draft(site, slug, now=now)
    if issue.state is State.APPROVED:
        return None
    with site.database.transaction() as connection:
        if not remember_reminder(connection, issue, issue.due):
            return None
    try:
        _write_to_editors(site, issue, now)
    except NewsletterError:
        with site.database.transaction() as connection:
            remember_reminder(connection, issue, None)
        raise
    return issue


def _write_to_editors(site: Site, issue: Issue, now: datetime) -> None:
    from babel.dates import format_datetime

    newsletter = site.newsletter(issue.newsletter)
    due = issue.due.astimezone(site.settings.site.zone)
    picture = _picture(site, issue, now)
    words = {
        "title": newsletter.title,
        "issue": issue.name,
        "due": format_datetime(due, "EEEE d MMMM y, HH:mm z", locale="en_GB"),
        "is_due": now >= issue.due,
        "headline": issue.subject,
        "items": [item.title for item in issue.shown_items],
        "note": note_text(issue.note),
        "link": f"{site.settings.site.url}/desk/{issue.name}",
        "url": site.settings.site.url,
        "picture": picture.content_id if picture else "",
    }
    failures: list[NewsletterError] = []
    for address in newsletter.editors:
        try:
            letter = LetterContent(
                template="reminder",
                words=words,
                subject=f"{newsletter.title} waits for your approval: {issue.subject}",
                to_address=address,
                pictures=(picture,) if picture else (),
            )
            post_letter(site, issue.newsletter, letter, now=now)
        except NewsletterError as error:
            failures.append(error)
            log.warning("%s: cannot remind %s: %s", issue.name, address, error)
    if len(failures) == len(newsletter.editors):
        raise failures[0]


def _picture(site: Site, issue: Issue, now: datetime) -> InlinePicture | None:
    """A screenshot of the issue; None if it cannot be taken, so that the letter is sent anyway."""
    try:
        previewed = preview(site, issue.newsletter, issue.number, as_address=None, now=now)
        content = take_screenshot(previewed.html, site.settings.fetch, now=now)
    except NewsletterError as error:
        log.info("%s: the reminder is sent without a picture: %s", issue.name, error)
        return None
    domain = ascii_domain(site.newsletter(issue.newsletter).sender.domain)
    name = hashlib.sha256(content).hexdigest()[:32]
    return InlinePicture(content=content, kind="image/jpeg", content_id=f"{name}@{domain}")
