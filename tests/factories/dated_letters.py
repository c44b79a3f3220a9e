"""A site with a dated letter, and readers who confirm.

`python -m tests.factories.dated_letters FOLDER NOW BATCH` does the site's jobs until it is killed.
"""

from __future__ import annotations

import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter.issues.dated_letter import LetterState
from newsletter.pipeline.dated_letters import LetterWords, ShownLetter, shown_letter, write_letter
from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.letter_decisions import serve_letters
from newsletter.site.site import Site, open_site
from newsletter.store import letter_ledger
from subscribers import consent, people
from subscribers.history import Way
from tests.factories.runs import THURSDAY
from tests.factories.site import make_site

EDITOR = "ed@example.org"
SUBJECT = "What you may have missed"
TEXT = (
    "Dear reader,\n\nthese *three* stories are worth [your time](https://press.example.org/three)."
)
MONTHLY = "0 7 1 * *"
READER = "new@example.org"


def letters_site(folder: Path, **settings: Any) -> Site:
    """A site whose newsletter comes on the first of each month, without readers."""
    values = {"schedule": MONTHLY, "min_items": 1, "readers": (), **settings}
    return make_site(folder, now=THURSDAY, **values)


def write(
    site: Site, days: int = 3, *, subject: str = SUBJECT, text: str = TEXT, now: datetime = THURSDAY,
    number: int | None = None,
) -> int:  # fmt: skip
    """Keep a letter; returns its id."""
    words = LetterWords(days=days, subject=subject, text=text)
    return write_letter(site, "weekly", words, number=number, editor=EDITOR, now=now).letter.id


def confirm(site: Site, *addresses: str, at: datetime = THURSDAY) -> None:
    """These readers ask to join, and confirm at once; no mail of that is kept."""
    with site.database.transaction() as connection:
        for address in addresses:
            request = consent.JoinRequest(address=address, list_slug="weekly", way=Way.PAGE)
            consent.ask_to_join(connection, request, at)
            number = people.find(connection, address).id
            assert consent.confirm(connection, number, "weekly", way=Way.PAGE, now=at)


def serve(site: Site, now: datetime) -> None:
    """Decide what is due at that moment, and send it."""
    serve_letters(site, lambda: now, threading.Event())
    flush(site, lambda: now)


def counts(site: Site, number: int) -> dict[str, int]:
    """How many readers of the letter are in each state that anybody is in."""
    by_state = shown(site, number).counts.by_state
    return {state.value: count for state, count in by_state.items() if count}


def shown(site: Site, number: int) -> ShownLetter:
    """The letter as its editors see it."""
    return shown_letter(site, "weekly", number)


def of(**states: int) -> dict[str, int]:
    """The counts as `counts` gives them."""
    return {LetterState(name).value: count for name, count in states.items()}


def main(folder: str, now: str, batch: str) -> None:
    """Do the jobs, so many readers at a time."""
    letter_ledger.BATCH = int(batch)
    site, moment = open_site(Path(folder), {}), datetime.fromisoformat(now)
    while True:
        serve(site, moment)


if __name__ == "__main__":
    main(*sys.argv[1:])
