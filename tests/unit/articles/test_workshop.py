"""A document that takes too long or too much is given up, and leaves nothing running."""

from __future__ import annotations

import asyncio
import multiprocessing
import os

import pytest

from newsletter.articles.workshop import LARGE, MAX_MEMORY, in_workshop
from newsletter.errors import SourceError


def whose(document: str) -> tuple[str, int]:
    """The document and the process that read it."""
    return document, os.getpid()


def endless() -> None:
    """Never comes to an end."""
    while True:
        pass


def greedy() -> int:
    """Takes more memory than there may be."""
    return len(bytes(2 * MAX_MEMORY))


async def test_a_small_document_is_read_here_and_a_large_one_elsewhere() -> None:
    """Both come back; only the large one costs a process."""
    small = await in_workshop(whose, "text", size=LARGE - 1, seconds=20)
    large = await in_workshop(whose, "text", size=LARGE, seconds=20)
    assert small == ("text", os.getpid())
    assert large[0] == "text"
    assert large[1] != os.getpid()


async def test_a_document_that_takes_too_long_is_given_up() -> None:
    """Its process ends with its time."""
    # The work never ends by itself.
    async with asyncio.timeout(120):
        with pytest.raises(SourceError, match=r"longer than 0\.3 seconds"):
            await in_workshop(endless, size=LARGE, seconds=0.3)
    assert multiprocessing.active_children() == []


async def test_a_document_that_takes_too_much_memory_is_given_up() -> None:
    """The limit holds for its process alone."""
    with pytest.raises(SourceError, match="too much memory"):
        await in_workshop(greedy, size=LARGE, seconds=20)
