"""Makes entries of what feedparser found: which of several elements each field is read from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from newsletter.articles.article import Enclosure
from newsletter.articles.bylines import is_agency, is_name, split_byline
from newsletter.articles.entries import Entry, Origin
from newsletter.articles.entry_text import unescaped, unescaped_line
from newsletter.articles.feed_authors import author_names
from newsletter.articles.feed_dates import DateHabits, habits_of, read_feed_date
from newsletter.articles.feed_labels import labels_of
from newsletter.articles.pictures import Candidate, pixels
from newsletter.articles.producers import own_title, unwrapped
from newsletter.articles.provenance import FieldSource
from newsletter.articles.sanitize import one_line, paragraphs_html, plain_text
from newsletter.articles.urls import absolute_url, is_web_address

DATES = ("published", "updated", "created", "prism_publicationdate")
"""In the order of trust; feedparser's names for pubDate and issued, dc:date and modified, created."""
_SPELLINGS = {"pubdate": "pubDate", "prism_publicationdate": "prism:publicationDate"}
"""How feeds write the names that feedparser writes in lower case."""
_MARKED = re.compile(r"</(?:b|i|em|strong|p|span|a|code|sup|sub|u|font|div)>", re.IGNORECASE)
"""The end of an element that titles have, and that no title is about."""
_PLAYED = re.compile(
    r"\.(?:mp3|m4a|m4b|ogg|oga|opus|aac|flac|wav|mp4|m4v|webm|mov)(?:[?#]|\Z)", re.IGNORECASE
)
_A_PHRASE = 3
"""Words from which on a picture's title says what it shows."""
_ENDING = re.compile(r"\.(?:jpe?g|png|gif|webp)(?:[?#]|\Z)", re.IGNORECASE)


class EntryReader:
    """Reads the entries of one feed; `feed` is its own element as feedparser keeps it.

    In an `atom` feed, the feed's author is that of each entry without an author of its own.
    """

    def __init__(self, feed: Mapping[str, Any], url: str, origin: Origin, *, atom: bool) -> None:
        self._feed = feed
        self._url = url
        self._origin = origin
        self._language = str(feed.get("language") or "")
        self._writer = _writer_of(feed) if atom else ""
        self._habits = DateHabits(language=self._language, zone=origin.zone)

    def read(self, entries: Iterable[Any]) -> tuple[Entry, ...]:
        """The entries, in their order."""
        raws = list(entries)
        dates = [text for raw in (*raws, self._feed) for _name, text in _dates(raw)]
        self._habits = habits_of(dates, language=self._language, zone=self._origin.zone)
        return tuple(self._entry(raw) for raw in raws)

    def _entry(self, raw: Any) -> Entry:
        link, link_place = self._link(raw)
        body, summary, base, place = self._texts(raw, link)
        author, agency = split_byline(author_names(_people(raw)))
        own = bool(author or agency)
        author = author if own else self._writer
        published, date_place = self._date(raw)
        given = raw.get("source")
        publisher = one_line(str(given.get("title") or "") if given else "", 100)
        title = _title(raw, publisher)
        if _is_only(body, title, publisher):
            body = summary = ""
        return Entry(
            id=one_line(str(raw.get("id") or ""), 1000),
            url=link,
            title=title,
            summary=summary,
            body=body,
            base=base,
            published=published,
            author=author,
            agency=agency or publisher,
            labels=labels_of(
                (str(tag.get("label") or tag.get("term") or "") for tag in raw.get("tags") or ()),
                self._origin.vocabulary,
            ),
            pictures=tuple(_pictures(raw, base)),
            enclosure=_enclosure(raw, base),
            language=_language(raw) or self._language,
            found=tuple(
                FieldSource(field=field, place=where)
                for field, where in (
                    ("title", "title"),
                    ("link", link_place),
                    ("date", date_place),
                    ("text", place),
                    (
                        "author",
                        _element(raw, "author") if own else "the feed's author" if author else "",
                    ),
                    ("summary", _summary_element(raw) if summary != body else ""),
                )
                if where
            ),
        )

    def _link(self, raw: Any) -> tuple[str, str]:
        """The entry's address, and the element that gave it."""
        links = [
            (str(link.get("href") or "").strip(), link) for link in raw.get("links") or () if link
        ]
        pages = [
            (href, "link")
            for href, link in links
            if href and _relation(link) == "alternate" and _is_page(link)
        ]
        original = str(raw.get("feedburner_origlink") or "").strip()
        guid = str(raw.get("id") or "").strip()
        offers = [
            (original, "feedburner:origLink"),
            *pages,
            *((str(raw.get("link") or ""), "link") for _ in "1" if not raw.get("guidislink")),
            # RDF's items say nothing of that: their rdf:about is their address.
            (
                guid if is_web_address(guid) and raw.get("guidislink", True) else "",
                _element(raw, "id"),
            ),
            *((href, "link") for href, link in links if _relation(link) == "alternate"),
            *((str(link.get("href") or ""), "enclosure") for link in _enclosures(raw)),
            *(
                (str(item.get("url") or ""), "media:content")
                for item in raw.get("media_content") or ()
            ),
        ]
        for href, place in offers:
            href = f"https://{href}" if href.lower().startswith("www.") else href
            address = absolute_url(self._base(raw), href) if href else ""
            if address:
                own = unwrapped(address)
                return own, place if own == address else f"{place}, redirected"
        return "", ""

    def _base(self, raw: Any) -> str:
        """The base of addresses beside the text: xml:base of the entry, else the feed's address."""
        details = (raw.get("title_detail"), raw.get("summary_detail"))
        base = next(
            (str(detail["base"]) for detail in details if detail and detail.get("base")), ""
        )
        return absolute_url(self._url, base) or self._url

    def _texts(self, raw: Any, link: str) -> tuple[str, str, str, str]:
        """Body and summary as HTML, the base of relative links in them, and where the body was."""
        contents = [part for part in raw.get("content") or () if part.get("value")]
        chosen = next((part for part in contents if "html" in part.get("type", "")), None)
        chosen = chosen or (contents[0] if contents else None)
        detail = raw.get("summary_detail") or {}
        given = str(raw.get("summary") or "") or str(raw.get("subtitle") or "")
        summary = _as_html(given, str(detail.get("type") or "text/html"))
        place = _element(raw, "content") if chosen else _summary_element(raw) if summary else ""
        if not chosen and not summary and raw.get("media_text"):
            lines = str(raw["media_text"]).splitlines()
            summary, place = paragraphs_html(lines), "media:description"
        body = _as_html(str(chosen["value"]), str(chosen.get("type"))) if chosen else summary
        stated = str((chosen or detail).get("base") or "")
        base = absolute_url(self._url, stated) if stated else link or self._url
        return body, summary, base or self._url, place

    def _date(self, raw: Any) -> tuple[datetime | None, str]:
        for name, text in _dates(raw):
            moment = read_feed_date(text, self._habits)
            if moment:
                return moment, _element(raw, name)
        return None, ""


