"""Readers who ask in their own words to get no more mail are understood, and letters stay letters."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.inbound.command_words import Verb
from subscribers.inbound.commands import Command, read_command
from subscribers.inbound.leave_sentences import asks_to_leave, is_greeting
from subscribers.inbound.list_addresses import AddressRole, ListAddress
from tests.effort import at_most

LEAVE = Command(verb=Verb.UNSUBSCRIBE)
QUOTE = "\n\nOn Mon, 2 Mar 2026 at 07:00, Weekly <weekly@example.org> wrote:\n> News\n"


def answered(text: str, *, subject: str = "Re: Good Gear Weekly No. 12") -> Command | None:
    """What a reader's answer to an issue asks for."""
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content(text + QUOTE)
    return read_command(message, ListAddress(list_slug="weekly", role=AddressRole.LIST))


@pytest.mark.parametrize(
    "text",
    [
        "Please remove me from your list",
        "take me off your mailing list please",
        "Can you please take me off this list?",
        "Please unsubscribe me from this newsletter",
        "I would like to unsubscribe from your newsletter.",
        "I no longer wish to receive these emails",
        "i don\N{RIGHT SINGLE QUOTATION MARK}t want any more emails from you",
        "Please stop sending me emails!!!",
        "No more emails please",
        "Cancel my subscription",
        "Not interested, please remove me",
        "unsubcribe",
        "REMOVE",
        "Please unsubscribe me. Great newsletter, but my inbox is full.",
        "Hi,\n\nplease remove me from your list.\n\nThanks, Jo",
        "Dear editors,\n\nI would like to be removed from your mailing\nlist.\n\nKind regards",
        "Bitte melden Sie mich ab",
        "Sehr geehrte Damen und Herren,\n\nbitte streichen Sie mich aus Ihrem Verteiler.",
        "Ich möchte keine weiteren E-Mails erhalten",
        "Hiermit melde ich mich vom Newsletter ab.",
        "Merci de me désinscrire",
        "Je ne souhaite plus recevoir vos mails",
        "Bonjour,\nmerci de me retirer de votre liste de diffusion.\nCordialement",
        "Por favor, denme de baja",
        "No deseo recibir más correos",
        "Vi prego di cancellarmi dalla mailing list",
        "Não quero mais receber e-mails",
        "Graag uitschrijven",
        "avsluta prenumerationen",
        "Wypisz mnie",
        "Прошу удалить меня из рассылки",
        "请退订",
        "请不要再发邮件给我",
        "配信停止をお願いします",
        "수신거부 부탁드립니다",
        "أرجو إلغاء اشتراكي",
    ],
)
def test_readers_leave_in_their_own_words(text: str) -> None:
    """In the first sentence of an answer, whatever politeness is around it."""
    assert answered(text) == LEAVE


@pytest.mark.parametrize(
    "text",
    [
        "I want to unsubscribe from Netflix, any tips?",
        "Please remove the second paragraph.",
        "Please remove me from the list of interviewees in your story",
        "Remove me? Never! Great list.",
        "I do not want to unsubscribe",
        "I do not want to miss an issue",
        "I don't want any more politics",
        "I never get the newsletter",
        "Stop sending robots to Mars!",
        "Take me off the guest list",
        "Please do not stop",
        "Cancel culture is over",
        "We need to stop the mail",
        "I had to cancel my subscription to the Times, so yours is welcome",
        "Great issue!\nPlease remove me from your list",
        "Je ne veux plus attendre votre newsletter !",
        "No quiero perder su boletín",
        "Ich möchte keine Ausgabe verpassen",
        "Bitte mehr davon",
        "How do I unsubscribe?",
        "Unsure.",
        "Delete this email",
        "I don't like it anymore",
        "No more lists!",
        "Bitte löschen.",
        "Keine Nachrichten.",
        "Hiermit bestelle ich.",
        "Supprimer",
        "La baja",
        "To UNSUBSCRIBE\nsimply reply to this mail with REMOVE in the subject line",
    ],
)
def test_a_letter_that_speaks_of_it_stays_a_letter(text: str) -> None:
    """Anything else in the sentence, or a sentence before it, leaves the mail to the editors."""
    assert answered(text) is None


def test_a_subject_of_the_readers_own_counts_where_the_text_says_little() -> None:
    """A name or a greeting below it; a letter has its own say."""
    subject = "Please remove me from your list"
    assert answered("Regards\nJo", subject=subject) == LEAVE
    assert answered("Jo Example", subject="UNSUBSCRIBE") == LEAVE
    assert answered("Jo Example", subject=f"Re: {subject}") is None
    letter = "I read of your new office and wanted to congratulate you all on it."
    assert answered(letter, subject="Unsubscribe") is None


def test_a_greeting_alone_asks_nothing() -> None:
    """And what it begins is judged without it."""
    assert is_greeting("dear editors,")
    assert not is_greeting("great issue!")
    assert not asks_to_leave("dear editors,")
    assert asks_to_leave("hello there, please take me off this list")


@given(st.text(max_size=600))
def test_no_text_raises(text: str) -> None:
    """Whatever a stranger writes."""
    asks_to_leave(text)
    is_greeting(text)


@pytest.mark.parametrize(
    "part",
    [
        *("please ", "the your this ", "please take me off the mailing mailing ", "dear ", "unsub"),
        *(
            "i do not want to receive any more ",
            "bitte mich aus dem verteiler ",
            ". ",
            "请",
            "hi, ",
        ),
    ],
)
def test_a_long_line_costs_little(part: str) -> None:
    """The work grows with the length of the line."""
    with at_most(20):
        for _ in range(20):
            asks_to_leave((part * 500)[:500])
