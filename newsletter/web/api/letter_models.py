"""What the API takes and returns about dated letters."""

from __future__ import annotations

from datetime import datetime

from newsletter.web.api.models import Given, Taken


class WriteLetter(Taken):
    """A letter's words: the subject, the text in Markdown, and on which day after confirming."""

    days: int
    subject: str
    text: str


class LetterVersionDocument(Given):
    """A letter's words as they were written at a time."""

    days: int
    subject: str
    text: str
    written_at: datetime
    written_by: str


class LetterDocument(Given):
    """A letter to new readers, its mail, and how many of them it came to in each state.

    `is_current` is false if the newsletter's name, address or language changed since it was
    written; write it again to take that over. `versions` is empty in a list.
    """

    id: int
    letter: str
    days: int
    subject: str
    text: str
    written_at: datetime
    written_by: str
    mail_text: str
    is_current: bool
    readers: dict[str, int]
    versions: list[LetterVersionDocument]


class LetterList(Given):
    """A newsletter's letters, by their days.

    `comes_every_week`: issues are due in every coming week, so that the letters are hardly ever sent.
    """

    letters: list[LetterDocument]
    comes_every_week: bool


class LetterDeleted(Given):
    """A letter that goes to nobody any more."""

    newsletter: str
    id: int
