"""For which hosts a request is answered."""

from __future__ import annotations

import pytest

from newsletter.web.hosts import allowed_hosts, is_allowed, is_loopback

ALLOWED = allowed_hosts("https://News.Example.org:8443/letters", ["www.example.org", "bücher.test"])


@pytest.mark.parametrize(
    "host",
    [
        "news.example.org", "NEWS.example.org:80", "news.example.org.", "www.example.org:8000", "bücher.test",
        "xn--bcher-kva.test", "127.0.0.1:8000", "[::1]:8000", "192.0.2.7", "localhost:8000", "newsletter:8000", "",
    ],
)  # fmt: skip
def test_our_names_addresses_and_names_without_a_dot_are_answered(host: str) -> None:
    """None of them can be the name of a stranger's page."""
    assert is_allowed(host, ALLOWED)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "news.example.org.evil.example", "evilnews.example.org", "127.0.0.1.evil.example:8000",
        "[", "[::1", "a@evil.example", "evil.example:x", "news.example.org@evil.example", "1.2.3", "x" * 300 + ".y",
        "evil.example\\@news.example.org", "evil.example@news.example.org", "news.example.org/.evil.example",
        "localhost#.evil.example", "localhost?evil.example", "evil%2eexample", "news\t.example.org", " ", "::1",
        "news.example.org:evil.example", "news.example.org:80@evil.example", "[::1].evil.example",
    ],
)  # fmt: skip
def test_other_names_are_not(host: str) -> None:
    """A stranger's name may point to this machine (DNS rebinding)."""
    assert not is_allowed(host, ALLOWED)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.9:80", True), ("[::1]", True), ("news", False), ("192.0.2.1", False), ("[", False)],
)  # fmt: skip
def test_this_machine_has_its_own_names(host: str, expected: bool) -> None:
    """As /metrics needs it."""
    assert is_loopback(host) is expected
