from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.inbound.command_words import Verb
from subscribers.inbound.commands import Command, parse_command, read_command
from subscribers.inbound.list_addresses import AddressRole, ListAddress
from subscribers.inbound.reading import parse_message

TOKEN = "WzEsIndlZWtseSJd.8w7WnHpDBl09WrsNoLnRtkA-Gv3p8eiOz0sH1AigsCw"


def asked(
    text: str,
    *,
    subject: str = "",
    role: AddressRole = AddressRole.REQUEST,
    detail: str = "",
    html: str = "",
) -> Command | None:
    """The command in a mail with this text to `weekly-ROLE@`."""
    message = EmailMessage()
    message["From"] = "jo@example.org"
    message["Subject"] = subject
    if html:
        message.set_content(html, subtype="html")
    else:
        message.set_content(text)
    mailbox = ListAddress(list_slug="weekly", role=role, detail=detail)
    return read_command(parse_message(message.as_bytes()), mailbox)


@pytest.mark.parametrize(
    ("line", "verb", "words"),
    [
        ("subscribe", Verb.SUBSCRIBE, ()),
        ("Subscribe weekly", Verb.SUBSCRIBE, ()),
        ("UNSUBSCRIBE!", Verb.UNSUBSCRIBE, ()),
        ("please unsubscribe me.", Verb.UNSUBSCRIBE, ()),
        ("Bitte abmelden", Verb.UNSUBSCRIBE, ()),
        ("退订", Verb.UNSUBSCRIBE, ()),
        ("إلغاء الاشتراك", Verb.UNSUBSCRIBE, ()),
        ("Re: AW: help", Verb.HELP, ()),
        (f"confirm {TOKEN}", Verb.CONFIRM, (TOKEN,)),
        (f"Re: confirm {TOKEN}", Verb.CONFIRM, (TOKEN,)),
        ("tags", Verb.TAGS, ()),
        ("tags +security -reviews", Verb.TAGS, ("+security", "-reviews")),
        ("tags  +künstliche-intelligenz", Verb.TAGS, ("+künstliche-intelligenz",)),
        ("pause", Verb.PAUSE, ()),
        ("pause 2 weeks", Verb.PAUSE, ("2",)),
        ("pause until 2026-04-01", Verb.PAUSE, ("2026-04-01",)),
        ("resume", Verb.RESUME, ()),
        ("which", Verb.WHICH, ()),
        ("erase me", Verb.ERASE, ()),
        ("Hilfe", Verb.HELP, ()),
        ("S\N{RIGHT SINGLE QUOTATION MARK}abonner", Verb.SUBSCRIBE, ()),
        ("darme de baja", Verb.UNSUBSCRIBE, ()),
        ("订阅 weekly", Verb.SUBSCRIBE, ()),
        ("اشتراك", Verb.SUBSCRIBE, ()),
        ("Themen +security", Verb.TAGS, ("+security",)),
        ("Pause 2 Wochen", Verb.PAUSE, ("2",)),
        ("pause jusqu'au 2026-04-01", Verb.PAUSE, ("2026-04-01",)),
        ("暂停 3周", Verb.PAUSE, ("3",)),
        ("إيقاف مؤقت 2 أسابيع", Verb.PAUSE, ("2",)),
        ("reanudar", Verb.RESUME, ()),
        ("meine Daten löschen", Verb.ERASE, ()),
        (f"Bestätigen {TOKEN}", Verb.CONFIRM, (TOKEN,)),
    ],
)
def test_a_line_is_a_command(line: str, verb: Verb, words: tuple[str, ...]) -> None:
    """In any case, with the list's name or a full stop, in several languages."""
    assert parse_command(line, "weekly") == Command(verb=verb, words=words)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "I would like to subscribe",
        "subscribe address=mo@example.org",
        "subscribe mo@example.org",
        "unsubscribe mo@example.org",
        "unsubscribe monthly",
        "Please help me to understand the third article",
        "the tags are wrong",
        "confirm",
        "confirm my appointment",
        "pause until tomorrow",
        "tags security",
        "stop the presses",
    ],
)
def test_a_sentence_is_no_command(line: str) -> None:
    """Only a line that is nothing else counts, and no other person's address is an argument."""
    assert parse_command(line, "weekly") is None


@given(st.text(max_size=600))
def test_any_line_is_a_command_or_none(line: str) -> None:
    """No text raises."""
    parse_command(line, "weekly")


@pytest.mark.parametrize(
    ("role", "verb"),
    [
        (AddressRole.SUBSCRIBE, Verb.SUBSCRIBE),
        (AddressRole.UNSUBSCRIBE, Verb.UNSUBSCRIBE),
        (AddressRole.HELP, Verb.HELP),
    ],
)
def test_an_address_may_be_the_command(role: AddressRole, verb: Verb) -> None:
    """Whatever the mail says: `weekly-leave@` leaves."""
    assert asked("help\n", subject="subscribe", role=role) == Command(verb=verb)


def test_any_answer_to_the_question_confirms() -> None:
    """The token is in the address that the answer goes to."""
    answer = asked(
        "Ja, gerne!", subject="Re: Please confirm", role=AddressRole.CONFIRM, detail=TOKEN
    )
    assert answer == Command(verb=Verb.CONFIRM, words=(TOKEN,))


