"""Checks the received messages: a run with wrong messages has no valid result."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import dkim
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from benchmarks.programs import BenchmarkError
from benchmarks.publication import DOMAIN
from benchmarks.send import SELECTOR
from benchmarks.sink import Counts
from newsletter.delivery.dkim import SigningKey


def check_counts(counts: Counts, expected: int) -> None:
    """Check that each recipient got one message; raises BenchmarkError."""
    is_wrong = counts.messages != expected or counts.distinct != expected or counts.repeated
    if is_wrong or counts.refused:
        raise BenchmarkError(f"{expected} messages should have arrived once each: {counts}")


def check_messages(kept: list[bytes], key: Path | None) -> None:
    """Check that each message has both parts, parses without defects and has a valid signature.

    Raises BenchmarkError.
    """
    if not kept:
        raise BenchmarkError("the sink kept no message to check")
    lookup = _dns_of(key) if key else None
    for wire in kept:
        content = wire.replace(b"\r\n..", b"\r\n.")
        message = message_from_bytes(content, policy=SMTP)
        kinds = [part.get_content_type() for part in message.walk()]
        defects = [defect for part in message.walk() for defect in part.defects]
        if defects or kinds != ["multipart/alternative", "text/plain", "text/html"]:
            raise BenchmarkError(f"a received message has {kinds} and {defects}")
        if lookup and not dkim.verify(content, dnsfunc=lookup):
            raise BenchmarkError("a received message has an invalid DKIM signature")


def _dns_of(key: Path) -> object:
    private = load_pem_private_key(key.read_bytes(), password=None)
    signing = SigningKey(domain=DOMAIN, selector=SELECTOR, private=private)  # type: ignore[arg-type]  # ours are of the two kinds
    name, value = signing.dns_record

    def lookup(asked: bytes, timeout: int = 5) -> bytes | None:
        return value.encode() if asked.decode().rstrip(".") == name else None

    return lookup
