"""An article as every later room sees it: cleaned, tagged, dated, with a canonical address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Tag:
    """A subject: `slug` is its identity ("data-breach"), `label` what readers see ("data breach")."""

    slug: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """A picture of the article; sizes in CSS pixels where the source states them."""

    url: str
    alt: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """The same story told by another source ("also covered by")."""

    source: str
    title: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Article:
    """One story from one source.

    `key` is the story's for ever once it has been gathered (`store/stories.py`); before, it is
    the canonical URL, or, where a source gives none, a hash of what it does give. `entry_id` is
    the source's own id for it (guid, Atom id, JSON Feed id). `summary` and `body_text` are plain text; `body_html` is
    sanitised. `published` is aware; `dated` is False when the source gave no date, and
    `published` is only the moment of this reading. `also` holds the other sources' tellings
    after merging, `merged_keys` their keys.
    """

    key: str
    url: str
    title: str
    source: str
    published: datetime
    dated: bool = True
    summary: str = ""
    body_html: str = ""
    body_text: str = ""
    tags: tuple[Tag, ...] = ()
    author: str = ""
    agency: str = ""
    image: Image | None = None
    also: tuple[Coverage, ...] = ()
    merged_keys: tuple[str, ...] = ()
    entry_id: str = ""

    @property
    def keys(self) -> frozenset[str]:
        """The keys of every telling of this story."""
        return frozenset((self.key, *self.merged_keys))