def test_the_subject_comes_first_and_one_command_counts() -> None:
    """Further commands are not carried out: one answer per mail."""
    assert asked("help\nunsubscribe\n", subject="which") == Command(verb=Verb.WHICH)
    assert asked("help\nunsubscribe\n", subject="Hello") == Command(verb=Verb.HELP)


def test_a_greeting_may_stand_before_the_command() -> None:
    """A short line, and one: what stands further down is a letter's."""
    assert asked("Dear robot,\n\nresume\n") == Command(verb=Verb.RESUME)
    assert asked("I have read your mail about this.\nresume\n") is None
    assert asked("Hello\nJo here\nresume\n") is None


@pytest.mark.parametrize("role", [AddressRole.LIST, AddressRole.REQUEST])
def test_an_everyday_word_begins_a_letter(role: AddressRole) -> None:
    """ "Stop" and a name leave; "Stop" and what should be stopped is a letter to the editors."""
    assert asked("Stop!\nKind regards, Jo", role=role) == Command(verb=Verb.UNSUBSCRIBE)
    assert asked("Stop!\nBefore you print it, look at the second table again.", role=role) is None
    assert asked("Baja\n", role=role) == Command(verb=Verb.UNSUBSCRIBE)


QUOTES = {
    "prefixed": "Thanks for the mail.\n> unsubscribe\n",
    "On … wrote": "Hello\n\nOn Mon, 2 Mar 2026 at 09:30, Weekly wrote:\n\nunsubscribe\n",
    "Am … schrieb": "Hallo\n\nAm 2.3.2026 um 09:30 schrieb Weekly:\nunsubscribe\n",
    "中文": "你好\n\n2026年3月2日 weekly@news.example.org 写道：\n退订\n",
    "rule": "Hello\n-----Ursprüngliche Nachricht-----\nunsubscribe\n",
    "header": "Bonjour\nDe : Weekly <weekly@news.example.org>\nunsubscribe\n",
    "underscores": "Hola\n________________________________\nunsubscribe\n",
    "signature": "Hello\n-- \nunsubscribe\n",
    "phone": "Hello\nSent from my phone\nunsubscribe\n",
    "late": "One\nTwo\nThree\nFour\nFive\nunsubscribe\n",
}


@pytest.mark.parametrize("text", QUOTES.values(), ids=list(QUOTES))
def test_what_is_quoted_or_signed_is_not_said(text: str) -> None:
    """In any language's way of quoting."""
    assert asked(text) is None


@pytest.mark.parametrize("text", QUOTES.values(), ids=list(QUOTES))
def test_a_command_above_a_quote_is_heard(text: str) -> None:
    """Whatever stands below it."""
    assert asked(f"resume\n\n{text}") == Command(verb=Verb.RESUME)


def test_html_mail_is_heard() -> None:
    """A mail without a plain part, as some programs write."""
    html = "<div dir=auto><p>tags&nbsp;+security</p></div><div class='gmail_quote'>help</div>"
    assert asked("", html=html) == Command(verb=Verb.TAGS, words=("+security",))


@pytest.mark.parametrize("role", [AddressRole.LIST, AddressRole.OWNER])
def test_a_reply_to_an_issue_may_leave_and_nothing_else(role: AddressRole) -> None:
    """A letter that only says so; its subject is the issue's, and no word of the reader."""
    leave = Command(verb=Verb.UNSUBSCRIBE)
    assert asked("Unsubscribe\n\n> News", subject="Re: Issue 12", role=role) == leave
    assert asked("", subject="unsubscribe", role=role) == leave
    assert asked("", subject="Re: Unsubscribe", role=role) is None
    assert asked("Great issue!\nunsubscribe\n", subject="Re: Issue 12", role=role) is None
    assert asked("help", subject="help", role=role) is None


def test_nothing_is_asked_of_the_bounce_address() -> None:
    """Only machines write there, or people by mistake."""
    assert asked("unsubscribe", subject="unsubscribe", role=AddressRole.BOUNCES) is None


@pytest.mark.parametrize("role", [AddressRole.LIST, AddressRole.OWNER, AddressRole.REQUEST])
def test_a_newsletters_heading_is_no_command(role: AddressRole) -> None:
    """A newsletter's text that begins with its own link for unsubscribing ends nobody's subscription."""
    link = "https://shop.example.net/unsubscribe?of=jo@example.org"
    news = f"\n{'=' * 70}\nThis week: new shoes.\n"
    assert asked(f"unsubscribe\n{link}\n{news}", role=role) is None
    assert asked(f"Unsubscribe\n\n<{link}>\n{news}", role=role) is None
    assert (
        asked("Unsubscribe:\nPlease send a blank mail to: unsub@shop.example.net\n", role=role)
        is None
    )
    leave = Command(verb=Verb.UNSUBSCRIBE)
    assert asked("Unsubscribe:\n", role=role) == leave
    assert asked("Unsubscribe\nJo, https://jo.example.org\n", role=role) == leave
