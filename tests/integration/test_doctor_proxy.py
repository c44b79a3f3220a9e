"""`doctor` asks the site at its public address, through a real proxy, and compares the answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from newsletter.config.proxies import trusted_proxies
from newsletter.pipeline.doctor.mail_domain import Diagnosis, Grade
from newsletter.pipeline.doctor.public_address import check_public_address
from newsletter.site.site import Site
from newsletter.web.app import make_app
from newsletter.web.forwarded import Forwarded
from tests.factories.runs import MONDAY
from tests.factories.site import make_site
from tests.servers.proxy import Change, beside, instead, proxy, without
from tests.servers.web import serving

POLICY, REFERRER = "Content-Security-Policy", "Referrer-Policy"
STRANGERS = "Access-Control-Allow-Origin"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site that may ask this machine."""
    return make_site(tmp_path, now=MONDAY, tables='[fetch]\nallow_private = ["127.0.0.1"]')


@pytest.fixture
def served(site: Site) -> Iterator[str]:
    """The address of its server."""
    with serving(Forwarded(make_app(site), trusted_proxies({}))) as address:
        yield address


def found(site: Site, url: str) -> list[Diagnosis]:
    """What is wrong at the address, but that it is not https."""
    own = site.settings.site.model_copy(update={"url": url})
    settings = site.settings.model_copy(update={"site": own})
    known = Site(folder=site.folder, settings=settings, database=site.database, secret=site.secret)
    told = check_public_address(known, MONDAY)
    return [one for one in told if one.grade is not Grade.OK and "is not https" not in one.message]


def test_what_every_proxy_does_to_our_headers_is_told(site: Site, served: str) -> None:
    """On the readers' and the editors' pages; a proxy that passes all on is not mentioned."""
    cases: list[tuple[Change, set[tuple[Grade, str]]]] = [
        (lambda lines: lines, set()),
        (without("content-security-policy"), {(Grade.FAILURE, f"drops {POLICY}")}),
        (instead(POLICY, "default-src *"), {(Grade.FAILURE, f"sends {POLICY}: default-src *")}),
        (beside(POLICY, "default-src https:"), {(Grade.WARNING, f"adds a {POLICY}")}),
        (beside(REFERRER, "unsafe-url"), {(Grade.FAILURE, f"sends {REFERRER}: ")}),
        (instead("Cache-Control", "max-age=600"), {(Grade.FAILURE, "sends Cache-Control: max")}),
        (beside(STRANGERS, "*"), {(Grade.FAILURE, f"has {STRANGERS}: *")}),
    ]
    for change, expected in cases:
        with proxy(served, change) as url:
            diagnoses = found(site, url)
        assert len(diagnoses) == 2 * len(expected), diagnoses  # for / and for /sign-in
        for one in diagnoses:
            assert any(one.grade is grade and text in one.message for grade, text in expected)
            assert one.check == "proxy"
            assert one.fix


@contextmanager
def other_program(text: str) -> Iterator[str]:
    """A web server that gives the same answer to everything."""
    route = Route("/{path:path}", lambda _request: PlainTextResponse(text))
    with serving(Starlette(routes=[route])) as url:
        yield url


@pytest.mark.parametrize("text", ["<h1>It works!</h1>", "[" * 100_000, "[1]", '{"live": true}'])
def test_another_program_at_our_address_is_a_finding(site: Site, text: str) -> None:
    """Such as a web server's page of welcome, which answers 200 to everything."""
    with other_program(text) as url:
        (one,) = found(site, url)
    assert one.grade is Grade.FAILURE
    assert "another program" in one.message
