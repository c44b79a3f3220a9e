"""What exceeds the limits of a worker is a problem of its source, with a fix."""

from __future__ import annotations

import os

import pytest

from newsletter.articles.subprocesses import run_in_subprocess
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
    return len(bytes(3_000_000_000))


async def test_every_document_is_read_in_another_process() -> None:
    """Its size does not matter."""
    document, process = await run_in_subprocess(whose, "text", seconds=20)
    assert document == "text"
    assert process != os.getpid()


async def test_a_document_that_takes_too_long_is_given_up() -> None:
    """The error names the setting that gives it longer."""
    with pytest.raises(SourceError, match=r"longer than 0\.3 seconds") as raised:
        await run_in_subprocess(endless, seconds=0.3)
    assert raised.value.problem.field == "fetch.timeout"


async def test_a_document_that_takes_too_much_memory_is_given_up() -> None:
    """The error says so."""
    with pytest.raises(SourceError, match="too much memory"):
        await run_in_subprocess(greedy, seconds=20)
