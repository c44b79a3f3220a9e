"""The result of rendering: an edition with its slots open."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from newsletter.issues.issue import LeftOut
from newsletter.rendering.counted_links import CountedLink, with_direct_links


class Slot(StrEnum):
    """A place in a rendered edition that is filled per recipient."""

    UNSUBSCRIBE = "unsubscribe"  # https link to the reader's unsubscribe page
    PREFERENCES = "preferences"  # https link to the reader's preferences page
    NAME = "name"  # the reader's name, or "" where unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """An issue as one distinct set of items, rendered once for all its readers.

    `key` identifies the item set (see `edition_key`); `html` and `text` hold slot sentinels
    made with `nonce` (rendering/slots.py). `item_keys` are its items in reading order, and
    `left_out` the requested items that could not be rendered. `links` are the links whose
    clicks are counted; a frozen edition has those of its whole issue. An edition contains no
    data about readers.
    """

    key: str
    nonce: str
    subject: str
    preheader: str
    html: str
    text: str
    language: str
    item_keys: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()
    links: tuple[CountedLink, ...] = ()

    @property
    def uncounted(self) -> Edition:
        """The edition with direct links, for the archive and the desk, where clicks do not count."""
        return replace(
            self,
            html=with_direct_links(self.html, self.links, in_html=True),
            text=with_direct_links(self.text, self.links, in_html=False),
            links=(),
        )

    @property
    def sha256(self) -> str:
        """The hash that approval freezes: over subject, HTML and text."""
        digest = hashlib.sha256()
        for part in (self.subject, self.html, self.text):
            digest.update(part.encode())
            digest.update(b"\0")
        return digest.hexdigest()


def mail_edition(
    *, nonce: str, subject: str, html: str, text: str, language: str, items: Iterable[str] = ()
) -> Edition:
    """A frozen mail that is not an issue's, such as a correction: it has neither key nor preheader."""
    return Edition(
        key="",
        nonce=nonce,
        subject=subject,
        preheader="",
        html=html,
        text=text,
        language=language,
        item_keys=tuple(items),
    )


def edition_key(item_keys: Iterable[str]) -> str:
    """A short identifier of a set of items; readers with the same set share an edition."""
    return hashlib.sha256("\n".join(sorted(item_keys)).encode()).hexdigest()[:16]
