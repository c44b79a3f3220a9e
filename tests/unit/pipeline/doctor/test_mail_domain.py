from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from newsletter.delivery.dkim import SigningKey
from newsletter.pipeline.doctor.mail_domain import (
    Grade,
    check_alignment,
    check_bimi,
    check_dkim,
    check_dmarc,
    check_mx,
    check_spf,
)

DOMAIN = "news.example.org"
KEY = SigningKey(domain=DOMAIN, selector="s1", private=Ed25519PrivateKey.generate())
KEY_NAME, KEY_RECORD = KEY.dns_record


@dataclass(frozen=True, kw_only=True)
class Told:
    """Records as a test tells them."""

    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    servers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    addresses: frozenset[str] = frozenset()

    def txt(self, name: str) -> list[str]:
        """Its TXT records."""
        return list(self.texts.get(name, ()))

    def mx(self, name: str) -> list[str]:
        """Its mail servers."""
        return list(self.servers.get(name, ()))

    def has_address(self, name: str) -> bool:
        """Whether it has an address."""
        return name in self.addresses


@pytest.mark.parametrize(
    ("records", "grade"),
    [
        (Told(servers={DOMAIN: ["mail.example.org"]}), Grade.OK),
        (Told(addresses=frozenset({DOMAIN})), Grade.WARNING),
        (Told(servers={DOMAIN: [""]}), Grade.FAILURE),
        (Told(), Grade.FAILURE),
    ],
)
def test_answers_need_a_server(records: Told, grade: Grade) -> None:
    """An address alone will do (RFC 5321); a null MX (RFC 7505) or nothing will not."""
    assert check_mx(records, DOMAIN).grade is grade


@pytest.mark.parametrize(
    ("texts", "grade", "says"),
    [
        (["v=spf1 ip4:192.0.2.1 -all"], Grade.OK, "ip4"),
        (["google-site-verification=x", "v=spf1 a ~all"], Grade.OK, "a ~all"),
        ([], Grade.FAILURE, "no SPF"),
        (["v=spf10 -all"], Grade.FAILURE, "no SPF"),
        (["v=spf1 -all", "v=spf1 a -all"], Grade.FAILURE, "2 SPF records"),
        (["v=spf1 +all"], Grade.FAILURE, "anybody"),
        (["v=spf1 all"], Grade.FAILURE, "anybody"),
        (["v=spf1 a"], Grade.WARNING, "no end"),
        (["v=spf1 ?all"], Grade.WARNING, "no end"),
        (["v=spf1 redirect=_spf.example.org"], Grade.OK, "redirect"),
    ],
)
def test_spf_records(texts: list[str], grade: Grade, says: str) -> None:
    """One record, with an end that refuses the rest."""
    found = check_spf(Told(texts={DOMAIN: texts}), DOMAIN)
    assert found.grade is grade
    assert says in found.message
    assert bool(found.fix) == (grade is not Grade.OK)


def test_spf_counts_the_look_ups_of_what_it_includes() -> None:
    """RFC 7208 section 4.6.4: ten, those behind an include counted in; loops end."""
    texts = {
        DOMAIN: ["v=spf1 include:a.test include:b.test mx -all"],
        "a.test": ["v=spf1 a mx ptr exists:%{i}.x.test -all"],
        "b.test": ["v=spf1 include:a.test include:b.test a:x.test -all"],
    }
    assert check_spf(Told(texts=texts), DOMAIN).grade is Grade.OK
    more = {**texts, "a.test": ["v=spf1 a mx a:1.test a:2.test a:3.test ~all"]}
    found = check_spf(Told(texts=more), DOMAIN)
    assert found.grade is Grade.FAILURE
    assert "11 look-ups" in found.message


@pytest.mark.parametrize(
    ("published", "grade", "says"),
    [
        ([KEY_RECORD], Grade.OK, "the one that signs"),
        ([KEY_RECORD.replace("p=", "p= ").replace(";", " ;")], Grade.OK, "the one that signs"),
        ([], Grade.FAILURE, "no key"),
        (["v=DKIM1; p="], Grade.FAILURE, "revoked"),
        (["v=DKIM1; k=ed25519; p=AAAA"], Grade.FAILURE, "not the one"),
        ([f"{KEY_RECORD}; t=y"], Grade.WARNING, "test"),
    ],
)
def test_the_published_key_is_the_signing_key(
    published: list[str], grade: Grade, says: str
) -> None:
    """The fix is the record to publish."""
    found = check_dkim(Told(texts={KEY_NAME: published}), KEY)
    assert found.grade is grade
    assert says in found.message
    assert grade is not Grade.FAILURE or KEY_RECORD in found.fix


