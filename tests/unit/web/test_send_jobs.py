"""The sends of a `serve` process: one for each issue, whatever number of buttons is pressed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from newsletter.errors import NotPermittedError, TemporaryError
from newsletter.pipeline.approve import approve
from newsletter.pipeline.site import Site
from newsletter.web.editor import send_jobs
from newsletter.web.editor.send_jobs import FAILED, SendJobs
from tests.factories.desk import NOW, SLUG, subscribe

PRESSES = 8


class Sends:
    """Stands where `send` stands: counts its calls, each of which lasts until it is interrupted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.started = threading.Event()
        monkeypatch.setattr(send_jobs, "send", self.send)

    def send(self, _site: Site, _slug: str, _number: int, **given: Any) -> None:
        """One send."""
        self.calls += 1
        self.started.set()
        given["interrupted"].wait()
        raise TemporaryError("the send was interrupted")


@pytest.fixture
def sends(monkeypatch: pytest.MonkeyPatch, site: Site) -> Sends:
    """Sends of an approved issue."""
    subscribe(site, "jane@mail.example.org")
    approve(site, SLUG, 1, now=NOW)
    return Sends(monkeypatch)


def test_presses_at_once_start_one_send(
    site: Site, sends: Sends, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two publishers, or one with a double click, start one send, which stops with the server."""
    jobs = SendJobs(site, lambda: NOW)
    together, begun = threading.Barrier(PRESSES), send_jobs.begin
    arrived = threading.Semaphore(0)

    def slow_begin(*given: Any, **named: Any) -> Any:
        # The others get every chance to come past the check while this one is still beginning.
        arrived.acquire(timeout=1)
        return begun(*given, **named)

    monkeypatch.setattr(send_jobs, "begin", slow_begin)

    def press() -> None:
        together.wait()
        jobs.start(SLUG, 1)

    with ThreadPoolExecutor(PRESSES) as pool:
        for press_of_one in [pool.submit(press) for _number in range(PRESSES)]:
            press_of_one.result()
    sends.started.wait()
    before = [thread for thread in threading.enumerate() if thread.name == f"send {SLUG}/1"]
    jobs.close()
    assert sends.calls == len(before) == 1
    assert not before[0].is_alive()


def test_a_server_that_stops_starts_no_send(site: Site, sends: Sends) -> None:
    """A press that comes while the server stops is refused, or its send would outlive the server."""
    jobs = SendJobs(site, lambda: NOW)
    jobs.close()
    with pytest.raises(TemporaryError):
        jobs.start(SLUG, 1)
    assert sends.calls == 0


def test_an_issue_that_may_not_be_sent_starts_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal reaches the publisher, and no thread is left behind."""
    sends, jobs = Sends(monkeypatch), SendJobs(site, lambda: NOW)
    with pytest.raises(NotPermittedError):
        jobs.start(SLUG, 1)
    assert not jobs.is_running(f"{SLUG}/1")
    assert sends.calls == 0


def test_an_unforeseen_error_is_shown_and_the_issue_can_be_sent_again(
    site: Site,
    sends: Sends,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The page says that the send failed, the log has the traceback, the next press sends."""

    def broken(*_given: Any, **_named: Any) -> None:
        raise RuntimeError("a planted error")

    jobs = SendJobs(site, lambda: NOW)
    monkeypatch.setattr(send_jobs, "send", broken)
    jobs.start(SLUG, 1)
    for thread in threading.enumerate():
        if thread.name == f"send {SLUG}/1":
            thread.join()
    assert jobs.problem(f"{SLUG}/1") == FAILED
    assert "a planted error" in caplog.text
    monkeypatch.setattr(send_jobs, "send", sends.send)
    jobs.start(SLUG, 1)
    sends.started.wait()
    assert jobs.problem(f"{SLUG}/1") == ""
    jobs.close()
    assert sends.calls == 1
