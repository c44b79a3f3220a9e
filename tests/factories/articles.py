"""Articles with sensible defaults: a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime

from newsletter.articles.article import Article, Coverage, Image, Tag

PUBLISHED = datetime(2026, 5, 4, 7, 0, tzinfo=UTC)


def an_article(
    title: str = "Harbour bridge reopens after repairs",
    *,
    url: str | None = None,
    key: str | None = None,
    source: str = "Example News",
    published: datetime = PUBLISHED,
    dated: bool = True,
    summary: str = "The bridge is open again.",
    body_html: str = "<p>The bridge is open again.</p>",
    body_text: str = "The bridge is open again.",
    tags: tuple[str, ...] = ("local",),
    author: str = "",
    agency: str = "",
    image: Image | None = None,
    also: tuple[Coverage, ...] = (),
    merged_keys: tuple[str, ...] = (),
) -> Article:
    """An article; its URL follows from the title, its key from the URL."""
    slug = title.lower().replace(" ", "-")
    address = f"https://example.org/{slug}" if url is None else url
    return Article(
        key=key or address or f"sha256:{slug}",
        url=address,
        title=title,
        source=source,
        published=published,
        dated=dated,
        summary=summary,
        body_html=body_html,
        body_text=body_text,
        tags=tuple(Tag(slug=tag, label=tag.replace("-", " ")) for tag in tags),
        author=author,
        agency=agency,
        image=image,
        also=also,
        merged_keys=merged_keys,
    )
