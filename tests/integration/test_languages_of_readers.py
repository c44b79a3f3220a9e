"""A site in another language than English: every letter and every page of a reader's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.own_data import answer_move, ask_to_move, confirm_move
from newsletter.pipeline.reader_letters import put_letter
from newsletter.rendering.theme import shipped_templates
from newsletter.web.app import make_app
from subscribers.letters import LetterRequest, Template
from subscribers.tokens import Purpose, TokenSubject
from tests.demo.catcher import CaughtMail
from tests.factories.mail import PostOffice, link_in, post_office, reader_pages
from tests.servers.web import serving, web_client

LANGUAGES = ("de", "fr", "es", "zh", "ar")
NEWCOMER, OTHER = "new@example.org", "reader1@example.org"


@pytest.fixture(params=LANGUAGES)
def office(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[PostOffice]:
    """A site in one of the languages."""
    with post_office(tmp_path, language=request.param, keys="suggestions = true") as running:
        yield running


def english(language: str) -> list[str]:
    """The English of every sentence, without its values, that the language says otherwise."""
    with (shipped_templates() / "words" / f"{language}.po").open("rb") as file:
        told = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    pieces = [piece.strip() for sentence in told for piece in re.split(r"%\(\w+\)s", sentence)]
    return [piece for piece in pieces if piece.count(" ") >= 2]


def test_every_letter_speaks_it(office: PostOffice) -> None:
    """All of them, subject and both parts; Arabic from the right; commands in its own words."""
    language = office.site.settings.site.language
    letters = list(_all_letters(office))
    assert len(letters) == len(Template)
    for letter in letters:
        words = f"{letter.message['Subject']}\n{letter.part('plain')}\n{letter.part('html')}"
        assert [piece for piece in english(language) if piece in words] == [], words
        direction = "rtl" if language == "ar" else "ltr"
        assert f'<html lang="{language}" dir="{direction}">' in letter.part("html")


def test_every_page_speaks_it(office: PostOffice) -> None:
    """The pages, what comes of their forms, and those that say what went wrong."""
    language = office.site.settings.site.language
    app = make_app(office.site, clock=lambda: office.now)
    with serving(app) as base, web_client(base_url=base) as client:
        paths = reader_pages(office)
        answers = [client.get(path) for path in paths]
        unsubscribe, preferences = paths[2], paths[3]
        for action in ("save", "pause", "resume", "move", "export", "nonsense"):
            form = {"action": action, "weeks": "4", "email": "other@example.org"}
            answers.append(client.post(preferences, data=form))
        answers.append(client.post(preferences, data={"action": "move", "email": "@"}))
        answers += [
            client.post(unsubscribe, data={"action": action, "reason": "often"})
            for action in ("unsubscribe", "undo", "unsubscribe", "reason")
        ]
        answers.append(client.post("/join/weekly", data={"email": NEWCOMER}))
        answers.append(client.get("/suggest/weekly"))
        for url in ("https://press.example.org/1", "http://localhost/"):
            answers.append(client.post("/suggest/weekly", data={"url": url}))
        answers.append(client.post("/links/weekly", data={"email": NEWCOMER}))
        said = client.post("/join/weekly", json={"email": "@"}).json()["error"]["message"]
    for answer in answers:
        assert f'lang="{language}"' in answer.text
        assert [piece for piece in english(language) if piece in answer.text] == [], answer.text
    assert said not in english(language)


def _told(office: PostOffice, template: Template, **words: object) -> CaughtMail:
    """A letter that no mail of the reader's asks for."""
    person = office.person(OTHER)
    assert person is not None
    letter = LetterRequest(
        template=template,
        address=OTHER,
        list_slug="weekly",
        subscriber_id=person.id,
        words=words,
    )
    with office.site.database.transaction() as connection:
        assert put_letter(office.site, connection, letter, office.now)
    flush(office.site, lambda: office.now)
    return office.last()


def _all_letters(office: PostOffice) -> Iterator[CaughtMail]:
    """Each letter there is, as its reader gets it."""
    issue = "https://news.example.org/archive/weekly/1"
    yield _told(office, Template.SUGGESTED, stories=["X"], issue=issue)
    yield _told(office, Template.FEED, addresses={"Atom": "https://news.example.org/feed/x.atom"})
    office.mail("weekly-join", sender=NEWCOMER)
    yield office.last()  # confirm
    answer = str(office.last().message["Reply-To"]).partition("@")[0]
    office.mail(answer, sender=NEWCOMER, text="ok")
    yield office.last()  # welcome
    office.mail("weekly-join", sender=OTHER)
    yield office.last()  # already
    for number, subject in enumerate(("help", "tags", "which")):
        office.mail("weekly-request", sender=f"reader{number}@example.org", subject=subject)
        yield office.last()
    office.mail(
        "weekly-request", sender="reader3@example.org", subject="pause", envelope="x@x.example"
    )
    yield office.last()  # links
    office.mail("weekly-request", subject="pause 2 weeks")
    yield office.last()  # changed
    office.mail("weekly-request", subject="erase")
    yield office.last()
    yield from _about_the_page(office)
    office.mail("weekly-leave")
    yield office.last()  # goodbye


def _about_the_page(office: PostOffice) -> Iterator[CaughtMail]:
    reader = office.person(OTHER)
    assert reader is not None
    subject = TokenSubject(subscriber_id=reader.id, list_slug="weekly")
    app = make_app(office.site, clock=lambda: office.now)
    link = f"/p/{office.site.tokens.make(Purpose.PREFERENCES, reader.id, 'weekly')}"
    with serving(app) as base, web_client(base_url=base) as client:
        before = len(office.letters)
        assert client.post(link, data={"action": "export"}).status_code == 200
        assert office.catcher.wait_for(before + 1)
        office.settle()
        yield office.last()  # export
    ask_to_move(office.site, subject, "other@example.org", now=office.now)
    flush(office.site, lambda: office.now)
    yield office.last()  # move
    token = link_in(office.last(), "move").rpartition("/")[2]
    change = office.site.tokens.read(Purpose.MOVE, token).subscriber_id
    confirm_move(office.site, change, now=office.now)
    flush(office.site, lambda: office.now)
    yield office.last()  # move_answer
    answer_move(office.site, change, agreed=True, now=office.now)
    flush(office.site, lambda: office.now)
    yield office.last()  # moved
