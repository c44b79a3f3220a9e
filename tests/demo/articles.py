"""The sample's invented publications and articles, dated relative to `now`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path

SAMPLE = Path(__file__).parent / "sample"
PICTURE_SIZE = (1200, 675)


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture of an article: its file's name in sample/pictures, and its text."""

    file: str
    alt: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleArticle:
    """One invented article. `path` is where it stands on the sample's server."""

    path: str
    title: str
    by: str
    published: datetime
    tags: tuple[str, ...]
    summary: str
    paragraphs: tuple[str, ...]
    picture: Picture | None

    @property
    def body_html(self) -> str:
        """The paragraphs as HTML."""
        return "".join(f"<p>{escape(text, quote=False)}</p>" for text in self.paragraphs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """One invented publication with its articles, newest first."""

    title: str
    folder: str
    about: str
    articles: tuple[SampleArticle, ...]


def load_publication(name: str, now: datetime) -> Publication:
    """Read sample/feeds/`name`.toml; `hours_ago` counts back from `now`."""
    document = tomllib.loads((SAMPLE / "feeds" / f"{name}.toml").read_text(encoding="utf-8"))
    articles = [
        SampleArticle(
            path=entry.get("url", f"{document['folder']}/{entry.get('slug')}"),
            title=entry["title"],
            by=entry["by"],
            published=now - timedelta(hours=entry["hours_ago"]),
            tags=tuple(entry["tags"]),
            summary=entry["summary"],
            paragraphs=tuple(_paragraphs(entry["body"])),
            picture=Picture(file=f"{entry['picture']}.png", alt=entry["alt"])
            if "picture" in entry
            else None,
        )
        for entry in document["articles"]
    ]
    articles.sort(key=lambda article: article.published, reverse=True)
    return Publication(
        title=document["title"],
        folder=document["folder"],
        about=document["about"],
        articles=tuple(articles),
    )


def _paragraphs(body: str) -> Iterator[str]:
    for block in body.strip().split("\n\n"):
        yield " ".join(block.split())
