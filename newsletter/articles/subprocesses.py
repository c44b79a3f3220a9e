"""Reads what was fetched in a worker process; what exceeds its limits is a problem of its source."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from newsletter.errors import ParsingError, SourceError, TooSlowError
from newsletter.sandbox import FETCHED, Limits

Outcome = TypeVar("Outcome")


async def run_in_subprocess(
    work: Callable[..., Outcome], *arguments: object, seconds: float
) -> Outcome:
    """Run `work(*arguments)`, which may take so many seconds of CPU time.

    `work` is a function of a module that raises nothing; its outcome is of its annotated return
    type. Raises SourceError if it takes too long or too much memory, or does not end well.
    """
    try:
        return await FETCHED.run_async(work, *arguments, limits=Limits(seconds=seconds))
    except TooSlowError as error:
        raise SourceError(
            error.problem.message,
            field="fetch.timeout",
            fix="ask its owner for a shorter one, or raise fetch.timeout",
        ) from error
    except ParsingError as error:
        raise SourceError(error.problem.message, fix=error.problem.fix) from error
