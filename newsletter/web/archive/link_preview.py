"""What a page says of itself to programs that show a link with title and picture (Open Graph)."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from newsletter.articles.preview_picture import HEIGHT, WIDTH
from newsletter.issues.issue import Issue
from newsletter.rendering.edition import Edition
from newsletter.rendering.safe_text import web_link


def with_link_preview(
    html: str, issue: Issue, edition: Edition, *, address: str, preview_of: Callable[[str], str]
) -> str:
    """The HTML with the edition's subject, preview text and first picture in its head.

    `address` is the page's canonical URL; `preview_of` gives that of a picture in the right shape.
    """
    images = {item.article.key: item.image for item in issue.items}
    shown = (images.get(key) for key in edition.item_keys)
    picture = next((image for image in shown if image and web_link(image.url)), None)
    properties = {
        "og:type": "article",
        "og:title": edition.subject,
        "og:description": edition.preheader,
        "og:url": address,
        "og:image": preview_of(picture.url) if picture else "",
        "og:image:width": str(WIDTH) if picture else "",
        "og:image:height": str(HEIGHT) if picture else "",
        "og:image:alt": picture.alt if picture else "",
    }
    lines = [
        f'<meta property="{name}" content="{escape(content)}">'
        for name, content in properties.items()
        if content
    ]
    description = f'<meta name="description" content="{escape(edition.preheader)}">'
    card = f'<meta name="twitter:card" content="{"summary_large_image" if picture else "summary"}">'
    head, end, body = html.partition("</head>")
    return "".join((head, *lines, description, card, end, body))
