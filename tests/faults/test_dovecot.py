"""A real Dovecot's mailbox: emptied over IMAP, and at once when something comes (IDLE)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from newsletter.listening import listening
from tests.factories.mail import DOMAIN, post_office
from tests.servers.dovecot import PASSWORD, USER, dovecot, has_dovecot

pytestmark = pytest.mark.skipif(
    not has_dovecot() or os.geteuid() != 0, reason="there is no Dovecot here, or nobody to start it"
)

NEWCOMER = "new@example.org"


def mail(number: int) -> bytes:
    """A mail as Dovecot's delivery agent leaves it: whom it came to stands in its head."""
    return (
        f"Return-Path: <{NEWCOMER}>\nDelivered-To: weekly-subscribe@{DOMAIN}\n"
        f"From: New <{NEWCOMER}>\nMessage-ID: <{number}@example.org>\n\nhello\n"
    ).encode()


def test_what_lies_there_and_what_comes_is_taken(tmp_path: Path) -> None:
    """A mail from before, one more while IDLE waits, and ten at once; each marked seen, none twice."""
    with post_office(tmp_path) as office, dovecot() as box:
        box.put(mail(1))
        imap = {"host": "127.0.0.1", "port": box.port, "username": USER, "password": PASSWORD}
        ours = office.with_inbound(imap={**imap, "security": "none"})
        with listening(ours, clock=lambda: office.now):
            assert office.catcher.wait_for(1, seconds=30)
            assert box.wait_seen(1)
            box.put(mail(2))
            assert box.wait_seen(2)
            for number in range(3, 13):
                box.put(mail(number))
            assert box.wait_seen(12)
        assert list((box.maildir / "new").iterdir()) == []
    assert [letter.recipient for letter in office.letters] == [NEWCOMER]
