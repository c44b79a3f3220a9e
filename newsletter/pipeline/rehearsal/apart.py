"""rehearse in a process of its own: it computes for seconds, and a server has pages to answer."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from newsletter.config.settings import Settings
from newsletter.errors import NewsletterError, Problem
from newsletter.pipeline.rehearsal.rehearse import rehearse
from newsletter.pipeline.rehearsal.season import Season
from newsletter.site.site import Site
from newsletter.store.database import open_database

POLL_SECONDS = 0.2
GRACE_SECONDS = 10
"""How long the process may take to remove its temporary files once it is told to end."""

NO_RESULT = Problem(
    message="the rehearsal ended without a result",
    fix="try again, and look into the server's log if it happens once more",
)

_context = multiprocessing.get_context("spawn")  # fork would copy locks that threads hold


@dataclass(frozen=True, kw_only=True, slots=True)
class _Task:
    folder: Path
    settings: Settings
    secret: str
    slug: str
    weeks: int
    past: int
    now: datetime


def rehearse_apart(
    site: Site, slug: str, *, weeks: int, past: int, now: datetime, stop: threading.Event
) -> Season | Problem:
    """What `rehearse` returns, or what is wrong. Ends early without a result once `stop` is set."""
    task = _Task(
        folder=site.folder,
        settings=site.settings,
        secret=site.secret,
        slug=slug,
        weeks=weeks,
        past=past,
        now=now,
    )
    ours, theirs = _context.Pipe(duplex=False)
    process = _context.Process(target=_main, args=(theirs, task))
    process.start()
    theirs.close()
    try:
        while not ours.poll(POLL_SECONDS):
            if stop.is_set():
                process.terminate()
                return NO_RESULT
        outcome = ours.recv()
    except EOFError:  # it was killed, or failed and has said why on standard error
        return NO_RESULT
    finally:
        ours.close()
        process.join(GRACE_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
    assert isinstance(outcome, Season | Problem)  # noqa: S101 - `_main` sends nothing else
    return outcome


def _main(pipe: Connection, task: _Task) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process ends this one
    signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit())  # temporary files are removed
    threading.Thread(target=_end_with_parent, daemon=True).start()
    site = Site(
        folder=task.folder,
        settings=task.settings,
        database=open_database(task.settings.site.database, task.folder),
        secret=task.secret,
    )
    outcome: Season | Problem
    try:
        outcome = rehearse(site, [task.slug], weeks=task.weeks, past=task.past, now=task.now)
    except NewsletterError as error:
        outcome = error.problem
    finally:
        site.database.close()
    pipe.send(outcome)


def _end_with_parent() -> None:
    """A server that is killed tells nobody: nobody would read the result of minutes of computing."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
