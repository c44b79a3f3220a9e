"""Measures what it costs to parse an ordinary feed and mail in a worker process, not in this one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

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
_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsing:
    """The seconds to parse one document in this process and by a warm worker.

    The two take turns, and each figure is the lowest: what else runs on the machine only adds.
    """

    what: str
    octets: int
    in_process: float
    in_worker: float

    @property
    def added(self) -> float:
        """The seconds that the worker adds."""
        return self.in_worker - self.in_process


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
    """Both documents, each parsed `repeats` times in this process and by a worker in turn."""
    feed, mail = SourceContent(body=ordinary_feed()), ordinary_mail()
    return [
        _measured(
            f"a feed of {ITEMS} entries",
            len(feed.body),
            lambda: parse_content("feed", _ORIGIN, feed, False),
            lambda: asyncio.run(feed_by_worker(feed)),
            repeats,
        ),
        _measured(
            "a reader's answer",
            len(mail),
            lambda: (read_identity(mail), classify(mail, _MAILBOX, "reader@example.net")),
            lambda: mail_by_worker(mail),
            repeats,
        ),
    ]


async def feed_by_worker(content: SourceContent) -> Reading:
    """Parse a feed as gathering does."""
    return await run_in_subprocess(parse_content, "feed", _ORIGIN, content, False, seconds=_SECONDS)


def mail_by_worker(content: bytes) -> tuple[MailIdentity, Inbound]:
    """Parse a mail as receiving does: first its header, then the whole."""
    identity = HANDED_IN.run(read_identity, content, limits=LIMITS)
    sender = "reader@example.net"
    return identity, HANDED_IN.run(classify, content, _MAILBOX, sender, limits=LIMITS)


def _measured(
    what: str,
    octets: int,
    here: Callable[[], object],
    there: Callable[[], object],
    repeats: int,
) -> Parsing:
    """Raises BenchmarkError if the worker reads something else than this process does."""
    if here() != there():  # also starts the worker and fills the caches
        raise BenchmarkError(f"{what} is read otherwise by a worker")
    turns = [(_seconds(here), _seconds(there)) for _ in range(repeats)]
    return Parsing(
        what=what,
        octets=octets,
        in_process=min(own for own, _ in turns),
        in_worker=min(worker for _, worker in turns),
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
