"""Finds the command in a mail, in its subject or first lines, above any quoted text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from subscribers.inbound.command_words import EVERYDAY, PAUSED, TAGS_CHOSEN, WORDS, Verb, any_of
from subscribers.inbound.leave_sentences import asks_to_leave, is_greeting
from subscribers.inbound.list_addresses import AddressRole, ListAddress
from subscribers.inbound.reading import header, text_of

MAX_LINES = 5
"""Non-empty lines of the body that are searched."""

GREETING = 4
"""Most words of a greeting line before the command, such as "Dear robot,"."""

MOST_REASON = 1_000
"""Characters of the words that come with a suggested link."""

CLOSING = 6
"""Most words that may follow an everyday word: "stop" and a name unsubscribe, a letter does not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command; `words` are its arguments ("+security", "2 weeks", a token, a link and why)."""

    verb: Verb
    words: tuple[str, ...] = ()


_WORDS = {
    word: verb
    for verb, words in WORDS.items()
    for word in words
    if verb not in (Verb.PAUSE, Verb.CONFIRM)
}
_LONG = r"([A-Za-z0-9_.-]{20,400})"
_TOKENED = tuple(  # tokens are case-sensitive
    (verb, re.compile(rf"(?:(?i:{any_of(WORDS[verb])})) {_LONG}"))
    for verb in (Verb.CONFIRM, Verb.UNSUBSCRIBE)  # the latter as List-Unsubscribe's subject
)
_PATTERNS = ((Verb.TAGS, TAGS_CHOSEN), (Verb.PAUSE, PAUSED))

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
_WEB_LINK = re.compile(r"https?://[^\s<>\"]{1,2000}", re.IGNORECASE)
_AROUND = re.compile(r"\(\)|<>|\[\]")
"""What is left of the brackets around a link."""
_ONLY_A_LINK = re.compile(r"<?https?://\S+\Z", re.IGNORECASE)
_EDGES = " .!?,;:\"'“”„*()[]<>。！"
_SPACE = re.compile(r"[\s\u00a0\u200b\ufeff]+")


def read_command(message: Message, mailbox: ListAddress) -> Command | None:
    """The first recognised command, or None if the mail is an ordinary letter.

    An address that is a command itself (`weekly-leave@`) needs no words. At `weekly-request@`,
    the command is the subject or the first line, alone on its line; a greeting may precede it.
    In a reply to an issue, only a request to unsubscribe in the first line is recognised.
    """
    match mailbox.role:
        case AddressRole.UNSUBSCRIBE:
            command = parse_command(header(message, "Subject"), mailbox.list_slug)
            words = command.words if command and command.verb is Verb.UNSUBSCRIBE else ()
            return Command(verb=Verb.UNSUBSCRIBE, words=words)
        case AddressRole.SUBSCRIBE | AddressRole.HELP:
            return Command(verb=Verb(mailbox.role.value))
        case AddressRole.CONFIRM:
            return Command(verb=Verb.CONFIRM, words=(mailbox.detail,) if mailbox.detail else ())
        case AddressRole.SUGGEST:
            return _read_suggestion(message)
        case AddressRole.REQUEST:
            return _read_request(message, mailbox.list_slug)
        case AddressRole.LIST | AddressRole.OWNER:
            return _read_opt_out(message, mailbox.list_slug)
        case AddressRole.BOUNCES:
            return None


def parse_command(line: str, list_slug: str = "") -> Command | None:
    """The command if the line consists of nothing else; the list's name may follow it.

    A sentence that asks for no more mail is a command, too. An address is not accepted as an
    argument, so that nobody can subscribe or unsubscribe another person.
    """
    bare = _bare(line)
    text = bare.lower()
    if list_slug:
        text = text.removesuffix(f" {list_slug}")
    if text in _WORDS:
        return Command(verb=_WORDS[text])
    for verb, pattern in _TOKENED:
        if found := pattern.fullmatch(bare):
            return Command(verb=verb, words=(found[1],))
    for verb, pattern in _PATTERNS:
        if found := pattern.fullmatch(text):
            return Command(verb=verb, words=tuple(" ".join(filter(None, found.groups())).split()))
    return Command(verb=Verb.UNSUBSCRIBE) if asks_to_leave(text) else None


def _read_request(message: Message, list_slug: str) -> Command | None:
    lines = list(_own_lines(message))
    greeted = bool(lines) and len(lines[0].split()) <= GREETING
    for index, line in ((0, header(message, "Subject")), *enumerate(lines[: 1 + greeted], 1)):
        command = parse_command(line, list_slug)
        if command and (index == 0 or _is_meant(line, lines[index:])):
            return command
    return None


def _read_suggestion(message: Message) -> Command | None:
    """The first link of the mail, and the writer's other words; None without a link."""
    lines = [*_own_lines(message), header(message, "Subject")]
    found = next((link for line in lines if (link := _WEB_LINK.search(line))), None)
    if found is None:
        return None
    url = found[0].rstrip(_EDGES)
    said = " ".join(_AROUND.sub(" ", line.replace(url, "")) for line in lines[:-1]).split()
    return Command(verb=Verb.SUGGEST, words=(url, " ".join(said)[:MOST_REASON]))


def _read_opt_out(message: Message, list_slug: str) -> Command | None:
    subject = header(message, "Subject")
    lines = list(_own_lines(message))
    if len(lines) > 1 and is_greeting(_bare(lines[0]).lower()):
        del lines[0]
    if lines and _leaves(lines[0], lines[1:], list_slug):
        return Command(verb=Verb.UNSUBSCRIBE)
    # Where the body says little the subject counts, unless it repeats that of the issue.
    says_little = len(" ".join(lines).split()) <= CLOSING
    if says_little and not _REPLIED.match(subject) and _leaves(subject, lines, list_slug):
        return Command(verb=Verb.UNSUBSCRIBE)
    return None


def _leaves(line: str, after: list[str], list_slug: str) -> bool:
    """Whether the line, or the sentence that begins in it, asks to leave."""
    if not _is_meant(line, after):
        return False
    command = parse_command(line, list_slug)
    if command is not None:
        return command.verb is Verb.UNSUBSCRIBE
    return bool(line and after) and asks_to_leave(_bare(f"{line} {after[0]}").lower())


def _is_meant(line: str, after: list[str]) -> bool:
    """Whether a line may be a command, judging by the lines after it.

    A newsletter writes "unsubscribe" above a link, or "Unsubscribe:" above what to do: that is a
    heading, and nobody's request.
    """
    if after and (_ONLY_A_LINK.match(after[0]) or line.rstrip().endswith((":", "："))):
        return False
    if _bare(line).lower() not in EVERYDAY:
        return True
    return len(" ".join(after).split()) <= CLOSING


def _bare(line: str) -> str:
    text = _SPACE.sub(" ", _REPLIED.sub("", line[:500].strip()))
    return text.strip(_EDGES).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def _own_lines(message: Message) -> Iterator[str]:
    """Yield the writer's first non-empty lines, up to a quote or signature."""
    count = 0
    for line in text_of(message).splitlines():
        line = _SPACE.sub(" ", line).strip()
        if not line:
            continue
        if count == MAX_LINES or _QUOTED.match(line.lower()):
            return
        count += 1
        yield line
