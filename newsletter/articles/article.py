"""An article as later stages use it: cleaned, tagged, dated, with a canonical address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.provenance import FieldSource

WORDS_PER_MINUTE = 230
SIGNS_PER_MINUTE = 500
"""The reading speed in Chinese and Japanese, whose words `words` counts by characters."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tag:
    """A subject: `slug` is its identity ("data-breach"), `label` what readers see ("data breach")."""

    slug: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """A picture of the article; sizes are in CSS pixels, None where the source gives none.

    `answers` is None until the picture has been fetched once; `type` and `octets` are what it then
    was, and it `moves` if it is an animation.
    """

    url: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    type: str = ""
    octets: int | None = None
    answers: bool | None = None
    moves: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Enclosure:
    """A file that belongs to the article, such as a podcast's episode.

    `length` is in bytes, `seconds` how long it plays; both are None where the source does not say.
    """

    url: str
    type: str = ""
    length: int | None = None
    seconds: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """The same story at another source ("also covered by")."""

    source: str
    title: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Article:
    """One story from one source.

    `key` is the permanent key of the story once it has been gathered (`store/stories.py`). Before
    that it is the canonical URL, or a hash of the entry if the source gives no URL. `entry_id` is
    the source's own id for the entry (guid, Atom id, JSON Feed id). `summary` and `body_text` are
    plain text; `body_html` is sanitised. `published` is aware. `dated` is False when the source
    gave no date; `published` is then the moment of this reading. `language` is its BCP 47 tag, ""
    if unknown. `words` counts those of the text. `provenance` says where the fields came from. `other_images` are the entry's other pictures,
    in case the first does not answer; they are not stored.
    After merging, `also` holds the versions of the other sources, and `merged_keys` their keys.
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
    language: str = ""
    words: int = 0
    enclosure: Enclosure | None = None
    provenance: tuple[FieldSource, ...] = ()
    other_images: tuple[Image, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all versions of this story."""
        return frozenset((self.key, *self.merged_keys))

    @property
    def minutes(self) -> int:
        """How long it takes to read; 0 if there is no text."""
        by_signs = self.language.partition("-")[0] in ("zh", "ja")
        return -(-self.words // (SIGNS_PER_MINUTE if by_signs else WORDS_PER_MINUTE))