def _dates(raw: Any) -> Iterator[tuple[str, str]]:
    for name in DATES:
        # Asking for "updated" where only "published" is known makes feedparser warn.
        text = raw.get(name) if name in raw.keys() else None  # noqa: SIM118 - `in raw` differs
        if text:
            yield name, str(text)


def _relation(link: Mapping[str, Any]) -> str:
    """The relation of a link, which may be written as an address at IANA."""
    return str(link.get("rel") or "alternate").lower().rpartition("/")[2]


def _is_page(link: Mapping[str, Any]) -> bool:
    kind = str(link.get("type") or "text/html").lower()
    return "html" in kind or "text/plain" in kind


def _as_html(text: str, content_type: str) -> str:
    if "html" in content_type or "xml" in content_type or re.search(r"</(?:p|a|div)>|<br", text):
        return text
    return paragraphs_html(re.split(r"\n\s*\n", text))


def _title(raw: Any, publisher: str) -> str:
    title = str(raw.get("title") or "")
    detail = raw.get("title_detail") or {}
    is_text = str(detail.get("type") or "text/plain") == "text/plain"
    is_html = not is_text or _MARKED.search(title)
    text = plain_text(unescaped(title)) if is_html else title
    line = own_title(one_line(unescaped_line(text)))
    suffix = f" - {publisher}"
    return line.removesuffix(suffix) if publisher and line != suffix.strip() else line


def _is_only(body: str, title: str, publisher: str) -> bool:
    """Whether the text says no more than who published which title, as in Google News."""
    if len(body) > 3000:
        return False
    said = re.sub(r"\W+", "", plain_text(body)).casefold()
    return said in [re.sub(r"\W+", "", text).casefold() for text in (title, title + publisher)]


def _people(raw: Any) -> list[str]:
    people = [
        str(person.get("name") or person.get("text") or "") for person in raw.get("authors") or ()
    ]
    return people if any(people) else [str(raw.get("author") or "")]


def _writer_of(feed: Mapping[str, Any]) -> str:
    """The person who writes a whole Atom feed, for entries that name nobody; "" for a company's name.

    RSS has only its managing editor and webmaster, who need not be writers.
    """
    writer = author_names(str(person.get("name") or "") for person in feed.get("authors") or ())
    same = writer.casefold() == one_line(str(feed.get("title") or "")).casefold()
    return writer if is_name(writer) and not is_agency(writer) and not same else ""


