"""Collects what a message says about its writer, from which its sender may be proven."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from subscribers.inbound.reading import header, headers, part_text, parts

MAX_TOKENS = 20
MAX_REFERENCES = 20

_LINK = re.compile(r"/[up]/([A-Za-z0-9_-]{1,200}\.[A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")  # safe to repeat in the header of an answer
_FAILED = re.compile(r"\b(?:spf|dmarc) ?= ?(?:soft)?fail\b|^(?:soft)?fail\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class SenderEvidence:
    """`references` are the Message-IDs it answers, `tokens` those of our links that it quotes.

    `disowned` means that our mail server found the sender forged by SPF or DMARC (RFC 8601).
    """

    message_id: str = ""
    references: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    return_path: str | None = None
    disowned: bool = False


def read_sender_evidence(message: Message) -> SenderEvidence:
    """Read the headers and any quoted text; never raises."""
    answered = " ".join([*headers(message, "In-Reply-To"), *headers(message, "References")])
    texts = (part_text(part) for part in parts(message) if part.get_content_maintype() == "text")
    tokens = dict.fromkeys(token for text in texts for token in _LINK.findall(text))
    verdicts = [*headers(message, "Authentication-Results"), *headers(message, "Received-SPF")]
    return_path = header(message, "Return-Path")
    return SenderEvidence(
        message_id=next(iter(_MESSAGE_ID.findall(header(message, "Message-ID"))), ""),
        references=tuple(dict.fromkeys(_MESSAGE_ID.findall(answered)))[:MAX_REFERENCES],
        tokens=tuple(tokens)[:MAX_TOKENS],
        return_path=return_path.strip(" <>") if return_path else None,
        disowned=any(_FAILED.search(verdict) for verdict in verdicts),
    )
