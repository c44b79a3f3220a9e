"""What the tests of the post room share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.feeds import FeedServer


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server on loopback."""
    with FeedServer() as running:
        yield running
