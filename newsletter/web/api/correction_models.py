"""What the API takes and returns about corrections of stories in sent issues."""

from __future__ import annotations

from datetime import datetime

from newsletter.web.api.models import Given, Taken


class WriteCorrection(Taken):
    """A correction of one story: its key, its address or a part of its headline.

    With a `text` those who got the story are mailed once it is approved; `link` takes the place of
    the story's link. One of them may be empty.
    """

    story: str
    text: str = ""
    link: str = ""


class CorrectionDocument(Given):
    """A correction, and its mail.

    `readers` is how many get the mail: before the approval those who would now, after it those
    whose mails have been written so far. Of these, `accepted`, `waiting`, `unknown` and
    `not_accepted` say what became of them; `is_whole` is true once all are written.
    """

    id: int
    issue: str
    story: str
    headline: str
    text: str
    link: str
    written_at: datetime
    written_by: str
    approved_at: datetime | None
    approved_by: str
    subject: str
    mail_text: str
    readers: int
    is_whole: bool
    accepted: int
    waiting: int
    unknown: int
    not_accepted: int


class CorrectionList(Given):
    """The corrections of an issue, oldest first."""

    corrections: list[CorrectionDocument]


class Discarded(Given):
    """A correction that was discarded."""

    issue: str
    id: int
