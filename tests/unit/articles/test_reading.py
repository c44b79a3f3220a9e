"""Sources are read side by side, each with its own reading."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event, Lock

from newsletter.articles.fetch import FetchMemory
from newsletter.articles.read_sources import read_sources
from newsletter.articles.reading import Reading
from newsletter.articles.tags import Vocabulary, make_vocabulary
from newsletter.config.settings import FetchSettings, SourceSettings
from tests.servers.feeds import FeedServer, respond

NOW = datetime(2026, 5, 13, 7, 0, tzinfo=UTC)
DATA = Path(__file__).parents[2] / "data" / "articles"
FEED = (
    "<rss version='2.0'><channel><title>Example News</title><item><title>Bridge</title>"
    "<link>https://example.org/bridge</link><pubDate>Tue, 12 May 2026 09:30:00 GMT</pubDate>"
    "</item></channel></rss>"
)


async def read(
    *sources: SourceSettings,
    folder: Path = DATA,
    memories: dict[str, FetchMemory] | None = None,
    vocabulary: Vocabulary | None = None,
    now: datetime = NOW,
) -> list[Reading]:
    """What is read from the sources."""
    return await read_sources(
        sources,
        settings=FetchSettings(allow_private=("127.0.0.0/8",), timeout=timedelta(seconds=5)),
        vocabulary=vocabulary or make_vocabulary([], {}),
        memories=memories or {},
        folder=folder,
        now=now,
    )


async def test_every_kind_of_source_is_read_in_order(server: FeedServer, tmp_path: Path) -> None:
    """Feed, page, dump and folder; by address and by path; each under its name."""
    (tmp_path / "note.md").write_text("# A note\n\nText.", encoding="utf-8")
    dump = (DATA / "textdump" / "byline-above.txt").read_text(encoding="utf-8")
    readings = await read(
        SourceSettings(feed=server.put("/rss", FEED)),
        SourceSettings(feed=server.url("/rss"), name="The Feed"),
        SourceSettings(page=str(DATA / "pages" / "bridge.html")),
        SourceSettings(textdump="textdump/german.txt"),
        SourceSettings(textdump=server.put("/dump.txt", dump, "text/plain; charset=utf-8")),
        SourceSettings(folder=str(tmp_path), name="Notes"),
    )
    assert [(reading.source, reading.articles[0].title) for reading in readings] == [
        ("Example News", "Bridge"),
        ("The Feed", "Bridge"),
        ("Example Times", "Harbour bridge reopens"),
        ("german.txt", "Stadtbibliothek verleiht jetzt auch Werkzeug"),
        ("127.0.0.1", "Harbour bridge reopens after eleven weeks of repairs"),
        ("Notes", "A note"),
    ]
    assert all(article.source == r.source for r in readings for article in r.articles)
    assert [reading.memory is not None for reading in readings] == [
        *(True, True, False, False, True, False),
    ]


async def test_the_seed_article_comes_out_whole() -> None:
    """Title, deck, six paragraphs, by-line, five tags, and nothing of the page's boilerplate."""
    (reading,) = await read(SourceSettings(textdump="textdump/good-gear-guide.txt"))
    (article,) = reading.articles
    assert reading.findings == ()
    assert article.title == "China calls for cooperation rather than war in cyberspace"
    assert article.summary == (
        "China's foreign minister denied claims that the country supported cyberattacks"
    )
    assert len(article.body_text.split("\n\n")) == 6
    assert (article.author, article.agency) == ("Michael Kan", "IDG News Service")
    assert [tag.label for tag in article.tags] == [
        *("intrusion", "security", "data breach", "Mandiant", "government"),
    ]
    for boilerplate in ("Keep up", "Comments", "Q702", "Jobs", "Kathy", "Sign up", "Tags"):
        assert boilerplate not in article.body_text + article.body_html


async def test_a_source_s_own_tags_come_after_the_article_s() -> None:
    """Configured tags are added to each article, through the same aliases."""
    vocabulary = make_vocabulary(["Libraries"], {"bibliotheken": "libraries"})
    source = SourceSettings(textdump="textdump/german.txt", tags=("german", "Bibliotheken"))
    (reading,) = await read(source, vocabulary=vocabulary)
    assert [tag.label for tag in reading.articles[0].tags] == [
        *("Libraries", "Werkzeug", "Teilen", "german"),
    ]


async def test_tags_that_stay_glued_are_reported() -> None:
    """What may be several tags is kept, and named with what to do."""
    (reading,) = await read(SourceSettings(textdump="textdump/unsplittable.txt"))
    (finding,) = reading.findings
    assert finding.severity == "warning"
    assert "'zzyvaphlonquor'" in finding.message
    assert "[tags] known" in finding.fix


