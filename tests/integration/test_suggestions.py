"""What readers suggest, through real sockets: form, mail, page, shelf, issue, letter."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.issues.suggestion import KEPT, READ_AGAIN, SuggestedState, SuggestionWay
from newsletter.listening import listening
from newsletter.pipeline.form_requests import handle_requests
from newsletter.pipeline.own_data import erase, export
from newsletter.pipeline.suggest import OF_ONE
from newsletter.pipeline.suggestion_answers import stop_answers
from newsletter.pipeline.suggestions import block_reader, block_site, blocks, dismiss, unblock
from newsletter.store.suggesting_readers import forget_suggestions
from subscribers.history import Way
from subscribers.unsubscribe import unsubscribe
from tests.factories.mail import READER, link_in
from tests.factories.suggestions import Readers, suggesting_readers

OTHER = "reader1@example.org"
THANKS = "Thank you"


@pytest.fixture
def readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Readers]:
    """A site that takes suggestions."""
    with suggesting_readers(tmp_path, monkeypatch) as running:
        yield running


def rows_with(readers: Readers, words: str) -> list[str]:
    """The tables in which any row has these words."""
    found = []
    with readers.office.site.database.transaction(read_only=True) as connection:
        for table in sa.inspect(connection).get_table_names():
            rows = connection.execute(sa.text(f'SELECT * FROM "{table}"')).all()  # noqa: S608 - our own tables
            found += [table] * any(words in repr(row) for row in rows)
    return found


def test_what_is_suggested_stands_on_the_shelf_and_is_answered_once_when_it_runs(
    readers: Readers,
) -> None:
    """Form, page, shelf, issue, one letter; the letter repeats nothing that the reader wrote."""
    readers.drafted()
    url = readers.public("/lock")
    answer = readers.suggest(url, words="I pass it daily", name="Ann", email=READER)
    assert THANKS in answer.text
    assert readers.read() == 1
    (story,) = readers.stories()
    assert (story.state, story.title) == (SuggestedState.SHELVED, "The old lock opens again")
    assert (story.readers, story.unproven) == (1, 0)

    readers.add()
    readers.sent()

    (letter,) = readers.answers()
    assert letter.recipient == READER
    text = letter.part("plain")
    assert "The old lock opens again" in text
    assert "https://news.example.org/archive/weekly/1" in text
    assert "I pass it daily" not in text
    assert "Ann" not in text
    assert "/u/" in text
    assert readers.told() == 0
    (story,) = readers.stories()
    assert (story.state, story.issue) == (SuggestedState.RAN, "weekly/1")


def test_a_letter_can_be_the_last_of_its_kind(readers: Readers) -> None:
    """The link asks, the button stops these letters alone; the issue goes on."""
    readers.drafted()
    readers.suggest(readers.public("/lock"), email=READER)
    readers.read()
    readers.add()
    readers.sent()
    path = link_in(readers.answers()[0], "no-answer")
    assert "Do not tell me again" in readers.client.get(path).text
    assert "You get no more of these letters" in readers.client.post(path).text
    assert readers.client.post(path).status_code == 200  # pressed twice is pressed once
    assert readers.office.status() == "active"


def test_who_wants_no_more_letters_gets_none(readers: Readers) -> None:
    """It was said after the suggestion and before the issue."""
    readers.drafted()
    readers.suggest(readers.public("/lock"), email=READER)
    readers.read()
    readers.add()
    person = readers.office.person()
    assert person is not None
    stop_answers(readers.office.site, person.id, now=readers.office.now)
    readers.sent()
    assert readers.answers() == []


def test_who_left_before_it_ran_gets_no_letter(readers: Readers) -> None:
    """Whoever does not get the newsletter at that moment is not told; the others are."""
    readers.drafted()
    url = readers.public("/lock")
    readers.suggest(url, email=READER)
    readers.write(f"{url}\nWorth it.", sender=OTHER)
    readers.read()
    readers.add()
    person = readers.office.person()
    assert person is not None
    with readers.office.site.database.transaction() as connection:
        unsubscribe(connection, person.id, "weekly", Way.PAGE, readers.office.now)
    readers.sent()
    assert [one.recipient for one in readers.answers()] == [OTHER]


def test_a_strangers_address_is_neither_kept_nor_written_to(readers: Readers) -> None:
    """Only those who have confirmed are told: the form mails nobody whom somebody names."""
    readers.drafted()
    readers.suggest(readers.public("/lock"), email="victim@example.com", name="Ann")
    assert rows_with(readers, "victim@example.com") == []
    readers.read()
    readers.add()
    readers.sent()
    assert readers.answers() == []


def test_a_mail_suggests(readers: Readers) -> None:
    """A real mail server hands it over: its link, and the words around it."""
    url = readers.public("/lock")
    mail = f"From: {READER}\r\nTo: x\r\nSubject: For you\r\n\r\nLook:\r\n{url}\r\nIt is old.\r\n"
    site = readers.office.with_inbound(lmtp="127.0.0.1:0")
    with listening(site, clock=lambda: readers.office.now) as places:
        host, _, port = places["lmtp"].rpartition(":")
        with smtplib.LMTP(host, int(port)) as client:
            client.sendmail(READER, ["weekly-suggest@news.example.org"], mail)
    readers.read()
    (story,) = readers.stories()
    (said,) = story.suggestions
    assert (said.way, said.is_proven, said.words) == (
        SuggestionWay.MAIL,
        True,
        "Look: It is old.",
    )
    assert readers.office.letters == []  # it is not answered


def test_a_forged_sender_only_counts(readers: Readers) -> None:
    """Nothing of the mail but its link is kept, its victim is not told and not kept out."""
    readers.drafted()
    url = readers.public("/lock")
    forged = readers.write(f"{url}\nBuy now", envelope="robber@example.com")
    assert (forged.kind, forged.action) == ("command", "suggest")
    readers.read()
    (story,) = readers.stories()
    assert (story.readers, story.unproven, story.said) == (0, 1, [])
    readers.write(f"{url}\nMine")
    (story,) = readers.stories()
    assert (story.readers, story.unproven) == (1, 1)
    block_reader(
        readers.office.site,
        "weekly",
        1,
        story.suggestions[0].id,
        editor="ed",
        now=readers.office.now,
    )
    assert readers.write("https://press.example.org/two").action == "suggest"


def test_a_forged_sender_alone_is_never_answered(readers: Readers) -> None:
    """The reader in From gets no letter for what somebody else wrote."""
    readers.drafted()
    readers.write(readers.public("/lock"), envelope="robber@example.com")
    readers.read()
    readers.add()
    readers.sent()
    assert readers.answers() == []


def test_a_mail_without_a_link_goes_to_the_editors(readers: Readers) -> None:
    """It may be a letter, and is not lost."""
    assert readers.write("Please write about the lock.").action == "forward"
    assert readers.stories() == []


def test_one_reader_cannot_fill_the_shelf(readers: Readers) -> None:
    """Of 50 mails of one reader in a day ten are kept, and the rest say why not."""
    done = [readers.write(f"https://press.example.org/{n}", send=False) for n in range(50)]
    assert [one.action for one in done] == ["suggest"] * OF_ONE.most + ["none"] * 40
    assert len(readers.stories()) == OF_ONE.most


def test_one_network_cannot_fill_the_shelf_by_the_form(readers: Readers) -> None:
    """The page says so after ten in a day."""
    answers = [readers.suggest(f"https://press.example.org/{n}") for n in range(12)]
    assert [one.status_code for one in answers] == [200] * OF_ONE.most + [429] * 2
    assert len(readers.stories()) == OF_ONE.most


def test_the_same_reader_counts_once_and_several_count_together(readers: Readers) -> None:
    """Twice is once; the second address of a story joins the first."""
    url = readers.public("/lock")
    for sender in (READER, READER, OTHER):
        readers.write(url, sender=sender)
    (story,) = readers.stories()
    assert story.readers == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/x",
        "http://[::1]/x",
        "http://localhost/x",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.8/x",
        "https://intranet/x",
        "https://nas.local/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "no link",
        "",
    ],
)
def test_hostile_links_are_refused(readers: Readers, url: str) -> None:
    """The form says so, and nothing is kept."""
    answer = readers.suggest(url)
    assert answer.status_code == 422
    assert "everybody can read" in answer.text
    readers.write(f"{url}\nhere", send=False)
    assert readers.stories() == []


def test_private_pages_are_not_fetched_for_a_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where the site allows them to its own sources, nor after a redirect."""
    tables = '[fetch]\nallow_private = ["127.0.0.1"]\n'
    with suggesting_readers(tmp_path, monkeypatch, tables=tables) as readers:
        secret = readers.pages.put("/secret", "<title>Secret</title>", "text/html")
        public = readers.public("/way")
        readers.pages.redirect("/way", secret)
        readers.suggest(public)
        for _ in range(4):
            readers.read()
            readers.office.now += READ_AGAIN
        (story,) = readers.stories()
        assert story.state is SuggestedState.UNREADABLE
        assert "private address" in story.problem
        assert [one.path for one in readers.pages.seen if one.path == "/secret"] == []
        assert len(readers.pages.seen) == 3


