"""Prepares the pictures and embeds of an article's HTML for showing the article whole.

A page shows pictures by script, in several sizes, and beside icons and tracking pixels; and it
embeds players that no mail can run. Here each real picture becomes one plain `img`, and each embed
a link, with its still picture where the address tells it.
"""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

from newsletter.articles.pictures import choose, pictures_in
from newsletter.articles.sanitize import MAX_HTML
from newsletter.articles.urls import absolute_url

_MEDIA = re.compile(
    r"<picture\b(?:(?!<picture\b).){0,8000}?</picture\s*>|<(?:img|amp-img)\b[^<>]{1,8000}>",
    re.IGNORECASE | re.DOTALL,
)
_EMBED = re.compile(
    r"<(?P<name>iframe|video|audio|amp-youtube|embed)\b(?P<attributes>[^<>]{0,4000})>"
    r"(?:(?P<inner>(?:(?!<(?:iframe|video|audio)\b).){0,4000}?)</(?P=name)\s*>)?",
    re.IGNORECASE | re.DOTALL,
)
# Lazy loading puts the real picture here; a parser with scripts drops the element.
_NOSCRIPT = re.compile(r"<noscript>\s*(<img\b[^<>]{1,8000}>)\s*</noscript>", re.IGNORECASE)
_SHOWN_ELSEWHERE = re.compile(
    r"<(?:img|picture|table|iframe|video|audio|amp-|embed)", re.IGNORECASE
)
_ATTRIBUTE = re.compile(r"""([\w:-]{1,40})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_YOUTUBE = re.compile(
    r"(?:youtube(?:-nocookie)?\.com/(?:embed/|v/|watch\?v=|shorts/)|youtu\.be/)([\w-]{11})\b"
)
_VIMEO = re.compile(r"player\.vimeo\.com/video/(\d{4,12})")
_NO_EMBED = re.compile(
    r"doubleclick|googlesyndication|/ads?[/.?]|amazon-adsystem|facebook\.com/plugins/(?:like|share)"
    r"|googletagmanager|recaptcha|addthis|sharethis"
)


def has_media(source: str) -> bool:
    """Whether the HTML has pictures, tables or embeds, which a summary does not show."""
    return _SHOWN_ELSEWHERE.search(source) is not None


def with_plain_media(source: str, base: str) -> str:
    """The HTML, not yet sanitised, with one `img` for each real picture, and links for embeds."""
    seen: set[str] = set()

    def picture(found: re.Match[str]) -> str:
        image, _source, _others = choose(tuple(pictures_in(found[0], base)))
        if image is None or image.url in seen:
            return ""
        seen.add(image.url)
        sizes = ((name, getattr(image, name)) for name in ("width", "height"))
        stated = "".join(f' {name}="{size}"' for name, size in sizes if size)
        return f'<img src="{html.escape(image.url)}" alt="{html.escape(image.alt)}"{stated}>'

    source = _NOSCRIPT.sub(r"\1", source[:MAX_HTML])
    source = _MEDIA.sub(picture, source)
    return _EMBED.sub(lambda found: _linked(found, base), source)


def _linked(found: re.Match[str], base: str) -> str:
    """The embed as a link in a paragraph of its own; "" for an advertisement."""
    attributes = {
        name.lower(): html.unescape(double or single or bare).strip()
        for name, double, single, bare in _ATTRIBUTE.findall(
            f"{found['attributes']} {found['inner'] or ''}"
        )
    }
    address = attributes.get("src") or attributes.get("data-src") or ""
    if found["name"].lower() == "amp-youtube":
        address = f"https://youtu.be/{attributes.get('data-videoid', '')}"
    url = absolute_url(base, address) if address else ""
    if not url or _NO_EMBED.search(url):
        return ""
    still = absolute_url(base, attributes["poster"]) if attributes.get("poster") else ""
    if youtube := _YOUTUBE.search(url):
        url = f"https://www.youtube.com/watch?v={youtube[1]}"
        still = f"https://i.ytimg.com/vi/{youtube[1]}/hqdefault.jpg"
        sizes = ' width="480" height="360"'
    else:
        vimeo = _VIMEO.search(url)
        url = f"https://vimeo.com/{vimeo[1]}" if vimeo else url
        sizes = ""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    words = html.escape(attributes.get("title") or host)
    shown = f'<img src="{html.escape(still)}" alt=""{sizes}><br>' if still else ""
    return f'<p><a href="{html.escape(url)}">{shown}▶ {words}</a></p>'
