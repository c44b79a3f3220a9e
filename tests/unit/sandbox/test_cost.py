"""What a worker adds to the parsing of one document, in things that do not depend on the machine.

`make bench` measures the milliseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from benchmarks.parsing import feed_by_worker, mail_by_worker, ordinary_feed, ordinary_mail
from newsletter.articles.reading import SourceContent
from newsletter.sandbox import FETCHED, HANDED_IN
from newsletter.sandbox import pool as pool_module


@dataclass(kw_only=True, slots=True)
class Traffic:
    """What passes between this process and its workers."""

    sent: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    started: int = 0


@pytest.fixture
def traffic(monkeypatch: pytest.MonkeyPatch) -> Iterator[Traffic]:
    """Counts the octets of each frame, and the processes that are started."""
    seen = Traffic()
    send, receive, start = (
        pool_module.send_frame,
        pool_module.receive_frame,
        pool_module.start_worker,
    )

    def sending(end: object, kind: object, content: bytes) -> None:
        seen.sent.append(len(content))
        send(end, kind, content)  # type: ignore[arg-type]

    def receiving(*given: object) -> object:
        kind, content = receive(*given)  # type: ignore[arg-type]
        seen.received.append(len(content))
        return kind, content

    def starting() -> object:
        seen.started += 1
        return start()

    FETCHED.close()
    HANDED_IN.close()
    monkeypatch.setattr(pool_module, "send_frame", sending)
    monkeypatch.setattr(pool_module, "receive_frame", receiving)
    monkeypatch.setattr(pool_module, "start_worker", starting)
    yield seen
    FETCHED.close()
    HANDED_IN.close()


FEED, MAIL = ordinary_feed(), ordinary_mail()


@pytest.mark.parametrize(
    ("read", "octets", "trips"),
    [
        (lambda: asyncio.run(feed_by_worker(SourceContent(body=FEED))), len(FEED), 1),
        (lambda: mail_by_worker(MAIL), len(MAIL), 2),
    ],
    ids=["feed", "mail"],
)
def test_a_warm_worker_takes_one_question_and_one_answer(
    traffic: Traffic, read: Callable[[], object], octets: int, trips: int
) -> None:
    """A feed one, a mail one for its header and one for all; no process is started, little is copied."""
    read()
    assert traffic.started == 1
    for kept in (traffic.sent, traffic.received):
        kept.clear()
    for _ in range(20):
        read()
    assert traffic.started == 1
    assert len(traffic.sent) == len(traffic.received) == 20 * trips
    assert max(traffic.sent) <= octets + 1_000
    assert max(traffic.received) <= 2.5 * octets
