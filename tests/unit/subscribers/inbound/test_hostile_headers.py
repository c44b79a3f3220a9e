from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.inbound import mail_log as book
from subscribers.inbound.classify import Inbound, MailKind, classify
from subscribers.inbound.identity import read_identity
from subscribers.inbound.list_addresses import AddressRole, ListAddress
from subscribers.inbound.reading import UnreadableError, parse_message
from tests.factories.hostile_headers import (
    ADDRESSES,
    BODIES,
    FIELDS,
    drawn_mails,
    hostile_headers,
)

names = st.one_of(st.sampled_from(sorted(FIELDS)), st.text(max_size=20))
octets = st.binary(max_size=200)
values = st.one_of(
    st.sampled_from([value for field in FIELDS.values() for value in field]),
    st.sampled_from(ADDRESSES),
    st.text(max_size=100),
    octets.map(lambda raw: raw.decode("utf-8", "surrogateescape")),
)
mails = st.builds(
    lambda fields, body: "".join(f"{name}: {value}\n" for name, value in fields) + f"\n{body}",
    st.lists(st.tuples(names, values), max_size=12),
    st.one_of(st.sampled_from(BODIES), st.text(max_size=200)),
)


def texts(mail: Inbound) -> list[str]:
    """Whatever of it may come into the database or a letter."""
    command = mail.command.words if mail.command else ()
    failures = [text for one in mail.failures for text in (one.address, one.status, one.reason)]
    returned = [*mail.returned.tokens, *mail.returned.signed, *mail.returned.message_ids]
    return [mail.sender, mail.headline, mail.words, mail.problem, *command, *failures, *returned]


def is_mail(content: bytes) -> bool:
    """Whether Python's parser can make a message with a header of it."""
    try:
        parse_message(content)
    except UnreadableError:
        return False
    return True


@given(
    mails, st.sampled_from(AddressRole), st.sampled_from(["", "root@localhost", "\udcff@x", None])
)
def test_no_header_is_too_broken_to_be_read(
    raw: str, role: AddressRole, envelope: str | None
) -> None:
    """Whatever a stranger writes into whichever field: no exception, and text that can be stored."""
    content = raw.encode("utf-8", "surrogatepass")
    mailbox = ListAddress(list_slug="weekly", role=role, detail="x")
    found = classify(content, mailbox, envelope)
    assert (found.kind is MailKind.UNREADABLE) is not is_mail(content)
    for text in texts(found):
        text.encode()  # no half of a surrogate pair
    came = book.arrival(content, read_identity(content), "weekly\udcff@x", envelope)
    for text in (came.recipient, came.envelope_sender or ""):
        assert "\x00" not in text
        text.encode()


def test_the_mails_made_by_hand_surprise_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Each is classified, none by the net below for what nobody has thought of."""
    with caplog.at_level(logging.ERROR):
        for case in [*hostile_headers(), *drawn_mails(300, seed=7)]:
            for role in (AddressRole.REQUEST, AddressRole.BOUNCES):
                classify(case.raw, ListAddress(list_slug="weekly", role=role), case.envelope)
    assert caplog.records == []
