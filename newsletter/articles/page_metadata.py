"""What a page says about its article for machines: meta elements, JSON-LD, links and microdata."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from newsletter.articles.article import Image
from newsletter.articles.dates import read_date, read_date_line
from newsletter.articles.entries import picture
from newsletter.articles.json_ld import (
    Node,
    decoded,
    is_article,
    names,
    read_json_ld,
    strings,
    types_of,
)
from newsletter.articles.page_titles import title_without_site
from newsletter.articles.sanitize import one_line
from newsletter.articles.urls import canonical_url

if TYPE_CHECKING:
    import lxml.html

MAX_SCRIPTS = 200
"""JSON-LD scripts of a page that are read; a page that has more is not written by hand."""

_PUBLISHED = (
    *("article:published_time", "og:published_time", "datepublished", "date", "dc.date"),
    *("dc.date.issued", "dcterms.created", "dcterms.issued", "dcterms.date", "parsely-pub-date"),
    *("sailthru.date", "pubdate", "publishdate", "publish-date", "publication_date"),
    *("cxenseparse:recs:publishtime", "citation_publication_date", "citation_date"),
)
_AUTHORS = (
    *("author", "article:author", "parsely-author", "sailthru.author", "dc.creator"),
    *("dcterms.creator", "citation_author", "byl", "cxenseparse:author"),
)


_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")


@dataclass(frozen=True, kw_only=True, slots=True)
class PageMetadata:
    """The metadata in the markup of a page.

    `articles` are the JSON-LD objects of articles, that of the page first; `nodes` are all objects.
    """

    tree: lxml.html.HtmlElement
    metas: dict[str, list[str]]
    nodes: tuple[Node, ...]
    articles: tuple[Node, ...]

    def meta(self, *keys: str) -> str:
        """The content of the first meta element of these names, or ""."""
        return next((text for key in keys for text in self.metas.get(key, ())), "")

    def stated_addresses(self) -> list[str]:
        """The addresses that the page states for itself, the most reliable first."""
        links = [link.get("href") or "" for link in self.tree.iterfind(".//link[@rel='canonical']")]
        return [*links, self.meta("og:url")]

    def site(self) -> str:
        """The name that the site gives itself."""
        return one_line(self.meta("og:site_name") or next(iter(self._site_names()), ""), 100)

    def title(self, url: str, otherwise: str) -> str:
        """The headline without the name of the site; `otherwise` is taken where none is stated."""
        from urllib.parse import urlsplit

        headline = next(iter(self._data("headline")), "")
        shared = decoded(self.meta("og:title", "twitter:title"))
        # JSON-LD sometimes has the headline cut to 110 characters.
        cut = headline.rstrip("….")
        if headline != cut and shared.startswith(cut.rstrip()):
            headline = shared
        host = (urlsplit(url).hostname or "").removeprefix("www.")
        short = self.meta("application-name", "apple-mobile-web-app-title", "al:ios:app_name")
        sites = (self.meta("og:site_name"), short, host, *self._site_names())
        heading = self.tree.find(".//h1")
        own = one_line(heading.text_content()) if heading is not None else ""
        title = one_line(headline or shared or decoded(otherwise))
        return title_without_site(title, sites=sites, heading=own)

    def author(self) -> str:
        """The names of all authors, with the apostrophe that print has: O’Neil."""
        stated = [name for node in self.articles for name in names(node.get("author"), self.nodes)]
        if not stated:
            metas = (decoded(text) for key in _AUTHORS for text in self.metas.get(key, ()))
            stated = [name for name in metas if not re.match(r"https?://|[@/]|\S+@\S+\Z", name)]
            stated = stated if self.metas.get("citation_author") else stated[:1]
        own = {self.meta("og:site_name").casefold(), *map(str.casefold, self._site_names())}
        people = [name for name in stated if name.casefold() not in own]
        return _APOSTROPHE.sub("’", ", ".join(dict.fromkeys(people or stated)))

    def agency(self) -> str:
        """The organisation that the story comes from, if the page states it."""
        keys = ("sourceOrganization", "provider")
        found = (
            name
            for node in self.articles
            for key in keys
            for name in names(node.get(key), self.nodes)
        )
        return one_line(next(found, ""), 100)

    def published(self) -> datetime | None:
        """The date of publication; None if the page states none."""
        times = [
            element.get("datetime") or ""
            for element in self.tree.iterfind(".//time[@datetime]")
            if element.get("pubdate") is not None
            or "publish" in (element.get("itemprop") or element.get("class") or "").lower()
        ]
        metas = (text for key in _PUBLISHED for text in self.metas.get(key, ()))
        for text in (*self._data("datePublished"), *metas, *times[:20]):
            moment = read_date(text) or read_date_line(text[:60])
            if moment:
                return moment
        return None

    def language(self) -> str:
        """The code of the page's language, such as "de" or "pt-br"; "" if it states none."""
        root = self.tree.getroottree().getroot()
        stated = (
            root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "",
            *self._data("inLanguage"),
            self.meta("og:locale", "content-language", "dc.language", "language"),
        )
        codes = (text.strip().replace("_", "-").lower() for text in stated)
        return next(
            (code for code in codes if re.fullmatch(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*", code)), ""
        )

    def labels(self) -> tuple[str, ...]:
        """Tags from JSON-LD, meta elements and links with rel=tag, the most specific first."""
        keywords = [label for node in self.articles for label in _labels(node.get("keywords"))]
        metas = [
            label
            for key in ("article:tag", "news_keywords", "keywords", "parsely-tags")
            for label in _labels(self.metas.get(key, []))
        ]
        linked = [
            one_line(link.text_content(), 60)
            for link in self.tree.iterfind(".//a[@rel]")
            if "tag" in (link.get("rel") or "").lower().split()
        ]
        sections = [
            label for node in self.articles for label in _labels(node.get("articleSection"))
        ]
        sections += _labels(self.metas.get("article:section", []))
        return tuple(dict.fromkeys((*keywords, *metas, *linked, *sections)))

    def image(self, url: str) -> Image | None:
        """The picture that the page offers for sharing."""
        address = self.meta(
            "og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"
        )
        if address:
            return picture(
                address,
                url,
                alt=decoded(self.meta("og:image:alt", "twitter:image:alt")),
                width=self.meta("og:image:width"),
                height=self.meta("og:image:height"),
            )
        pictures = (
            _picture(node.get(key), url)
            for node in self.articles
            for key in ("image", "thumbnailUrl")
        )
        return next(filter(None, pictures), None)

    def summary(self) -> str:
        """The deck or description of the article."""
        stated = self.meta("og:description", "description", "twitter:description", "dc.description")
        return decoded(stated or next(iter(self._data("description")), ""))

    def body_text(self) -> str:
        """The whole text of the article, where the page states it for machines."""
        return max(self._data("articleBody"), key=len, default="")

    def for_subscribers_only(self) -> bool:
        """Whether the page says that its article is not free to read."""
        free = [node.get("isAccessibleForFree") for node in self.articles]
        locked = any(str(value).casefold() == "false" for value in free if value is not None)
        return locked or self.meta("article:content_tier").casefold() == "locked"

    def _site_names(self) -> list[str]:
        publishers = [
            name for node in self.articles for name in names(node.get("publisher"), self.nodes)
        ]
        sites = [
            name
            for node in self.nodes
            if {"WebSite", "NewsMediaOrganization"} & set(types_of(node))
            for name in (*strings(node.get("name")), *strings(node.get("alternateName")))
        ]
        return [*publishers, *sites]

    def _data(self, key: str) -> list[str]:
        return [text for node in self.articles for text in strings(node.get(key))]


def read_metadata(tree: lxml.html.HtmlElement, url: str) -> PageMetadata:
    """The metadata of a parsed page, which was fetched from `url`."""
    metas: defaultdict[str, list[str]] = defaultdict(list)
    for element in tree.iterfind(".//meta"):
        content = (element.get("content") or "").strip()
        keys = {
            element.get("property"),
            element.get("name"),
            element.get("itemprop"),
            element.get("http-equiv"),
        }
        for words in filter(None, keys):
            for key in words.lower().split() if content else ():
                metas[key].append(content)
    scripts = [
        script.text_content()
        for script in tree.iterfind(".//script[@type]")
        if (script.get("type") or "").lower().strip().startswith("application/ld+json")
    ]
    nodes = tuple(node for text in scripts[:MAX_SCRIPTS] for node in read_json_ld(text))
    articles = _of_page([node for node in nodes if is_article(node)], url)
    return PageMetadata(tree=tree, metas=dict(metas), nodes=nodes, articles=articles)


def _of_page(articles: list[Node], url: str) -> tuple[Node, ...]:
    """The objects about the article of the page, without those of other articles that it lists."""
    ordered = sorted(articles, key=lambda node: not _is_of(node, url))
    first = ordered[0] if ordered else {}
    return tuple(
        node
        for node in ordered
        if node is first
        or _is_of(node, url)
        or (strings(node.get("headline")) == strings(first.get("headline")))
    )


def _is_of(node: Node, url: str) -> bool:
    """Whether the object says that it is about the page at `url`."""
    page = node.get("mainEntityOfPage")
    stated = [*strings(node.get("url")), *strings(node.get("@id"))]
    stated += strings(page.get("@id")) if isinstance(page, dict) else strings(page)
    here = canonical_url(url).partition("#")[0]
    return any(canonical_url(address.partition("#")[0]) == here for address in stated if here)


def _labels(value: Any) -> list[str]:
    """The labels of a list, or of a text that has them between commas, semicolons or bars."""
    texts = [one_line(text, 2000) for text in strings(value)]
    if len(texts) > 1:  # a list: its labels may have commas themselves
        return [text for text in texts if text]
    return list(_split(texts))


def _split(texts: Iterable[str]) -> Iterator[str]:
    parts = (part.strip() for text in texts for part in re.split(r"[,;|、，；،؛]", text))
    return (part for part in parts if part)


def _picture(value: Any, url: str) -> Image | None:
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict):
        address = first.get("url") or first.get("contentUrl") or first.get("@id") or ""
        caption = first.get("caption")
        return picture(
            str(address[0] if isinstance(address, list) and address else address),
            url,
            alt=caption if isinstance(caption, str) else "",
            width=_size(first.get("width")),
            height=_size(first.get("height")),
        )
    return picture(first, url) if isinstance(first, str) else None


def _size(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value
