"""Pages of other sites, ports and sub-domains: they press no button, frame no page, and lead nobody away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import httpx2
import pyotp
import pytest

from newsletter.web.signin import attempts
from tests.factories.editors import ADDRESS, NOW, PASSWORD, Office, open_office
from tests.factories.site import make_site
from tests.factories.web_requests import REQUESTS, WebRequest, WebSite, send_nothing
from tests.integration.test_doors import BROWSERS, answered, asked
from tests.integration.test_identity_provider import come_back, office_with
from tests.integration.test_second_factor import set_up
from tests.sampling import sampled

SHARE = sampled(whole=1, sample=25)
"""Of the requests, one in so many is made."""

PRESSED = [
    one
    for one in [*BROWSERS, *(some for some in REQUESTS if some.path.startswith("/sign-in"))]
    if one.method != "GET"
]
FOREIGN = {
    "another port": {"origin": "http://testserver:8001"},
    "a sub-domain": {"origin": "https://x.news.example.org"},
    "no origin": {"origin": "null"},
    "an empty origin": {"origin": ""},
    "no address": {"origin": "http://["},
    "same site": {"sec_fetch_site": "same-site"},
    "another site": {"sec_fetch_site": "cross-site"},
    "nobody": {"sec_fetch_site": "none"},
    "an unknown word": {"sec_fetch_site": "same-origin, cross-site"},
}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """A site with readers."""
    web = WebSite(tmp_path_factory.mktemp("site"))
    yield web
    web.site.database.close()


@pytest.fixture(autouse=True)
def no_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    """No request reaches a relay."""
    send_nothing(monkeypatch)


@pytest.mark.sampled
@pytest.mark.parametrize("where", FOREIGN)
@pytest.mark.parametrize("request_", PRESSED[::SHARE], ids=str)
def test_a_foreign_page_presses_no_button_even_with_the_token(
    web: WebSite, request_: WebRequest, where: str
) -> None:
    """The token may have leaked; signing in has none, and would put a stranger's account before the editor."""
    assert asked(web, request_, {"authorization"}, **FOREIGN[where]).status == 403


@pytest.mark.sampled
@pytest.mark.parametrize("request_", REQUESTS[::SHARE], ids=str)
def test_no_page_is_framed_or_read_by_another_site(web: WebSite, request_: WebRequest) -> None:
    """Only frames of our own pages are framed, by us; only what anybody may post or read says so."""
    headers = answered(web, request_).headers
    policy = headers.get("content-security-policy", "")
    own = "'self'" if "/frame" in request_.path else "'none'"
    assert f"frame-ancestors {own}" in policy
    is_open = request_.path.startswith(("/join/", "/archive/weekly/feed."))
    assert is_open or "access-control-allow-origin" not in headers


ELSEWHERE = [
    "//evil.example.net", "/\\evil.example.net", "\\\\evil.example.net", "/\t/evil.example.net",
    "\t//evil.example.net", " //evil.example.net", "https:evil.example.net", "https:/evil.example.net",
    "https://evil.example.net", "@evil.example.net", ".evil.example.net", ":8000/x", "/%0d%0aX: y",
    "/\r\nX: y", "javascript:alert(1)", "/..//evil.example.net", "/desk/..//evil.example.net",
    "/.//evil.example.net", "/%2e%2E//evil.example.net", "/a/.%2e/../x", "/..", "////evil.example.net", "/;@evil.example.net", "///\\;@evil.example.net",
    "\N{FULLWIDTH SOLIDUS}/evil.example.net", "/desk\N{IDEOGRAPHIC FULL STOP}evil.example.net",
]  # fmt: skip


def follows(office: Office, answer: httpx2.Response) -> str:
    """Where a browser at the site goes from this answer: it takes a backslash for a slash."""
    assert answer.status_code == 303, answer.text
    location = answer.headers["location"].replace("\\", "/")
    location = re.sub("%2e", ".", location, flags=re.IGNORECASE)  # as browsers do
    return urljoin(f"{office.site.settings.site.url}/sign-in", location)


