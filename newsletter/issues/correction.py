"""A correction of a story in a sent issue: what was wrong, and where its link leads now. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from newsletter.issues.issue import Issue, Item


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """A correction of one story, as an editor wrote it.

    `story` is the story's key; `headline` and `url` are those that readers saw, `url` is "" for a
    story without a link. `new_url` takes the place of `url`, "" if the link stays. A correction
    without a `text` only replaces the link, and nobody is written to. `approved_at` is None until
    a publisher approves it; from then on it is public and its mail goes out.
    """

    id: int
    newsletter: str
    number: int
    story: str
    headline: str
    url: str
    text: str
    new_url: str
    written_at: datetime
    written_by: str
    approved_at: datetime | None = None
    approved_by: str = ""

    @property
    def issue(self) -> str:
        """The issue's name, such as `weekly/12`."""
        return f"{self.newsletter}/{self.number}"

    @property
    def is_approved(self) -> bool:
        """Whether it is public."""
        return self.approved_at is not None

    @property
    def goes_out(self) -> bool:
        """Whether readers get a mail about it."""
        return bool(self.text)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplacedLink:
    """An approved correction's link: `url` is the one that the `story` had."""

    story: str
    url: str
    new_url: str


def new_urls(
    replaced: Iterable[ReplacedLink], own: Mapping[str, Collection[str]]
) -> Mapping[str, str]:
    """Where replaced links lead; of the links replaced in turn, the last one counts.

    `own` are the stories of an issue by their own link. If that is a replaced one, and only other
    stories have it, it stays: somebody may have given a story another one's link by mistake.
    """
    return {one.url: one.new_url for one in replaced if one.story in own.get(one.url, (one.story,))}


def with_same_words(
    corrections: Iterable[Correction], *, story: str, text: str, new_url: str
) -> Correction | None:
    """The correction, of these in their order, that says the same, so that it is sent once.

    Where only the link is replaced the last one counts: a link may go back to where it led before.
    """
    ours = [one for one in corrections if one.story == story]
    if not text:
        ours = [one for one in ours if one.new_url][-1:]
    return next((one for one in ours if (one.text, one.new_url) == (text, new_url)), None)


def is_public(issue: Issue, item: Item) -> bool:
    """Whether anybody may see the item in the archive: neither issue nor section is for some only."""
    selection = issue.selection
    sections = {rule.title for rule in selection.rules}
    return (selection.is_everyone or bool(selection.public)) and item.section not in sections
