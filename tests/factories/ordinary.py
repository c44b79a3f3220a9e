"""Ordinary mail of great variety, none of it a bounce or a command, though full of their words."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage

from tests.factories.ordinary_words import (
    CLIENTS,
    LETTERS,
    MACHINES,
    SIGNATURES,
    SUBJECTS,
    Machine,
)

NAMES = ("Jo Doe", "Ada Øster", "Хелен", "陈", "محمد", "Zoë", "J. R.", "Le Quoc", '"Doe, Jo"')
HOSTS = ("example.org", "mail.example.net", "firma.example", "bücher.example", "post.example.com")
CHARSETS = ("utf-8", "utf-8", "utf-8", "utf-16", "windows-1252", "iso-8859-1")
ENCODINGS = ("quoted-printable", "base64", "8bit")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ordinary:
    """One mail, and the envelope sender it came with (None where nobody told)."""

    kind: str
    raw: bytes
    envelope_sender: str | None


def ordinary_mails(count: int, seed: int = 12) -> Iterator[Ordinary]:
    """So many, the same for the same seed: letters, replies, forwards, and what machines write."""
    chance = random.Random(seed)  # noqa: S311 - the same mails each time
    for number in range(count):
        kind = _KINDS[number % len(_KINDS)]
        yield kind(chance, number)


def _letter(chance: random.Random, number: int) -> Ordinary:
    """Somebody writes, about anything."""
    message, envelope = _from_a_person(chance, number)
    message["Subject"] = chance.choice(SUBJECTS)
    _fill(chance, message, _words(chance))
    return Ordinary(kind="letter", raw=message.as_bytes(), envelope_sender=envelope)


def _reply(chance: random.Random, number: int) -> Ordinary:
    """Somebody answers an issue, as their program quotes it: below, above or between."""
    message, envelope = _from_a_person(chance, number)
    mark = chance.choice(("Re: ", "AW: ", "RE: ", "SV: ", "Antw: ", "回复: ", "Odp: ", "رد: "))
    message["Subject"] = mark + chance.choice(SUBJECTS)
    message["In-Reply-To"] = f"<12.{number}@news.example.org>"
    message["References"] = f"<11.{number}@news.example.org> <12.{number}@news.example.org>"
    words, quote = _words(chance), chance.choice(CLIENTS)
    quoted = quote.format(sender="Weekly <weekly@news.example.org>", text=_issue(chance))
    _fill(chance, message, f"{words}\n\n{quoted}")
    return Ordinary(kind="reply", raw=message.as_bytes(), envelope_sender=envelope)


def _forward(chance: random.Random, number: int) -> Ordinary:
    """Somebody passes something on, in the text or attached; often what a robot wrote."""
    message, envelope = _from_a_person(chance, number)
    machine = chance.choice(MACHINES)
    message["Subject"] = (
        chance.choice(("Fwd: ", "WG: ", "FW: ", "Tr: ", "转发: ")) + machine.subject
    )
    words = _words(chance)
    if chance.random() < 0.5:
        _fill(chance, message, words)
        message.add_attachment(_written_by(machine, number))
    else:
        inner = f"From: {machine.sender}\nSubject: {machine.subject}\n\n{machine.text}"
        _fill(chance, message, f"{words}\n\n---------- Forwarded message ---------\n{inner}")
    return Ordinary(kind="forward", raw=message.as_bytes(), envelope_sender=envelope)


def _machine(chance: random.Random, number: int) -> Ordinary:
    """What programs write: parcels, receipts, invitations, lists, tickets, newsletters, reports."""
    machine = chance.choice(MACHINES)
    message = _written_by(machine, number)
    message["To"] = "weekly-owner@news.example.org"
    envelope = chance.choice((machine.envelope, None))
    return Ordinary(kind="machine", raw=message.as_bytes(), envelope_sender=envelope)


_KINDS: tuple[Callable[[random.Random, int], Ordinary], ...] = (
    _letter,
    _reply,
    _forward,
    _machine,
)


def _from_a_person(chance: random.Random, number: int) -> tuple[EmailMessage, str | None]:
    message = EmailMessage()
    host = chance.choice(HOSTS)
    address = f"reader.{number}@{host}".encode("idna" if host.isascii() else "utf-8").decode()
    message["From"] = f"{chance.choice(NAMES)} <{address}>"
    message["To"] = chance.choice(
        ("Weekly <weekly@news.example.org>", "weekly-owner@news.example.org")
    )
    message["Message-ID"] = f"<{number}.{chance.getrandbits(48):x}@{HOSTS[0]}>"
    message["Date"] = f"Mon, {1 + number % 28} Mar 2026 09:{number % 60:02}:00 +0000"
    return message, chance.choice((address, address, None))


def _words(chance: random.Random) -> str:
    """A greeting or none, a few paragraphs, a closing, a signature or none."""
    paragraphs = chance.sample(LETTERS, chance.randint(1, 3))
    return "\n\n".join([*paragraphs, chance.choice(SIGNATURES)]).strip()


def _issue(chance: random.Random) -> str:
    return "\n".join(
        (
            "Good Gear Weekly",
            chance.choice(LETTERS),
            "unsubscribe: https://news.example.org/u/abc",
            "help",
            "Undelivered Mail Returned to Sender: what it means",
        )
    )


def _fill(chance: random.Random, message: EmailMessage, text: str) -> None:
    """As some program writes it: plain, HTML, or both; any charset that holds it."""
    charset = chance.choice(CHARSETS)
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    encoding = "base64" if charset == "utf-16" else chance.choice(ENCODINGS)
    markup = (
        "<html><body>" + "".join(f"<p>{line}</p>" for line in text.split("\n")) + "</body></html>"
    )
    shape = chance.random()
    if shape < 0.15:
        message.set_content(markup, subtype="html", charset=charset, cte=encoding)
        return
    message.set_content(text, charset=charset, cte=encoding)
    if shape < 0.5:
        message.add_alternative(markup, subtype="html", charset="utf-8", cte="quoted-printable")


def _written_by(machine: Machine, number: int) -> EmailMessage:
    message = EmailMessage()
    message["From"] = machine.sender
    message["Subject"] = machine.subject
    message["Message-ID"] = f"<{number}@robot.example.com>"
    for name, value in machine.headers:
        message[name] = value
    message.set_content(machine.text.replace("NUMBER", str(number)))
    if machine.attached:
        subtype, content = machine.attached
        message.add_attachment(content.encode(), maintype="text", subtype=subtype)
    return message
