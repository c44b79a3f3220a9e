"""Whose word about a request's origin is believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.proxies import TrustedProxies, client_address, trusted_proxies
from newsletter.errors import ConfigurationError

HERE = trusted_proxies({})
EVERY = trusted_proxies({"FORWARDED_ALLOW_IPS": "*"})
TWO = trusted_proxies({"FORWARDED_ALLOW_IPS": "*"}, 2)
TWO_NAMED = trusted_proxies({"FORWARDED_ALLOW_IPS": "10.0.0.0/8"}, 2)
CHAIN = trusted_proxies({"FORWARDED_ALLOW_IPS": "127.0.0.1, 10.0.0.0/8, 2001:db8:1::/48"})


@pytest.mark.parametrize(
    ("peer", "hops", "trusted", "client"),
    [
        ("203.0.113.9", [], HERE, "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], HERE, "203.0.113.9"),  # not a proxy of ours
        ("127.0.0.1", ["198.51.100.1"], HERE, "198.51.100.1"),
        ("::1", ["198.51.100.1"], HERE, "198.51.100.1"),
        ("", ["198.51.100.1"], HERE, "198.51.100.1"),  # a Unix socket
        (
            "127.0.0.1",
            ["192.0.2.66", "198.51.100.1"],
            HERE,
            "198.51.100.1",
        ),  # forged, then appended
        ("172.18.0.1", ["192.0.2.66", "198.51.100.1"], EVERY, "198.51.100.1"),
        ("10.0.0.2", ["192.0.2.66", "198.51.100.1", "10.9.9.9"], CHAIN, "198.51.100.1"),
        ("2001:db8:1::5", ["[2001:db8:2::1]:443"], CHAIN, "2001:db8:2::1"),
        ("127.0.0.1", ["198.51.100.1:5123"], HERE, "198.51.100.1"),
        ("127.0.0.1", ["::ffff:198.51.100.1"], HERE, "198.51.100.1"),
        ("127.0.0.1", ["unknown"], HERE, "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1", "<script>"], HERE, "127.0.0.1"),
        ("10.0.0.2", ["10.0.0.3", "10.0.0.4"], CHAIN, "10.0.0.3"),  # a reader on our own network
        ("testclient", ["198.51.100.1"], HERE, "testclient"),
        ("172.18.0.1", ["192.0.2.66", "198.51.100.1", "172.18.0.9"], TWO, "198.51.100.1"),
        ("172.18.0.1", ["198.51.100.1"], TWO, "198.51.100.1"),  # fewer than there should be
        ("172.18.0.1", ["198.51.100.1", "unknown"], TWO, "172.18.0.1"),
        ("172.18.0.1", [], TWO, "172.18.0.1"),
        ("10.0.0.2", ["192.0.2.66", "10.0.0.3", "10.0.0.4"], TWO_NAMED, "10.0.0.3"),
        ("203.0.113.9", ["198.51.100.1", "10.0.0.3"], TWO_NAMED, "203.0.113.9"),  # past the proxies
    ],
)
def test_the_last_hop_that_is_not_a_proxy_is_the_client(
    peer: str, hops: list[str], trusted: TrustedProxies, client: str
) -> None:
    """What a stranger wrote in front of it is not read."""
    assert client_address(peer, hops, trusted) == client


@given(st.lists(st.text(max_size=20), max_size=5))
def test_nothing_in_front_of_an_appended_address_counts(forged: list[str]) -> None:
    """Whatever a client sends, it is known by the address that the proxy appended."""
    for trusted in (HERE, EVERY, trusted_proxies({"FORWARDED_ALLOW_IPS": "*"}, 1)):
        assert client_address("127.0.0.1", [*forged, "198.51.100.1"], trusted) == "198.51.100.1"


@pytest.mark.parametrize("text", ["proxy", "10.0.0.0/99", "*,10.0.0.1"])
def test_what_is_not_a_network_is_refused(text: str) -> None:
    """A misspelt proxy is an error and is not silently distrusted."""
    with pytest.raises(ConfigurationError, match="FORWARDED_ALLOW_IPS"):
        trusted_proxies({"FORWARDED_ALLOW_IPS": text})
