"""Commands by mail, in the subject or the first lines, whatever is quoted below them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

from subscribers.inbound.mailboxes import Mailbox, Role
from subscribers.inbound.reading import header, text_of

MAX_LINES = 5
"""Non-empty lines of the body that are looked at: a command comes first, or is none."""


class Verb(StrEnum):
    """What a reader may ask for."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    CONFIRM = "confirm"
    HELP = "help"
    TAGS = "tags"
    PAUSE = "pause"
    RESUME = "resume"
    WHICH = "which"
    ERASE = "erase"


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """What was asked: `words` are its arguments ("+security", "2 weeks", a token)."""

    verb: Verb
    words: tuple[str, ...] = ()


_LEAVE = (
    "unsubscribe", "unsubscribe me", "please unsubscribe", "please unsubscribe me", "leave", "remove me",
    "please remove me", "stop", "opt out", "opt-out", "signoff",
    "abmelden", "abbestellen", "bitte abmelden", "austragen", "désabonner", "desabonner",
    "me désabonner", "se désabonner", "désinscrire", "désinscription", "désabonnement",
    "darse de baja", "dar de baja", "baja", "cancelar suscripción", "cancelar inscrição",
    "cancelar assinatura", "descadastrar", "disiscriviti", "cancellami", "annulla iscrizione",
    "disiscrizione", "afmelden", "uitschrijven", "avregistrera", "avmeld", "frameld", "wypisz",
    "odhlásit", "leiratkozás", "отписаться", "отписка", "відписатися", "abonelikten çık",
    "退订", "取消订阅", "退訂", "取消訂閱", "配信停止", "購読解除", "解除", "수신거부", "구독 취소",
    "إلغاء الاشتراك", "الغاء الاشتراك", "ביטול הרשמה", "הסר", "لغو اشتراک",
)  # fmt: skip

_WORDS = {
    **dict.fromkeys(_LEAVE, Verb.UNSUBSCRIBE),
    **dict.fromkeys(("subscribe", "join", "anmelden", "s'abonner", "订阅"), Verb.SUBSCRIBE),
    **dict.fromkeys(("help", "hilfe", "aide", "ayuda", "帮助", "مساعدة"), Verb.HELP),
    **dict.fromkeys(("which", "status"), Verb.WHICH),
    **dict.fromkeys(("erase", "erase me", "delete my data", "forget me"), Verb.ERASE),
    **dict.fromkeys(("resume", "unpause"), Verb.RESUME),
    **dict.fromkeys(("tags", "topics"), Verb.TAGS),
}

_LONG = r"([A-Za-z0-9_.-]{20,400})"
_TOKENED = (  # a token's letters have their case
    (Verb.CONFIRM, re.compile(rf"(?:confirm|CONFIRM|Confirm) {_LONG}")),
    # What the address in List-Unsubscribe puts into the subject.
    (Verb.UNSUBSCRIBE, re.compile(rf"(?:unsubscribe|UNSUBSCRIBE|Unsubscribe) {_LONG}")),
)
_PATTERNS = (
    (Verb.TAGS, re.compile(r"(?:tags|topics) ((?:[+-][^\s+-]\S{0,60}(?: |$)){1,30})")),
    (Verb.PAUSE, re.compile(r"pause(?: ?(\d{1,2})(?: ?weeks?)?| until (\d{4}-\d\d-\d\d))?")),
)

_REPLIED = re.compile(
    r"^(?:(?:re|aw|sv|vs|antw|tr|rv|odp|ynt|回复|回覆|答复|رد)(?:\[\d+\])? ?[:：] ?)+",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"[>|»]|-{2,}|_{5,}|={5,}|\*{5,}"  # a quote, a rule, a signature
    r"|.{0,200}\d.{0,200}[:：]$|.{0,200}@.{0,200}[:：]$"  # On 2 March …, jo@example.org wrote:
    r"|\S{1,20} ?[:：] .*@"  # From: …
    r"|sent from my |von meinem |envoyé de(puis)? mon |enviado desde mi |发自我的"
)
_EDGES = " .!?,;:\"'“”„*()[]<>。！"
_SPACE = re.compile(r"[\s\u00a0\u200b\ufeff]+")


def read_command(message: Message, mailbox: Mailbox) -> Command | None:
    """The first recognised command, or None: then it is a letter.

    An address that is a command itself (`weekly-leave@`) needs no words. At `weekly-request@`
    the subject or one of the first lines is one, alone on its line. A reply to an issue is
    heard when it says nothing but that it wants out.
    """
    match mailbox.role:
        case Role.UNSUBSCRIBE:
            said = parse_command(header(message, "Subject"), mailbox.list_slug)
            words = said.words if said and said.verb is Verb.UNSUBSCRIBE else ()
            return Command(verb=Verb.UNSUBSCRIBE, words=words)
        case Role.SUBSCRIBE | Role.HELP:
            return Command(verb=Verb(mailbox.role.value))
        case Role.CONFIRM:
            return Command(verb=Verb.CONFIRM, words=(mailbox.detail,) if mailbox.detail else ())
        case Role.REQUEST:
            lines = [header(message, "Subject"), *_own_lines(message)]
            commands = (parse_command(line, mailbox.list_slug) for line in lines)
            return next((command for command in commands if command), None)
        case Role.LIST | Role.OWNER:
            return _wants_out(message, mailbox.list_slug)
        case Role.BOUNCES:
            return None


def parse_command(line: str, list_slug: str = "") -> Command | None:
    """The command that a line is and nothing but is, the list's name after it allowed.

    A stranger's address is no argument: nobody is signed up or off by another's mail.
    """
    said = _SPACE.sub(" ", _REPLIED.sub("", line[:500].strip())).strip(_EDGES)
    text = said.lower()
    if list_slug:
        text = text.removesuffix(f" {list_slug}")
    if text in _WORDS:
        return Command(verb=_WORDS[text])
    for verb, pattern in _TOKENED:
        if found := pattern.fullmatch(said):
            return Command(verb=verb, words=(found[1],))
    for verb, pattern in _PATTERNS:
        if found := pattern.fullmatch(text):
            return Command(verb=verb, words=tuple(" ".join(filter(None, found.groups())).split()))
    return None


def _wants_out(message: Message, list_slug: str) -> Command | None:
    subject = header(message, "Subject")
    lines = list(_own_lines(message))[:1]
    # Without a word in the body the subject counts, unless it is the that was answered.
    if not lines and not _REPLIED.match(subject):
        lines = [subject]
    wish = parse_command(lines[0], list_slug) if lines else None
    return wish if wish is not None and wish.verb is Verb.UNSUBSCRIBE else None


def _own_lines(message: Message) -> Iterator[str]:
    """The first lines that the writer wrote, up to whatever is quoted or signed."""
    told = 0
    for line in text_of(message).splitlines():
        line = _SPACE.sub(" ", line).strip()
        if not line:
            continue
        if told == MAX_LINES or _QUOTED.match(line.lower()):
            return
        told += 1
        yield line
