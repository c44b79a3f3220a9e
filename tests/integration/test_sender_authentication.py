"""Our own SMTP listener, to which anybody may connect: who is believed to have written a mail."""

from __future__ import annotations

import base64
import smtplib
from collections.abc import Iterator, Mapping
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from newsletter.listening import listening
from newsletter.pipeline.doctor.dns_records import LiveRecords
from newsletter.pipeline.sender_authentication import is_authenticated, is_from_its_domain
from subscribers.inbound.listener import Client
from tests.factories.mail import READER, PostOffice, post_office
from tests.servers.dns import Zone, name_server

HERE = Client(address="127.0.0.1", name="mail.example.org")
PASS = {("example.org", "TXT"): ['"v=spf1 ip4:127.0.0.0/8 -all"']}
_KEY = generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = _KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def mail(sender: str = READER, *, head: str = "", text: str = "") -> bytes:
    """A reader's mail."""
    return (
        f"From: {sender}\r\nTo: weekly-request@news.example.org\r\nSubject: pause 40 weeks\r\n"
        f"Message-ID: <1@example.org>\r\n{head}\r\n{text}\r\n"
    ).encode()


def signed(content: bytes, domain: bytes = b"example.org", **how: object) -> bytes:
    """The mail with a signature of the domain."""
    header = dkim.sign(content, b"s", domain, PRIVATE, include_headers=[b"from", b"subject"], **how)
    assert isinstance(header, bytes)
    return header + content


def keys(*domains: str) -> Zone:
    """The records of a key at these domains."""
    public = base64.b64encode(
        _KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).decode()
    record = f'"v=DKIM1; k=rsa; p={public[:200]}" "{public[200:]}"'
    return {(f"s._domainkey.{domain}", "TXT"): [record] for domain in domains}


def check(content: bytes, zone: Zone, *, sender: str = READER, client: Client = HERE) -> bool:
    """Whether it is authenticated, by a DNS with these records."""
    with name_server(zone) as port:
        records = LiveRecords(nameservers=["127.0.0.1"], port=port)
        return is_authenticated(content, sender, client, records)


@pytest.mark.parametrize(
    "zone",
    [
        PASS,
        {("example.org", "TXT"): ['"v=spf1 a -all"'], ("example.org", "A"): ["127.0.0.1"]},
        {("example.org", "TXT"): ['"v=spf1 mx -all"'], ("example.org", "MX"): ["10 mx.example.org."],
         ("mx.example.org", "A"): ["127.0.0.1"]},
        {("example.org", "TXT"): ['"other"', '"v=spf1 include:_spf.example.net" " -all"'],
         ("_spf.example.net", "TXT"): ['"v=spf1 ip4:127.0.0.1 -all"']},
    ],
)  # fmt: skip
def test_a_server_that_the_domain_names_is_believed(zone: Zone) -> None:
    """SPF passes for the domain in From."""
    assert check(mail(), zone)


