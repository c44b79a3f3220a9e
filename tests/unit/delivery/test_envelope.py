from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.classify import Meaning
from newsletter.delivery.envelope import Envelope, Extensions, address_envelope
from newsletter.delivery.outcome import Outcome

FULL = Extensions(pipelining=True, smtputf8=True, takes_size=True, size=1000)


def envelope(recipient: str, extensions: Extensions = FULL, size: int = 500) -> Envelope | Outcome:
    """For a message from the newsletter."""
    return address_envelope("news@example.org", recipient, size, extensions)


def test_the_commands_of_a_transaction() -> None:
    """MAIL with the size where the relay asks for it, RCPT, DATA."""
    assert envelope("reader@example.net") == Envelope(
        mail=b"MAIL FROM:<news@example.org> SIZE=500\r\n", rcpt=b"RCPT TO:<reader@example.net>\r\n"
    )
    plain = envelope("reader@example.net", Extensions())
    assert isinstance(plain, Envelope)
    assert plain.mail == b"MAIL FROM:<news@example.org>\r\n"


@pytest.mark.parametrize(
    ("recipient", "extensions", "size", "enhanced"),
    [
        ("reader@example.net", FULL, 1001, "5.3.4"),
        ("jos\u00e9@example.net", Extensions(), 1, "5.6.7"),
        ("no-at-sign", FULL, 1, "5.1.3"),
        ("a b@example.net", FULL, 1, "5.1.3"),
        ("a@example.net>\r\nRCPT TO:<b@example.net", FULL, 1, "5.1.3"),
        ("a\x00@example.net", FULL, 1, "5.1.3"),
        ("a@" + "x" * 254, FULL, 1, "5.1.3"),
        ("a@-\u00fc-.example", FULL, 1, "5.1.3"),
    ],
)
def test_what_no_relay_can_be_asked(
    recipient: str, extensions: Extensions, size: int, enhanced: str
) -> None:
    """Refused before the wire: the reader's own outcome, no code of a relay."""
    outcome = envelope(recipient, extensions, size)
    assert isinstance(outcome, Outcome)
    assert (outcome.meaning, outcome.code, outcome.enhanced) == (Meaning.REJECTED, 0, enhanced)


@given(st.text(min_size=1))
def test_no_address_makes_a_second_command(text: str) -> None:
    """Whatever the address holds, its command is one line with one path."""
    made = envelope(f"{text}@example.net")
    if isinstance(made, Envelope):
        assert made.rcpt.count(b"\r") == made.rcpt.count(b"\n") == 1
        assert made.rcpt.count(b"<") == made.rcpt.count(b">") == 1