def require_stays(office: Office, answer: httpx2.Response) -> None:
    """The next page is one of the site's, below its path."""
    ours, there = urlsplit(office.site.settings.site.url), urlsplit(follows(office, answer))
    assert (there.scheme, there.netloc) == (ours.scheme, ours.netloc)
    assert there.path.startswith(f"{ours.path}/")
    assert set(answer.headers) & {"x"} == set()


@pytest.mark.parametrize("base", ["", "/news"])
def test_nobody_is_led_away_by_any_way_of_signing_in(tmp_path: Path, base: str) -> None:
    """Password, mailed link, and the code after them; at the root of a host and below a path."""
    url = f"https://news.example.org{base}"
    with open_office(make_site(tmp_path, now=NOW, url=url)) as office:
        office.add()
        for page in [f"{base}{one}" for one in ELSEWHERE] + ELSEWHERE:
            office.now += attempts.LINKS.per
            browser = office.another_browser()
            form = {"address": ADDRESS, "password": PASSWORD, "way": "password", "next": page}
            require_stays(office, browser.post("/sign-in", data=form))
            path = office.ask_for_link(next=page)
            require_stays(office, office.another_browser().post(path))
            forged = f"{path.partition('?')[0]}?next={quote(page)}"
            again = office.ask_for_link().partition("?")[0]
            assert forged != again
            require_stays(
                office, office.another_browser().post(f"{again}?next={quote(page, safe='')}")
            )


def test_nobody_is_led_away_after_the_code(tmp_path: Path) -> None:
    """The page for the code carries the next page in its address, where anybody may write it."""
    with open_office(make_site(tmp_path, now=NOW)) as office:
        office.add()
        office.sign_in()
        app, _codes = set_up(office)
        for page in ELSEWHERE:
            office.now += attempts.PER_NETWORK.per
            require_stays(office, _with_code(office, app, page))


def _with_code(office: Office, app: pyotp.TOTP, page: str) -> httpx2.Response:
    browser = office.another_browser()
    form = {"address": ADDRESS, "password": PASSWORD, "way": "password", "next": page}
    require_stays(office, browser.post("/sign-in", data=form))
    return browser.post("/sign-in/code", data={"code": app.at(office.now), "next": page})


def test_nobody_is_led_away_by_the_provider(tmp_path: Path) -> None:
    """The page that one came for is kept in a signed cookie meanwhile."""
    with office_with(tmp_path) as (office, provider):
        provider.now = lambda: office.now
        for page in ELSEWHERE:
            office.now += attempts.PER_NETWORK.per
            require_stays(office, come_back(office.another_browser(), provider, page))


@pytest.mark.parametrize("host", ["localhost", "192.0.2.7", "intranet:8080", "[::1]"])
def test_links_in_letters_do_not_follow_the_host_of_a_request(tmp_path: Path, host: str) -> None:
    """Hosts without a dot and addresses are answered, but only `url` is written into mail and pages."""
    with open_office(make_site(tmp_path, now=NOW)) as office:
        office.add()
        headers = {
            "Host": host,
            "X-Forwarded-Host": "evil.example.net",
            "Forwarded": f"host={host}",
        }
        form = {"address": ADDRESS, "way": "link"}
        assert office.client.post("/sign-in", data=form, headers=headers).status_code == 200
        assert office.news.acquire(timeout=10)
        ((_address, link),) = office.letters
        assert link.startswith("https://news.example.org/sign-in/link/")
        for path in (
            "/",
            "/sign-in",
            "/join/weekly",
            "/archive/weekly",
            "/archive/weekly/feed.atom",
        ):
            answer = office.client.get(path, headers=headers)
            assert answer.status_code == 200
            assert "evil.example.net" not in answer.text
            assert f"//{host}" not in answer.text
