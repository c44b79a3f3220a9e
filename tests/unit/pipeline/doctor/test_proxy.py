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
