"""feedparser, with what it does not keep: every author as written, pictures of items, YouTube's text.

It parses a document strictly and, if it is not well-formed, once more loosely. feedparser's own
`parse` does the same, but fetches addresses, opens files, and offers no place for handlers.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any
from xml import sax
from xml.sax import handler
from xml.sax.xmlreader import InputSource

from feedparser.api import LooseFeedParser, StrictFeedParser

_HTML = frozenset(["p", "b", "i", "em", "strong", "span", "a", "div", "br", "small", "u"])
_NAMES = frozenset(["author", "category", "name"])


class _Handlers:
    """Handlers of elements that feedparser reads differently, or not at all.

    `unknown_starttag` finds a handler by the name of its element; `push` and `pop` collect text.
    """

    element = ""
    """The name of the last element that began."""
    shown: Any = None
    """The attributes of the media:content that is open: what stands in it is about the picture alone."""

    def unknown_starttag(self: Any, tag: str, attributes: object) -> None:
        """Note the name of the element before its handler runs; markup within a name is left out."""
        if not self._within_name(tag):
            self.element = tag
            super().unknown_starttag(tag, attributes)  # type: ignore[misc]

    def unknown_endtag(self: Any, tag: str) -> None:
        """End an element, unless its start was left out."""
        if not self._within_name(tag):
            super().unknown_endtag(tag)  # type: ignore[misc]

    def _within_name(self: Any, tag: str) -> bool:
        """Whether the element is HTML that was not escaped, in the name of a person or category."""
        return tag in _HTML and bool(self.elementstack) and self.elementstack[-1][0] in _NAMES

    def push(self: Any, element: str, expecting_text: int) -> None:
        """Note which element of the feed gives each field of an entry, the first of several."""
        if self.inentry and self.entries:
            self.entries[-1].setdefault("element_names", {}).setdefault(element, self.element)
        super().push(element, expecting_text)  # type: ignore[misc]

    def _start_media_description(self: Any, _attributes: object) -> None:
        # feedparser takes it for the summary, or the body, of the entry.
        self.push("media_text", 1)

    def _end_media_description(self: Any) -> None:
        text = self.pop("media_text")
        if self.shown is not None and _is_picture(self.shown):
            self.shown["said"] = text
            self._get_context().pop("media_text", None)

    def _start_media_content(self: Any, attributes: Any) -> None:
        super()._start_media_content(attributes)  # type: ignore[misc]
        self.shown = attributes

    def _end_media_content(self: Any) -> None:
        self.shown = None

    def _start_media_title(self: Any, attributes: object) -> None:
        if self.shown is None:
            super()._start_media_title(attributes)  # type: ignore[misc]
        else:
            self.push("media_name", 1)

    def _end_media_title(self: Any) -> None:
        if self.shown is None:
            super()._end_media_title()  # type: ignore[misc]
        else:
            self.shown["name"] = self.pop("media_name")

    def _end_author(self: Any) -> None:
        text = self.pop("author")
        self.inauthor = 0
        people = self._get_context().get("authors")
        if people and text:
            people[-1]["text"] = text

    def _sync_author_detail(self: Any, key: str = "author") -> None:
        """feedparser cuts the names out of texts here, and knows no domain as long as .online."""

    def _end_image(self: Any) -> None:
        text = self.pop("image")
        self.inimage = 0
        if self.inentry and text:
            self.entries[-1]["image_address"] = text


def _is_picture(attributes: Any) -> bool:
    kind = f"{attributes.get('medium', '')} {attributes.get('type', '')}"
    return "image" in kind.lower()


# feedparser publishes no types.
class _Strict(_Handlers, StrictFeedParser):  # type: ignore[misc]
    pass


class _Loose(_Handlers, LooseFeedParser):  # type: ignore[misc]
    pass


def parse_document(body: bytes) -> tuple[Any, sax.SAXException | None]:
    """The state of feedparser after reading UTF-8, and why the document is not well-formed XML.

    Its `feeddata` is the feed's own element, `entries` are its entries, `version` is its format.
    """
    parser = _prepared(_Strict(None, None, "utf-8"))
    reader = sax.make_parser()  # noqa: S317 - the document declares no entities, and none are fetched
    reader.setFeature(handler.feature_namespaces, True)
    reader.setFeature(handler.feature_external_ges, False)
    reader.setContentHandler(parser)
    reader.setErrorHandler(parser)
    source = InputSource()
    source.setByteStream(BytesIO(body))
    try:
        reader.parse(source)
    except sax.SAXException as error:
        loose = _prepared(_Loose(None, None, "utf-8", {}))
        loose.feed(body.decode("utf-8", "replace"))
        return loose, error
    return parser, None


def _prepared(parser: Any) -> Any:
    """Addresses are resolved, and HTML is sanitised, when an article is made."""
    parser.resolve_relative_uris = False
    parser.sanitize_html = False
    return parser