@pytest.mark.parametrize(
    "zone",
    [
        {},
        {("example.org", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 -all"']},
        {("example.org", "TXT"): ['"v=spf1 ~all"']},
        {("example.org", "TXT"): ['"v=spf1 ?all"']},
        {("example.org", "TXT"): ['"v=spf1 ptr -all"']},
        {("example.org", "TXT"): ['"v=spf1 include:example.org -all"']},
        {("example.org", "TXT"): ['"v=spf1 ip4:127.0.0.1 -all"', '"v=spf1 -all"']},
        {("example.org", "TXT"): ['"v=spf1 exists:%{i}.%{d}.example.net redirect=%{d}"']},
        {("example.org", "TXT"): ['"v=spf1 ' + " ".join(f"a:{n}.test" for n in range(20)) + ' ip4:127.0.0.1"']},
    ],
)  # fmt: skip
def test_any_other_server_is_not(zone: Zone) -> None:
    """No record, another server, a soft failure, loops, two records, too many questions."""
    assert not check(mail(), zone)


def test_a_signature_of_the_domain_is_believed_from_anywhere() -> None:
    """DKIM, aligned: by the domain itself or one above it."""
    zone = keys("example.org")
    assert check(signed(mail()), zone)
    reader = "reader@mail.example.org"
    assert check(signed(mail(reader)), zone, sender=reader)


def test_a_signature_that_proves_nothing() -> None:
    """By another domain, a changed text, a part of the text, a second From, no key, or too long."""
    zone = {**keys("example.org"), **keys("evil.example"), **keys("org")}
    good = signed(mail(text="hello"))
    assert check(good, zone)
    assert not check(good, {})
    assert not check(signed(mail(), b"evil.example"), zone)
    assert not check(signed(mail(), b"org"), zone)
    assert not check(good.replace(b"pause 40", b"pause 52"), zone)
    assert not check(good.replace(b"hello", b"hullo"), zone)
    assert not check(signed(mail(text="hello"), length=True) + b"more\r\n", zone)
    assert not check(b"From: eve@evil.example\r\n" + good, zone)
    assert not check(good + b" " * 2000 + b"\r\n", zone)
    assert not check(signed(mail(text="x" * 80_000)), zone)


def test_who_is_not_in_the_envelope_is_not_examined() -> None:
    """A bounce, or somebody else's envelope sender, could prove nothing about From."""
    assert not check(mail(), PASS, sender="")
    assert not check(mail(), PASS, sender="eve@example.org")
    assert not check(b"From: a@example.org, reader0@example.org\r\n\r\n", PASS)
    assert not check(b"\xff\x00", PASS)


@pytest.mark.parametrize("address", ["", "not an address", "::ffff:127.0.0.1", "fe80::1%eth0"])
def test_an_odd_client_is_no_error(address: str) -> None:
    """A client without an IPv4 address is checked, or not believed."""
    check(mail(), PASS, client=Client(address=address, name=""))


def test_a_dns_that_does_not_answer_authenticates_nobody() -> None:
    """And nothing is raised: the mail is taken all the same."""
    records = LiveRecords(nameservers=["127.0.0.1"], port=9)
    records._resolver.lifetime = 0.1
    assert not is_authenticated(signed(mail()), READER, HERE, records)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail by SMTP."""
    with post_office(tmp_path) as running:
        running.site = running.with_inbound(smtp="127.0.0.1:0", lmtp="127.0.0.1:0")
        yield running


def pause_by(office: PostOffice, door: str, zone: Mapping[tuple[str, str], list[str]]) -> bool:
    """Whether a command to pause that comes in this way is carried out."""
    with name_server(zone) as port:
        records = LiveRecords(nameservers=["127.0.0.1"], port=port)
        with listening(office.site, clock=lambda: office.now, records=records) as places:
            host, _, door_port = places[door].rpartition(":")
            client = (smtplib.LMTP if door == "lmtp" else smtplib.SMTP)(host, int(door_port))
            with client:
                client.sendmail(READER, ["weekly-request@news.example.org"], mail())
            assert office.catcher.wait_for(1, seconds=20)
    person = office.person()
    assert person is not None
    return person.paused_until is not None


@pytest.mark.parametrize(
    ("door", "zone", "expected"), [("smtp", {}, False), ("smtp", PASS, True), ("lmtp", {}, True)]
)
def test_a_forged_command_at_our_own_listener_changes_nothing(
    office: PostOffice, door: str, zone: Zone, expected: bool
) -> None:
    """The reader gets a letter with the links instead; by LMTP our mail server has checked it."""
    assert pause_by(office, door, zone) is expected


@pytest.mark.parametrize(
    ("content", "returned_to", "zone", "expected"),
    [
        (signed(mail()), "bounce-17@mailer.example", keys("example.org"), True),
        (signed(mail(), b"mailer.example"), "bounce@mailer.example", keys("mailer.example"), False),
        (mail(), "bounce-17@example.org", PASS, True),
        (mail(), "bounce-17@example.net", {("example.net", "TXT"): PASS["example.org", "TXT"]}, False),
        (mail("jo@news.example.org"), "bounce@example.org", PASS, True),
        (mail("jo@example.org, bo@example.org"), "bounce@example.org", PASS, False),
        (mail(), "bounce@org", {("org", "TXT"): PASS["example.org", "TXT"]}, False),
        (mail(), "", PASS, False),
    ],
    ids=["signed", "signed by the mailer", "spf", "spf of the mailer", "spf of the domain above", "two senders", "spf of a suffix", "no return path"],
)  # fmt: skip
def test_whose_newsletter_it_is(
    content: bytes, returned_to: str, zone: Zone, expected: bool
) -> None:
    """A mailer returns to an address of its own: From's domain vouches by DKIM, or by SPF where aligned."""
    with name_server(zone) as port:
        records = LiveRecords(nameservers=["127.0.0.1"], port=port)
        assert is_from_its_domain(content, returned_to, HERE, records) is expected


def test_a_large_newsletter_is_checked() -> None:
    """A newsletter is larger than a command, whose signature is not checked at that size."""
    content = signed(mail(text="x" * 78 + "\r\n" + "words of it\r\n" * 9_000))
    with name_server(keys("example.org")) as port:
        records = LiveRecords(nameservers=["127.0.0.1"], port=port)
        assert is_from_its_domain(content, "b@mailer.example", HERE, records)
        assert not is_authenticated(content, READER, HERE, records)