@pytest.mark.parametrize(
    ("texts", "grade"),
    [
        ({"_dmarc.news.example.org": ["v=DMARC1; p=none; rua=mailto:d@example.org"]}, Grade.OK),
        ({"_dmarc.example.org": ["v=DMARC1;p=reject;rua=mailto:d@example.org"]}, Grade.OK),
        ({"_dmarc.news.example.org": ["v=DMARC1; p=none"]}, Grade.WARNING),
        ({"_dmarc.news.example.org": ["v=DMARC1; p=maybe"]}, Grade.FAILURE),
        ({"_dmarc.news.example.org": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, Grade.FAILURE),
        ({"_dmarc.org": ["v=DMARC1; p=none"]}, Grade.FAILURE),
        ({}, Grade.FAILURE),
    ],
)
def test_dmarc_records(texts: dict[str, list[str]], grade: Grade) -> None:
    """The domain's own record, else that of the one above it."""
    assert check_dmarc(Told(texts=texts), DOMAIN).grade is grade


LOGO = "v=BIMI1; l=https://example.org/logo.svg"
ENFORCED = "v=DMARC1; p=reject"


@pytest.mark.parametrize(
    ("record", "policy", "grade"),
    [
        (f"{LOGO}; a=https://example.org/vmc.pem", ENFORCED, Grade.OK),
        (LOGO, ENFORCED, Grade.WARNING),
        (LOGO, "v=DMARC1; p=none", Grade.FAILURE),
        (LOGO, "v=DMARC1; p=quarantine; pct=50", Grade.FAILURE),
        (LOGO, "", Grade.FAILURE),
        ("v=BIMI1; l=http://example.org/logo.svg", ENFORCED, Grade.FAILURE),
        ("v=BIMI1; l=https://example.org/logo.png", ENFORCED, Grade.FAILURE),
        ("v=BIMI1; l=; a=", ENFORCED, Grade.OK),
    ],
)
def test_a_logo_needs_what_mailboxes_ask_for(record: str, policy: str, grade: Grade) -> None:
    """An SVG file by https, an enforced DMARC policy, and a certificate for some."""
    texts = {"default._bimi.example.org": [record], "_dmarc.example.org": [policy]}
    found = check_bimi(Told(texts=texts), DOMAIN)
    assert found is not None
    assert found.grade is grade
    assert bool(found.fix) is (grade is not Grade.OK)


def test_a_logo_is_optional() -> None:
    """A domain without a BIMI record has nothing to check."""
    assert check_bimi(Told(texts={"_dmarc.example.org": [ENFORCED]}), DOMAIN) is None


@pytest.mark.parametrize(
    ("dkim", "envelope", "record", "grade"),
    [
        (DOMAIN, "bounces.example.net", "v=DMARC1; p=none", Grade.OK),
        ("example.org", "bounces.example.net", "v=DMARC1; p=none", Grade.OK),
        ("example.org", "x.example.net", "v=DMARC1; p=none; adkim=s", Grade.FAILURE),
        ("relay.example.com", DOMAIN, "v=DMARC1; p=none", Grade.WARNING),
        ("relay.example.com", "example.org", "v=DMARC1; p=none; aspf=s", Grade.FAILURE),
        (None, "example.net", "", Grade.FAILURE),
        ("badexample.org", "ample.org", "", Grade.FAILURE),
    ],
)
def test_alignment(dkim: str | None, envelope: str, record: str, grade: Grade) -> None:
    """DKIM or SPF speaks for the From domain: relaxed by default, strict where DMARC says so."""
    found = check_alignment(
        Told(texts={f"_dmarc.{DOMAIN}": [record]}),
        from_domain=DOMAIN,
        envelope_domain=envelope,
        dkim_domain=dkim,
    )
    assert found.grade is grade
