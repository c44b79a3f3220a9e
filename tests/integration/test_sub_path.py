"""A site below a path of its host: every link on every page stays below it, whatever a proxy strips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from pydantic import ValidationError
from starlette.routing import Mount, Route

from newsletter.config.settings import OWN_PATHS, SiteSettings
from tests.factories.web_requests import JSON, REQUESTS, WebAnswer, WebRequest, WebSite
from tests.sampling import sampled

BASE = "/newsletter"
LINK = re.compile(
    r"""(?:href|action|src|hx-[a-z]+|data-[a-z]+)=["'](/[^"']*|https?://[^"']*)["']"""
)
ONLY_POSTS = (
    r"/sign-out$|/desk/weekly/(1/)?[a-z]+$|/desk/weekly/1/comments/1$|/shared/[^/]+/comments$"
    r"|/desk/weekly/1/corrections/1/(send|discard)$|/desk/weekly/1/suggestions$"
    r"|/people/(add|export|\d+/data|mail/\d+)$|/sources/(look|add|opml)$|/test$|/weekly/domain$"
    r"|/account/passkey$|/letters/preview$"
)
TO_COME = re.compile(rf"{BASE}/(archive/weekly/1/|[pu]/)")
WITHOUT_SUBJECT = (
    ("/move/{move}", 410),
    ("/move-answer/{move-answer}", 410),
    ("/move-back/{move-back}", 410),
    (f"/c/{'0' * 20}", 404),
    ("/archive/weekly/1/0", 404),
    ("/archive/weekly/tags/news", 404),
    ("/archive/weekly/tags/news/feed.json", 404),
    ("/.well-known/security.txt", 404),
    ("/sign-in/provider", 404),
    ("/sign-in/provider/answer?code=x&state=y", 404),
    ("/api/v1/newsletters/weekly/season", 404),
)
"""Nobody has asked to move, or for a rehearsal; no such link is counted; no story has the tag, no issue the edition; no contact and no
identity provider is named."""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """A site at https://www.example.org/newsletter."""
    site = WebSite(tmp_path_factory.mktemp("site"), url=f"https://www.example.org{BASE}")
    yield site
    site.site.database.close()


def ask(web: WebSite, request: WebRequest) -> WebAnswer:
    """The answer, in the state that the request wants."""
    web.put_back(request.state)
    return web.ask(web.app(), request)


@pytest.fixture(scope="module")
def works() -> set[tuple[object, str]]:
    """The links that were followed and work, each with the state: many pages have the same ones."""
    return set()


PAGES = [request for request in REQUESTS if request.method == "GET"]
STRIDE = sampled(whole=1, sample=4)
"""With other prefixes than the usual one, the suite takes each fourth page."""
WAYS = [
    (request, prefix)
    for turn, prefix in enumerate(("", BASE, "/"))
    for request in (PAGES[turn::STRIDE] if prefix else PAGES)
]


@pytest.mark.sampled
@pytest.mark.parametrize(("request_", "prefix"), WAYS, ids=str)
def test_every_link_of_every_page_works(
    web: WebSite, works: set[tuple[object, str]], request_: WebRequest, prefix: str
) -> None:
    """With the path stripped, passed on, or stripped too little, each page and its links answer."""
    page = WebRequest(method="GET", path=prefix + request_.path, state=request_.state)
    answer = ask(web, page)
    assert answer.status < 400 or (request_.path, answer.status) in WITHOUT_SUBJECT
    address = BASE + request_.path.format(**web.words)
    text = answer.body.decode("utf-8", "replace")
    links = set(LINK.findall(text)) if answer.type != JSON else set()
    if "location" in answer.headers:
        links.add(answer.headers["location"])
    for link in map(unescape, links):
        target = urlsplit(urljoin(f"https://www.example.org{address}", link))
        if target.netloc not in ("www.example.org", "127.0.0.1:8000"):
            continue
        assert target.path == BASE or target.path.startswith(f"{BASE}/"), link
        # A draft is shown as a sample reader's copy of an issue that is not published.
        is_to_come = (
            address.partition("?")[0].endswith("/frame") and TO_COME.match(target.path) is not None
        )
        if prefix or is_to_come:
            continue  # that the links of a page work needs to be seen once
        query = f"?{target.query}" if target.query else ""
        followed = WebRequest(method="GET", path=target.path + query, state=request_.state)
        if (request_.state, followed.path) in works:
            continue
        assert web.ask(web.app(), followed).status < 400 or _only_posts(target.path), link
        works.add((request_.state, followed.path))