def test_a_story_that_a_source_has_is_joined_and_not_fetched(readers: Readers) -> None:
    """Its address is known: the shelf names the source's article."""
    issue = readers.drafted()
    known = issue.items[0].article
    readers.suggest(f"{known.url}?utm_source=x")
    readers.read()
    (story,) = readers.stories()
    assert (story.key, story.title) == (known.key, known.title)
    assert readers.pages.seen == []


def test_a_story_that_was_sent_is_not_suggested_again(readers: Readers) -> None:
    """Its readers know it: it does not come to the shelf, and nobody is told."""
    issue = readers.drafted()
    readers.sent()
    readers.suggest(issue.items[0].article.url, email=READER)
    readers.read()
    (story,) = readers.stories()
    assert (story.state, story.issue) == (SuggestedState.SENT_BEFORE, "weekly/1")
    assert readers.told() == 0


def test_the_form_is_guarded_like_the_one_to_sign_up(readers: Readers) -> None:
    """A trap, an old or missing stamp and one used before lead back to the form."""
    url, other = "https://press.example.org/1", "https://press.example.org/2"
    stamp = readers.stamp()
    trapped = {"url": url, "stamp": stamp, "website": "x"}
    assert "One more click" in readers.client.post("/suggest/weekly", data=trapped).text
    assert "One more click" in readers.client.post("/suggest/weekly", data={"url": url}).text
    joining = readers.client.get("/join/weekly").text.partition('name="stamp" value="')[2]
    of_another = {"url": url, "stamp": joining.partition('"')[0]}
    assert "One more click" in readers.client.post("/suggest/weekly", data=of_another).text
    first = {"url": url, "stamp": stamp}
    assert THANKS in readers.client.post("/suggest/weekly", data=first).text
    assert THANKS in readers.client.post("/suggest/weekly", data=first).text  # pressed twice
    again = {"url": other, "stamp": stamp}
    assert "One more click" in readers.client.post("/suggest/weekly", data=again).text
    handle_requests(readers.office.site, readers.office.now)
    assert [story.url for story in readers.stories()] == [url]