async def test_a_dump_without_a_date_has_its_file_s(tmp_path: Path) -> None:
    """The file's time counts; a dump by address has its Last-Modified."""
    path = tmp_path / "dump.txt"
    path.write_text("Bridge opens\n\nIt was late.\n", encoding="utf-8")
    os.utime(path, (1_778_500_000, 1_778_500_000))
    (reading,) = await read(SourceSettings(textdump="dump.txt"), folder=tmp_path)
    assert reading.articles[0].published == datetime.fromtimestamp(1_778_500_000, UTC)


async def test_another_text_in_the_same_file_is_another_article(tmp_path: Path) -> None:
    """A dump has no address: what it says is what it is."""
    keys = []
    for title in ("Bridge opens", "Bridge closes"):
        (tmp_path / "dump.txt").write_text(f"{title}\n\nIt was late.\n", encoding="utf-8")
        (reading,) = await read(SourceSettings(textdump="dump.txt"), folder=tmp_path)
        keys.append(reading.articles[0].key)
    assert len(set(keys)) == 2


async def test_a_failing_source_is_a_finding_beside_the_others(server: FeedServer) -> None:
    """Missing files and refusing servers are failures with a fix; the rest is read."""
    readings = await read(
        SourceSettings(textdump="nowhere.txt"),
        SourceSettings(page="nowhere.html"),
        SourceSettings(folder="nowhere"),
        SourceSettings(feed=server.url("/nowhere")),
        SourceSettings(feed="http://nowhere.invalid/rss"),
        SourceSettings(feed=server.put("/rss", FEED)),
    )
    for reading in readings[:-1]:
        (finding,) = reading.findings
        assert (finding.severity, bool(finding.fix), reading.articles) == ("failure", True, ())
    assert len(readings[-1].articles) == 1


async def test_an_unchanged_source_is_not_read_again(server: FeedServer) -> None:
    """With the memory of the first reading, the second has nothing new and says so."""
    source = SourceSettings(feed=server.put("/rss", FEED, headers={"ETag": '"1"'}))
    (first,) = await read(source)
    assert first.memory is not None
    (second,) = await read(source, memories={source.location: first.memory})
    assert (second.unchanged, second.articles, second.findings) == (True, (), ())
    assert second.memory == first.memory


async def test_what_could_not_be_read_is_not_remembered_as_known(server: FeedServer) -> None:
    """An error page that stays the same stays a failure, and the feed behind it is not forgotten."""
    source = SourceSettings(feed=server.put("/rss", FEED))
    (good,) = await read(source)
    assert good.memory is not None
    server.put("/rss", "<html><body>Sorry</body></html>")
    memories = {source.location: good.memory}
    for _ in range(2):
        (failed,) = await read(source, memories=memories)
        assert [finding.severity for finding in failed.findings] == ["failure"]
        assert failed.memory == good.memory
        memories = {source.location: failed.memory}
    server.put("/rss", FEED)
    assert (await read(source, memories=memories))[0].unchanged


async def test_a_pause_that_was_asked_for_is_remembered(server: FeedServer) -> None:
    """Retry-After goes into the memory, and the validators stay."""
    source = SourceSettings(
        feed=server.put("/rss", "", status=503, headers={"Retry-After": "3600"})
    )
    known = FetchMemory(source=source.location, etag='"1"')
    (reading,) = await read(source, memories={source.location: known})
    assert reading.memory == replace(known, not_before=NOW + timedelta(hours=1))


async def test_a_move_is_told(server: FeedServer) -> None:
    """A permanent redirect is followed, and its target named."""
    target = server.put("/new", FEED)
    (reading,) = await read(SourceSettings(feed=server.redirect("/old", target, 301)))
    assert len(reading.articles) == 1
    assert [(f.severity, f.fix) for f in reading.findings] == [
        ("notice", f"use its new address: {target}")
    ]


class Overlap:
    """Answers requests with a feed, and counts how many it answers at the same time."""

    def __init__(self, closing: Event) -> None:
        self.most = 0
        self._now = 0
        self._counting = Lock()
        self._closing = closing

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request, after a pause in which others may come."""
        with self._counting:
            self._now += 1
            self.most = max(self.most, self._now)
        self._closing.wait(0.05)
        with self._counting:
            self._now -= 1
        respond(request, FEED.encode())


async def test_no_more_than_eight_hosts_are_read_at_once() -> None:
    """A site of many sources does not open them all in one moment, and each gets its full time."""
    overlap = Overlap(Event())
    with ExitStack() as stack:
        servers = [stack.enter_context(FeedServer(f"127.0.0.{n}")) for n in range(1, 21)]
        feeds = [SourceSettings(feed=server.on("/", overlap.answer)) for server in servers]
        readings = await read(*feeds)
    assert all(len(reading.articles) == 1 for reading in readings)
    assert 1 < overlap.most <= 8


async def test_a_host_gets_one_connection_at_a_time(server: FeedServer) -> None:
    """Several sources of one host are read one after another."""
    overlap = Overlap(server.closing)
    feeds = [SourceSettings(feed=server.on(f"/{n}", overlap.answer)) for n in range(5)]
    readings = await read(*feeds)
    assert all(len(reading.articles) == 1 for reading in readings)
    assert overlap.most == 1