def _only_posts(path: str) -> bool:
    return re.search(ONLY_POSTS, path) is not None


def test_failures_are_told_in_their_own_type(web: WebSite) -> None:
    """Below a path, too, a program gets JSON and a browser a page whose style sheet is found."""
    missing = ask(web, WebRequest(method="GET", path=f"{BASE}/api/v1/nothing"))
    assert (missing.status, missing.type) == (404, JSON)
    page = ask(web, WebRequest(method="GET", path=f"{BASE}/nothing"))
    assert page.status == 404
    assert f'href="{BASE}/assets/style.css"' in page.body.decode()


def test_a_slash_at_the_end_is_taken_off_below_the_path(web: WebSite) -> None:
    """The redirect does not leave the site."""
    answer = ask(web, WebRequest(method="GET", path="/join/weekly/"))
    assert urlsplit(answer.headers["location"]).path == f"{BASE}/join/weekly"


def test_the_document_of_the_api_names_the_path(web: WebSite) -> None:
    """Programs that read it send their calls there."""
    document = ask(web, WebRequest(method="GET", path="/api/openapi.json")).body.decode()
    assert f'"servers":[{{"url":"https://www.example.org{BASE}"}}]' in document


def test_the_cookie_goes_to_our_pages_only(web: WebSite) -> None:
    """Other programs on the host do not get it."""
    request = WebRequest(
        method="POST", path="/sign-in/link/{link}", headers={"host": "www.example.org"}
    )
    answer = ask(web, request)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Secure-newsletter-session=")
    assert f"Path={BASE};" in cookie
    assert answer.headers["location"] == f"{BASE}/desk"


@pytest.mark.parametrize("next_page", ["/admin", "//evil.example", "/newsletters", ""])
def test_signing_in_leads_nowhere_else(web: WebSite, next_page: str) -> None:
    """A page of another program on the host is not ours."""
    request = WebRequest(method="POST", path=f"/sign-in/link/{{link}}?next={next_page}")
    assert ask(web, request).headers["location"] == f"{BASE}/desk"


def test_no_path_of_ours_can_be_taken_for_the_sites(web: WebSite) -> None:
    """A site cannot lie at the address of one of our pages; every page of ours is listed."""
    paths = [route.path for route in web.app().routes if isinstance(route, Route | Mount)]
    assert {path.split("/")[1] for path in paths} - {""} <= OWN_PATHS


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.org/desk",
        "https://www.example.org/archive/news",
        "https://www.example.org/a//b",
        "https://www.example.org/a/../b",
        "https://www.example.org/a?b",
        "https://www.example.org/a#b",
        "https://www.example.org/caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    ],
)
def test_addresses_that_links_cannot_begin_with_are_refused(url: str) -> None:
    """`check` says so, before a mail has a link that does not work."""
    with pytest.raises(ValidationError, match=r"site's own pages|beginning of links"):
        SiteSettings(url=url, postal_address="1 Example St")


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://news.example.org", ""),
        ("https://news.example.org/", ""),
        ("https://www.example.org/newsletter/", "/newsletter"),
        ("https://www.example.org/~ed/letters", "/~ed/letters"),
        ("https://www.example.org/a%20b", "/a%20b"),
    ],
)
def test_the_path_of_a_site(url: str, base: str) -> None:
    """It is what follows the host, without a slash at the end."""
    assert SiteSettings(url=url, postal_address="1 Example St").base_path == base


def test_an_encoded_path(tmp_path: Path) -> None:
    """Servers decode the path that they pass on."""
    web = WebSite(tmp_path, url="https://www.example.org/a%20b")
    answer = ask(web, WebRequest(method="GET", path="/a b/join/weekly"))
    assert 'action="/a%20b/join/weekly"' in answer.body.decode()
    web.site.database.close()
