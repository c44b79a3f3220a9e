"""Parses a web page whose links are wanted, and says where its relative addresses start."""

from __future__ import annotations

import re
from typing import Any

from newsletter.articles.decoding import decode
from newsletter.articles.urls import absolute_url


def html_page(body: bytes, content_type: str) -> Any | None:
    """The elements of the page; None for what is not HTML, such as an empty page or comments alone."""
    import lxml.html  # slow to load

    text = re.sub(r"\A\s*<\?xml[^>]*>", "", decode(body, content_type).text)
    try:
        return lxml.html.document_fromstring(text)
    except (ValueError, lxml.etree.LxmlError):
        return None


def base_of(page: Any, url: str) -> str:
    """The address at which the page's relative addresses start; `url` is its own."""
    bases = [element.get("href") or "" for element in page.iter("base")]
    return absolute_url(url, bases[0] if bases else "") or url
