"""A site whose sent issue has a story of the sea and one of the hills, each for those who follow it.

`python -m tests.factories.corrections FOLDER NOW BATCH` sends the site's letters until it is killed.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.issues.correction import Correction
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.approve import approve
from newsletter.pipeline.correct import (
    CorrectionRequest,
    approve_correction,
    sent_issue,
    write_correction,
)
from newsletter.pipeline.draft import draft
from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.gather import gather
from newsletter.pipeline.send import send
from newsletter.site.site import Site, open_site
from newsletter.store import correction_letters
from subscribers.tables import subscribers
from tests.factories.runs import HOUR, MONDAY, THURSDAY
from tests.factories.site import make_site

SEA, HILLS = "https://press.example.org/sea", "https://press.example.org/hills"
EDITOR = "ed@example.org"
AFTER = MONDAY + 3 * HOUR
TEXT = "The tide rose by two metres, not by twenty."


def sea_reader(number: int) -> str:
    """One of those who follow the sea."""
    return f"sea{number}@example.org"


def hill_reader(number: int) -> str:
    """One of those who follow the hills."""
    return f"hills{number}@example.org"


def everything_reader(number: int) -> str:
    """One of those who get both stories."""
    return f"all{number}@example.org"


def site_with_two_stories(folder: Path, *, of_each: int = 2, **settings: Any) -> Site:
    """The site, nothing sent yet; `of_each` is how many readers follow the same."""
    readers = tuple(
        reader(number)
        for number in range(of_each)
        for reader in (sea_reader, hill_reader, everything_reader)
    )
    keys = 'personalise = "tags"\n' + settings.pop("keys", "")
    site = make_site(
        folder, now=THURSDAY, readers=readers, keys=keys, min_items=1, approval="hold", **settings
    )
    with site.database.transaction() as connection:
        for tag in ("sea", "hills"):
            connection.execute(
                sa.update(subscribers)
                .where(subscribers.c.address.like(f"{tag}%"))
                .values(follows=f"|{tag}|")
            )
    for number, (tag, url) in enumerate((("sea", SEA), ("hills", HILLS))):
        moment = MONDAY - timedelta(hours=number + 1)
        text = (
            f'---\ntitle: "News of the {tag}"\ndate: {moment.isoformat()}\nurl: {url}\n'
            f"tags: [{tag}]\nsummary: What the {tag} did.\n---\nMuch happened.\n"
        )
        (folder / "articles" / f"{tag}.md").write_text(text, encoding="utf-8")
    return site


def send_two_stories(site: Site) -> Issue:
    """Send the issue to everybody."""
    gather(site, "weekly", now=MONDAY)
    issue = draft(site, "weekly", now=MONDAY)
    approve(site, "weekly", issue.number, now=MONDAY)
    assert send(site, "weekly", issue.number, clock=lambda: MONDAY).issue.state is State.SENT
    return sent_issue(site, "weekly", None)


def correct(site: Site, *, story: str = SEA, text: str = TEXT, new_url: str = "") -> Correction:
    """Write a correction and approve it; its letters wait."""
    issue = sent_issue(site, "weekly", None)
    request = CorrectionRequest(story=story, text=text, new_url=new_url)
    written = write_correction(site, issue, request, editor=EDITOR, now=AFTER)
    return approve_correction(site, issue, written.id, editor=EDITOR, now=AFTER)


def main(folder: str, now: str, batch: str) -> None:
    """Send the letters, which enter the outbox so many at a time."""
    correction_letters.BATCH = int(batch)
    moment = datetime.fromisoformat(now)
    flush(open_site(Path(folder), {}), lambda: moment)


if __name__ == "__main__":
    main(*sys.argv[1:])
