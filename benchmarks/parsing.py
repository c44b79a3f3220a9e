"""Measures what it costs to parse an ordinary feed and mail in a worker process, not in this one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cache

from benchmarks.programs import BenchmarkError
from benchmarks.stories import make_article, make_feed
from newsletter.articles.entries import Origin
from newsletter.articles.reading import Reading, SourceContent, parse_content
from newsletter.articles.subprocesses import run_in_subprocess
from newsletter.articles.tags import make_vocabulary
from newsletter.pipeline.receive import LIMITS
from newsletter.sandbox import HANDED_IN
from subscribers.inbound.classify import Inbound, classify
from subscribers.inbound.identity import MailIdentity, read_identity
from subscribers.inbound.list_addresses import AddressRole, ListAddress

ITEMS = 20
"""Entries of an ordinary feed."""

_NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
_ORIGIN = Origin(
    source="Harbour Press",
    location="https://press.example.org/feed.xml",
    vocabulary=make_vocabulary(["engineering"], {}),
    now=_NOW,
)
_MAILBOX = ListAddress(list_slug="weekly", role=AddressRole.LIST)
_SENDER = "reader@example.net"
_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsing:
    """The seconds to parse one document in this process and by a warm worker.

    The two take turns, and each figure is the lowest: what else runs on the machine only adds.
    `passing` is what a worker adds: the same octets there and the same values back, without parsing,
    which would drown it on a machine that does other things.
    """

    what: str
    octets: int
    in_process: float
    in_worker: float
    passing: float


def ordinary_feed() -> bytes:
    """A feed with full texts, of about 64 kB."""
    return make_feed(
        "Harbour Press",
        (make_article(number, _NOW - timedelta(hours=number)) for number in range(ITEMS)),
    )


def ordinary_mail() -> bytes:
    """A reader's answer to an issue, as text and as HTML, with what it answers below."""
    story = make_article(1, _NOW)
    issue = "\n\n".join(make_article(number, _NOW).summary for number in range(12))
    words = f"Thank you. I read it twice, and wonder about this:\n{story.body_text[:400]}"
    quoted = "".join(f"> {line}\n" for line in issue.splitlines())
    mail = EmailMessage()
    mail["From"] = "Reader <reader@example.net>"
    mail["To"] = "Weekly <weekly@news.example.org>"
    mail["Subject"] = "Re: Harbours and sensors"
    mail["Date"] = "Mon, 02 Mar 2026 08:00:00 +0000"
    mail["Message-ID"] = "<1.reader@example.net>"
    mail["In-Reply-To"] = "<12.1@news.example.org>"
    mail.set_content(f"{words}\n\nOn Monday, Weekly wrote:\n{quoted}")
    mail.add_alternative(f"<p>{words}</p><blockquote><p>{issue}</p></blockquote>", subtype="html")
    return mail.as_bytes()


def measure_parsing(*, repeats: int) -> list[Parsing]:
    """Both documents, each parsed `repeats` times in this process and by a worker in turn.

    Raises BenchmarkError if a worker reads something else than this process does.
    """
    return [asyncio.run(_measured_feed(repeats)), _measured_mail(repeats)]


async def _measured_feed(repeats: int) -> Parsing:
    feed = SourceContent(body=ordinary_feed())
    what = f"a feed of {ITEMS} entries"

    def here() -> Reading:
        return parse_content("feed", _ORIGIN, feed, False)

    await _require_equal(what, here(), feed_by_worker(feed), feed_by_worker(feed, ready_feed))
    turns = [(_seconds(here), await _seconds_of(feed_by_worker(feed))) for _ in range(repeats)]
    passing = [await _seconds_of(feed_by_worker(feed, ready_feed)) for _ in range(repeats)]
    return _lowest(what, len(feed.body), turns, passing)


def _measured_mail(repeats: int) -> Parsing:
    mail, what = ordinary_mail(), "a reader's answer"

    def here() -> tuple[MailIdentity, Inbound]:
        return read_identity(mail), classify(mail, _MAILBOX, _SENDER)

    def passed() -> tuple[MailIdentity, Inbound]:
        return mail_by_worker(mail, ready_identity, ready_mail)

    if not here() == mail_by_worker(mail) == passed():
        raise _differs(what)
    turns = [(_seconds(here), _seconds(lambda: mail_by_worker(mail))) for _ in range(repeats)]
    return _lowest(what, len(mail), turns, [_seconds(passed) for _ in range(repeats)])


async def feed_by_worker(
    content: SourceContent, parse: Callable[..., Reading] = parse_content
) -> Reading:
    """Parse a feed as gathering does."""
    return await run_in_subprocess(parse, "feed", _ORIGIN, content, False, seconds=_SECONDS)


def mail_by_worker(
    content: bytes,
    identify: Callable[..., MailIdentity] = read_identity,
    read: Callable[..., Inbound] = classify,
) -> tuple[MailIdentity, Inbound]:
    """Parse a mail as receiving does: first its header, then the whole."""
    identity = HANDED_IN.run(identify, content, limits=LIMITS)
    return identity, HANDED_IN.run(read, content, _MAILBOX, _SENDER, limits=LIMITS)


def ready_feed(_kind: str, _origin: Origin, _content: SourceContent, _is_named: bool) -> Reading:
    """What the ordinary feed is read as, which a worker has ready after the first time."""
    return _feed()


def ready_identity(_content: bytes) -> MailIdentity:
    """The same for the header of the ordinary mail."""
    return _mail()[0]


def ready_mail(_content: bytes, _mailbox: ListAddress, _sender: str) -> Inbound:
    """The same for the ordinary mail."""
    return _mail()[1]


@cache
def _feed() -> Reading:
    return parse_content("feed", _ORIGIN, SourceContent(body=ordinary_feed()), False)


@cache
def _mail() -> tuple[MailIdentity, Inbound]:
    mail = ordinary_mail()
    return read_identity(mail), classify(mail, _MAILBOX, _SENDER)


async def _require_equal(what: str, here: object, *there: Awaitable[object]) -> None:
    """Also starts the worker and fills its caches."""
    for reading in there:
        if await reading != here:
            raise _differs(what)


def _differs(what: str) -> BenchmarkError:
    return BenchmarkError(f"{what} is read otherwise by a worker")


def _lowest(
    what: str, octets: int, turns: Sequence[tuple[float, float]], passing: Sequence[float]
) -> Parsing:
    return Parsing(
        what=what,
        octets=octets,
        in_process=min(own for own, _ in turns),
        in_worker=min(worker for _, worker in turns),
        passing=min(passing),
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


async def _seconds_of(work: Awaitable[object]) -> float:
    started = time.perf_counter()
    await work
    return time.perf_counter() - started