def test_the_bookmark_fills_the_form_in(readers: Readers) -> None:
    """The page offers a link that no page of ours runs, and shows what it brings as text."""
    page = readers.client.get("/suggest/weekly", params={"url": 'x"><b>', "title": "<i>T"})
    assert 'value="x&#34;&gt;&lt;b&gt;"' in page.text
    assert 'value="&lt;i&gt;T"' in page.text
    assert "https://news.example.org/suggest/weekly?url=" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]


def test_without_the_setting_there_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No page, no link to it, no address."""
    with suggesting_readers(tmp_path, monkeypatch, keys="") as readers:
        assert readers.client.get("/suggest/weekly").status_code == 404
        assert readers.client.post("/suggest/weekly", data={"url": "x"}).status_code == 404
        assert "/suggest/" not in readers.client.get("/").text
        assert readers.write("https://press.example.org/1").action != "suggest"


def test_a_newsletter_for_its_readers_takes_only_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no page, and mail counts only if one of them is proven to have written it."""
    keys = "suggestions = true\npublic = false\n"
    with suggesting_readers(tmp_path, monkeypatch, keys=keys) as readers:
        assert readers.client.get("/suggest/weekly").status_code == 404
        link = "https://press.example.org/1"
        assert readers.write(link, sender="stranger@example.com").action == "none"
        assert readers.write(link).action == "suggest"


