"""Every parser that a worker runs, as a function of the octets that a stranger wrote."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from newsletter.articles import follow
from newsletter.articles.entries import Entry, Origin
from newsletter.articles.fetch import Fetched, FetchMemory
from newsletter.articles.mail_picture import mail_picture
from newsletter.articles.mailed.mail import read_mailed
from newsletter.articles.mailed.reading import articles_of_stories, open_page
from newsletter.articles.opml import parse_opml
from newsletter.articles.picture_check import measure
from newsletter.articles.preview_picture import preview_picture, still_picture
from newsletter.articles.reading import SourceContent, parse_content, read_folder_source
from newsletter.articles.sanitize import paragraphs_html
from newsletter.articles.tags import make_vocabulary
from newsletter.articles.uploaded_picture import cut_picture, read_upload
from newsletter.issues.past.layouts import read_export
from newsletter.issues.past.post import PastPost, make_past_issue
from newsletter.pipeline import find_source, source_mails
from newsletter.pipeline.import_people import read_file, read_shape
from subscribers.importing.options import ImportOptions
from subscribers.inbound.classify import classify, classify_for_source
from subscribers.inbound.identity import read_identity
from subscribers.inbound.list_addresses import AddressRole, ListAddress

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)
URL = "https://example.org/1"
VOCABULARY = make_vocabulary(["data breach"], {})
ORIGIN = Origin(source="Feed", location=URL, vocabulary=VOCABULARY, now=NOW)
OPTIONS = ImportOptions(list_slug="weekly", source_name="people.csv", now=NOW)

Parser = Callable[[bytes], object]


def source(kind: str, before: bytes = b"") -> Parser:
    """A source of this kind, whose content begins with `before`."""
    return lambda body: parse_content(kind, ORIGIN, SourceContent(body=before + body), False)


def folder(body: bytes) -> object:
    """A folder with one file."""
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "a.md").write_bytes(body)
        return read_folder_source(Path(place), ORIGIN)


def export(name: str) -> Parser:
    """An export with one file of this name."""

    def parse(body: bytes) -> object:
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / name).write_bytes(body)
            return list(read_export(Path(place), None))

    return parse


def post(*, is_markdown: bool) -> Parser:
    """The body of a past issue."""
    return lambda body: make_past_issue(
        PastPost(
            key="1",
            title="T",
            published=NOW,
            body=body.decode("utf-8", "replace"),
            is_markdown=is_markdown,
        ),
        URL,
    )


def mail(role: AddressRole, before: bytes = b"") -> Parser:
    """A message to an address of this role, that begins with `before`."""
    box = ListAddress(list_slug="weekly", role=role)
    return lambda body: classify(before + body, box, "")


FROM = b"From: MAILER-DAEMON@example.net\nTo: jo@example.org\nMessage-ID: <1@example.net>\n"
REPORT = (
    FROM
    + b"Subject: failure notice\nContent-Type: multipart/report; boundary=b\n\n--b\n\nhi\n--b\n"
)

AS_HTML = b"Subject: News\nContent-Type: text/html\n\n"
NO_LIST = ListAddress(list_slug="", role=AddressRole.BOUNCES)

PARSERS: Mapping[str, Mapping[str, Parser]] = {
    "parse_content": {
        "feed": source("feed"),
        "feed's title": source("feed", b"<rss><channel><item><title>"),
        "feed's text": source(
            "feed", b"<rss><channel><item><title>T</title><description><![CDATA["
        ),
        "JSON feed": source("feed", b'{"version":"https://jsonfeed.org/version/1.1","items":['),
        "page": source("page", b"<title>T</title><article><p>A sentence of a page. "),
        "ranking": source("ranking", b"<h2>Most read</h2><ol>"),
        "dump": source("textdump", b"A title\n\n"),
    },
    "read_folder_source": {
        "front matter": lambda body: folder(b"---\ntitle: " + body + b"\n---\ntext"),
        "Markdown": lambda body: folder(b"# T\n\n" + body),
    },
    "_read": {
        "followed page": lambda body: follow._read(
            ORIGIN, Fetched(url=URL, memory=FetchMemory(source=URL), body=body)
        )
    },
    "_links": {"page": lambda body: find_source._links(b"<html><head>" + body, "text/html", URL)},
    "measure": {"picture": measure, "GIF": lambda body: measure(b"GIF89a" + body)},
    "preview_picture": {
        "picture": preview_picture,
        "GIF": lambda body: preview_picture(b"GIF89a" + body),
    },
    "still_picture": {
        "picture": still_picture,
        "GIF": lambda body: still_picture(b"GIF89a" + body),
    },
    "mail_picture": {
        "picture": mail_picture,
        "GIF": lambda body: mail_picture(b"GIF89a" + body),
    },
    "read_mailed": {
        "mail": read_mailed,
        "HTML": lambda body: read_mailed(AS_HTML + body),
        "headline": lambda body: read_mailed(AS_HTML + b"<h2><a href=https://a.example/1>" + body),
        "text": lambda body: read_mailed(
            b"Subject: News\n\nA headline of it\nhttps://a.example/1\n" + body
        ),
    },
    "open_page": {
        "page": lambda body: open_page(ORIGIN, SourceContent(body=body, url=URL)),
        "head": lambda body: open_page(
            ORIGIN, SourceContent(body=b"<head><meta http-equiv=refresh content=" + body, url=URL)
        ),
    },
    "articles_of_stories": {
        "text": lambda body: articles_of_stories(
            [Entry(url=URL, title="T", body=paragraphs_html([body.decode("utf-8", "replace")]))],
            ORIGIN,
        ),
        "headline": lambda body: articles_of_stories(
            [Entry(url=URL, title=body.decode("utf-8", "replace"))], ORIGIN
        ),
    },
    "classify_for_source": {"mail": lambda body: classify_for_source(body, NO_LIST)},
    "_plain_text": {
        "mail": source_mails._plain_text,
        "HTML": lambda body: source_mails._plain_text(AS_HTML + body),
    },
    "read_upload": {
        "picture": read_upload,
        "GIF": lambda body: read_upload(b"GIF89a" + body),
    },
    "cut_picture": {
        "picture": lambda body: cut_picture(body, 0, 0, 10, 10),
        "GIF": lambda body: cut_picture(b"GIF89a" + body, 0, 0, 10, 10),
    },
    "parse_opml": {"OPML": parse_opml, "its body": lambda body: parse_opml(b"<opml><body>" + body)},
    "make_past_issue": {
        "HTML": post(is_markdown=False),
        "Markdown": post(is_markdown=True),
    },
    "read_export": {
        "page": export("a.html"),
        "Markdown": export("a.md"),
        "table": export("posts.csv"),
        "JSON": export("a.json"),
    },
    "read_shape": {
        "file": lambda body: read_shape(body, "people.csv"),
        "CSV": lambda body: read_shape(b"email,name,tags\n" + body, "people.csv"),
        "header": lambda body: read_shape(b"email," + body, "people.csv"),
        "JSON": lambda body: read_shape(b'[{"email":' + body, "people.json"),
    },
    "read_file": {
        "file": lambda body: list(read_file(body, OPTIONS, VOCABULARY, frozenset())),
        "CSV": lambda body: list(
            read_file(b"email,name,tags\njo@example.org," + body, OPTIONS, VOCABULARY, frozenset())
        ),
        "addresses": lambda body: list(
            read_file(b"jo@example.org\n" + body, OPTIONS, VOCABULARY, frozenset())
        ),
        "JSON": lambda body: list(
            read_file(b'[{"email":' + body, OPTIONS, VOCABULARY, frozenset())
        ),
    },
    "read_identity": {
        "header": read_identity,
        "To": lambda body: read_identity(b"To: " + body),
    },
    "classify": {
        "header": mail(AddressRole.REQUEST),
        "Subject": mail(AddressRole.REQUEST, b"From: jo@example.org\nSubject: "),
        "From": mail(AddressRole.LIST, b"Subject: x\nFrom: "),
        "text": mail(AddressRole.REQUEST, b"From: jo@example.org\nSubject: x\n\n"),
        "HTML": mail(AddressRole.LIST, b"From: jo@example.org\nContent-Type: text/html\n\n"),
        "notice": mail(AddressRole.BOUNCES, FROM + b"Subject: failure notice\n\n"),
        "parts": mail(AddressRole.BOUNCES, REPORT),
        "status": mail(AddressRole.BOUNCES, REPORT + b"Content-Type: message/delivery-status\n\n"),
        "complaint": mail(
            AddressRole.BOUNCES, REPORT + b"Content-Type: message/feedback-report\n\n"
        ),
        "returned mail": mail(AddressRole.BOUNCES, REPORT + b"Content-Type: message/rfc822\n\n"),
    },
}
"""By the name of the function that the worker is asked to call, and then by the kind of input."""

PIECES = (
    *("<li>", "<p", "<a href=x>x", "<b>x", "<!--", "<![CDATA[", "<table><td>", "<?", "<!"),
    *("&", "(", "[", "![", "](", "[a](b", '"', "'", "`", "*", "_", "**a", "<x@y>", "\\", "~"),
    *("\n", " \n", " ", "\t", "\u3000", "> ", "- ", "1. ", "# ", "|a", "a|b\n", "-", ".", "@"),
    *(",", ";", ":", "=", "a@b.example,", "a@b.example ", "<a@b.example>: ", "To: a@b.example\n"),
    *(
        "X: y\n",
        "=?utf-8?q?a?= ",
        "--b\n",
        "--b\nContent-Type: text/plain\n\nx\n",
        "550 ",
        "5.1.1 ",
    ),
    *("Content-Type: multipart/mixed; boundary=b\n\n--b\n", "Final-Recipient: rfc822; a@b\n\n"),
    *("not ", "deliver ", "On 1, a@b wrote:\n", "By A B, ", "{", '{"a":', "[{", "0,", "a: b\n"),
)
"""What is repeated: markup and punctuation on which parsers look back or ahead."""