def _element(raw: Any, field: str) -> str:
    """The name of the element that gave the field, as the feed writes it."""
    name = str((raw.get("element_names") or {}).get(field, field))
    return _SPELLINGS.get(name, name)


def _summary_element(raw: Any) -> str:
    names = raw.get("element_names") or {}
    return _element(raw, "description" if "description" in names else "summary")


def _language(raw: Any) -> str:
    details = (raw.get("title_detail"), raw.get("summary_detail"), *(raw.get("content") or ()))
    return next((str(part["language"]) for part in details if part and part.get("language")), "")


def _pictures(raw: Any, base: str) -> Iterator[Candidate]:
    """The pictures that the entry offers beside its text, the likeliest lead first."""
    contents = raw.get("media_content") or ()
    # Beside a single picture and a text of the entry's own, this is the picture's caption.
    has_text = len(contents) == 1 and raw.get("summary")
    beside = plain_text(str(raw.get("media_text") or "")) if has_text else ""
    for number, item in enumerate(contents, 1):
        if _is_picture(item):
            found = _candidate(item, "url", base, f"media:content #{number}", 1000)
            yield replace(found, alt=_said_of(item) or beside)
    for number, link in enumerate(raw.get("links") or (), 1):
        if link.get("rel") == "enclosure" and _is_picture({**link, "url": link.get("href")}):
            yield _candidate(link, "href", base, f"enclosure #{number}", 1000)
    image = raw.get("image") or {}
    for place, address in (
        ("itunes:image", image.get("href") if isinstance(image, dict) else image),
        ("image", raw.get("image_address")),
        ("image", _picture_address(raw.get("href"))),
    ):
        if address and is_web_address(absolute_url(base, str(address))):
            yield _candidate({"url": address}, "url", base, place, 1000)
    for number, item in enumerate(raw.get("media_thumbnail") or (), 1):
        yield _candidate(item, "url", base, f"media:thumbnail #{number}", 400)


def _said_of(item: Mapping[str, Any]) -> str:
    """What the feed says that a picture shows; a title of a word or two names its author or file."""
    name = str(item.get("name") or "")
    said = str(item.get("said") or "") or (name if len(name.split()) >= _A_PHRASE else "")
    return plain_text(said)


def _picture_address(address: Any) -> str:
    """The address if it is a picture's: where an entry has no `image`, it may be its author's page."""
    return str(address) if _ENDING.search(str(address or "")) else ""


def _candidate(item: Mapping[str, Any], key: str, base: str, place: str, guess: int) -> Candidate:
    address = str(item.get(key) or "").strip()
    return Candidate(
        url=absolute_url(base, address) if address else "",
        place=place,
        width=pixels(item.get("width")),
        height=pixels(item.get("height")),
        type=str(item.get("type") or ""),
        guess=guess,
    )


def _seconds(duration: str) -> int | None:
    """How long an episode is: "1:02:03", "62:03" or "3723"; None for zero and other text."""
    if not re.fullmatch(r"(?:\d{1,2}:){0,2}\d{1,6}", duration.strip()):
        return None
    seconds = 0
    for part in duration.strip().split(":"):
        seconds = seconds * 60 + int(part)
    return seconds or None


def _enclosures(raw: Any) -> list[Any]:
    """The enclosures, what plays before documents and pictures."""
    links = [link for link in raw.get("links") or () if link.get("rel") == "enclosure"]
    return sorted(links, key=lambda link: not _plays(link))


def _plays(link: Mapping[str, Any]) -> bool:
    kind = str(link.get("type") or "").lower()
    return kind.startswith(("audio/", "video/")) or bool(
        _PLAYED.search(str(link.get("href") or ""))
    )


def _is_picture(item: Mapping[str, Any]) -> bool:
    kind = f"{item.get('medium') or ''} {item.get('type') or ''}".strip().lower()
    if kind and kind != "application/octet-stream":
        return "image" in kind
    return bool(_ENDING.search(str(item.get("url") or "")))


def _enclosure(raw: Any, base: str) -> Enclosure | None:
    """The first file that is not a picture: a podcast's episode, a video, else a document."""
    for link in _enclosures(raw):
        stated = link.get("href")  # without it, the address below would be the entry's page
        if stated and not _is_picture({**link, "url": stated}):
            url = absolute_url(base, str(link.get("href") or ""))
            length = str(link.get("length") or "")
            if url:
                return Enclosure(
                    url=url,
                    type=one_line(str(link.get("type") or ""), 100),
                    length=int(length) if re.fullmatch(r"[1-9]\d{0,14}", length) else None,
                    seconds=_seconds(str(raw.get("itunes_duration") or ""))
                    if _plays(link)
                    else None,
                )
    return None