def test_dismissed_and_blocked(readers: Readers) -> None:
    """What is blocked comes no more, and how often it was tried is counted."""
    site, now = readers.office.site, readers.office.now
    for number, host in enumerate(("press.example.org", "spam.example.com", "a.spam.example.com")):
        readers.suggest(f"https://{host}/{number}")
    assert dismiss(site, "weekly", 1, editor="ed", now=now)
    assert not dismiss(site, "weekly", 1, editor="ed", now=now)
    assert block_site(site, "weekly", 2, editor="ed", now=now) == "spam.example.com"
    assert {story.state for story in readers.stories()} == {SuggestedState.DISMISSED}
    assert THANKS in readers.suggest("https://b.spam.example.com/4").text
    assert len(readers.stories()) == 3
    assert [(one.label, one.refused) for one in blocks(site)] == [("spam.example.com", 1)]
    unblock(site, blocks(site)[0].id, editor="ed", now=now)
    readers.suggest("https://b.spam.example.com/4")
    assert len(readers.stories()) == 4


def test_a_blocked_reader_is_thanked_and_not_kept(readers: Readers) -> None:
    """What they alone suggested goes; what others suggested as well stays."""
    site, now = readers.office.site, readers.office.now
    shared, own = "https://press.example.org/1", "https://press.example.org/2"
    readers.write(shared)
    readers.write(shared, sender=OTHER)
    readers.write(own)
    first = readers.stories()[0].suggestions[0].id
    block_reader(site, "weekly", 1, first, editor="ed", now=now)
    assert [story.state.value for story in readers.stories()] == ["waiting", "dismissed"]
    assert readers.write("https://press.example.org/3").action == "none"
    assert blocks(site)[0].refused == 1
    assert READER not in repr(blocks(site))


def test_ones_own_suggestions_are_shown_and_erased(readers: Readers) -> None:
    """Name and words go with the reader; what somebody else suggested as well stays."""
    site = readers.office.site
    url = "https://press.example.org/shared"
    readers.suggest(url, words="Dear to me", name="Annabel", email=READER)
    readers.write(url, sender=OTHER)
    readers.write("https://press.example.org/own")
    person = readers.office.person()
    assert person is not None
    known = export(site, person.id)
    assert known is not None
    assert [one["words"] for one in known["suggestions"]] == ["Dear to me", ""]
    erase(site, READER, now=readers.office.now)
    assert rows_with(readers, "Annabel") == []
    assert rows_with(readers, "Dear to me") == []
    assert [(story.url, story.readers) for story in readers.stories()] == [(url, 1)]


def test_old_suggestions_are_forgotten(readers: Readers) -> None:
    """After 90 days nothing is left of them."""
    readers.suggest("https://press.example.org/1", name="Annabel")
    with readers.office.site.database.transaction() as connection:
        forget_suggestions(connection, readers.office.now + KEPT - timedelta(days=1))
    assert len(readers.stories()) == 1
    with readers.office.site.database.transaction() as connection:
        forget_suggestions(connection, readers.office.now + KEPT + timedelta(days=1))
    assert rows_with(readers, "Annabel") == []
