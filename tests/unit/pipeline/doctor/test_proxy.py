"""What doctor says of the proxy in front of the site."""

from __future__ import annotations

import pytest

from newsletter.pipeline.doctor.proxy import FORGED, judge_proxy

URL = "https://www.example.org/newsletter"
GOOD = {
    "host": "www.example.org",
    "scheme": "https",
    "client": "198.51.100.1",
    "forwarded": f"{FORGED}, 198.51.100.1",
}


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        ({}, ""),
        ({"forwarded": "198.51.100.1"}, ""),  # replaced instead of appended
        ({"forwarded": FORGED, "client": "198.51.100.1"}, ""),  # no proxy, and no belief
        ({"forwarded": f"{FORGED}, 127.0.0.1", "client": FORGED}, ""),  # doctor's own machine
        ({"host": "WWW.example.org:443"}, ""),
        ({"host": "www.example.org:8443"}, "passes the host 'www.example.org:8443'"),
        ({"host": ""}, "passes the host ''"),
        ({"host": "127.0.0.1:8000"}, "passes the host '127.0.0.1:8000'"),
        ({"scheme": "http"}, "for http, not https"),
        ({"forwarded": "", "client": "127.0.0.1"}, "does not say where requests come from"),
        ({"forwarded": FORGED, "client": FORGED}, "anybody can forge"),
        ({"client": FORGED}, "anybody can forge"),
    ],
)
def test_each_fault_of_a_proxy_is_named(difference: dict[str, str], said: str) -> None:
    """A proxy without a fault is not mentioned."""
    found = [diagnosis.message for diagnosis in judge_proxy(URL, {**GOOD, **difference})]
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_on_this_machine_nothing_is_said_of_forging() -> None:
    """A site that is tried out has no proxy, and this machine's own word is believed."""
    seen = {"host": "127.0.0.1:8000", "scheme": "http", "client": FORGED, "forwarded": FORGED}
    assert list(judge_proxy("http://127.0.0.1:8000", seen)) == []


def test_a_name_in_another_script_is_the_same_name() -> None:
    """Browsers and proxies write it in ASCII."""
    seen = {**GOOD, "host": "xn--bcher-kva.example"}
    assert (
        list(judge_proxy("https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example", seen))
        == []
    )
