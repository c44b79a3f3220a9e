from __future__ import annotations

import base64
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.config.settings import DkimSettings
from newsletter.delivery.dkim import Signer, SigningKey, load_keys, open_signer
from newsletter.delivery.message import compile_edition
from newsletter.errors import ConfigurationError
from newsletter.rendering.edition import Slot
from subscribers.subscriber import MailFormat
from tests.factories.delivery import (
    addressee,
    composed,
    dns_of,
    ed25519_key,
    edition,
    headers,
    parsed,
    rsa_key,
    slot,
)
from tests.sampling import sampled

strangers = st.text(
    alphabet=st.one_of(st.sampled_from("\r\n.= \t\u2028é中🎉From:"), st.characters()), max_size=120
)


def both() -> Signer:
    """A signer with a key of each kind."""
    return Signer(keys=(rsa_key(), ed25519_key()))


def verifies(message: bytes, index: int = 0) -> bool:
    """What dkimpy says of the signature at `index`."""
    dns = dns_of(rsa_key(), ed25519_key())
    try:
        return bool(dkim.DKIM(message).verify(idx=index, dnsfunc=dns))
    except dkim.ValidationError:
        return False


def pem(key: PrivateKeyTypes) -> bytes:
    """What openssl genpkey writes."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def short_key() -> rsa.RSAPrivateKey:
    """A key of two Mersenne primes: our library makes none as short as this."""
    p, q, e = 2**521 - 1, 2**127 - 1, 65537
    d = rsa.rsa_recover_private_exponent(e, p, q)
    return rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(e, p * q),
    ).private_key()


def dkim_settings(**changes: object) -> DkimSettings:
    """A [dkim] table."""
    values = {"domain": "news.example.org", "selector": "s1", "key_file": "dkim.pem", **changes}
    return DkimSettings.model_validate(values)


@pytest.mark.parametrize("key", [rsa_key, ed25519_key])
def test_a_message_verifies(key: object) -> None:
    """dkimpy, which we never sign with, accepts the signature of either kind of key."""
    assert callable(key)
    assert verifies(composed(signer=Signer(keys=(key(),))))


@pytest.mark.parametrize("end", ["", "\n", "\n\n \n", slot(Slot.NAME)])
def test_a_message_of_text_alone_verifies(end: str) -> None:
    """However its text ends: the body ends with one line break, as what is signed does."""
    message = compile_edition(
        edition(text=f"Words.{end}"), headers(), form=MailFormat.TEXT
    ).compose(addressee(), Signer(keys=(rsa_key(),)))
    assert verifies(message)
    assert message.endswith(b"\r\n")


def test_two_keys_sign_side_by_side() -> None:
    """A verifier that does not know Ed25519 still finds an RSA signature."""
    message = composed(signer=both())
    kinds = [
        line.split("a=")[1].split(";")[0] for line in parsed(message).get_all("DKIM-Signature", [])
    ]
    assert kinds == ["rsa-sha256", "ed25519-sha256"]
    assert verifies(message, 0)
    assert verifies(message, 1)


@pytest.mark.sampled
@settings(max_examples=sampled(whole=1000, sample=50))
@given(strangers, strangers, strangers, strangers)
def test_any_content_verifies(subject: str, name: str, before: str, after: str) -> None:
    """Whatever strangers write in headers, slots and bodies, both signatures hold."""
    message = composed(
        edition(
            subject=f"News: {subject}",
            text=f"{before}{slot(Slot.NAME)}{after}",
            html=f"{before}{slot(Slot.NAME)}{after}{slot(Slot.UNSUBSCRIBE)}",
        ),
        headers(list_id=f"{subject} <weekly.news.example.org>"),
        addressee(name=name),
        both(),
    )
    assert verifies(message, 0)
    assert verifies(message, 1)


def test_a_utf8_address_verifies() -> None:
    """A To header that needs SMTPUTF8 is signed as it stands (RFC 8616)."""
    assert verifies(composed(to=addressee(address="用户@example.net"), signer=both()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"The week in gear", b"The week in fear"),
        (b"reader@example.net", b"other@example.net"),
        (b"l=3Dweekly", b"l=3Dhourly"),
        (b"One-Click", b"Two-Click"),
        (b"multipart/alternative", b"multipart/mixed"),
    ],
)
def test_a_changed_message_does_not_verify(old: bytes, new: bytes) -> None:
    """Headers, a reader's values and the structure are all under the signature."""
    message = composed(signer=both())
    assert old in message
    changed = message.replace(old, new)
    assert not verifies(changed, 0)
    assert not verifies(changed, 1)


@pytest.mark.parametrize(
    "extra",
    [
        b"From: a@evil.test",
        b"Subject: Buy",
        b"To: a@evil.test",
        b"Cc: a@evil.test",
        b"Date: Mon, 05 Jan 2026 07:00:00 +0000",
        b"Reply-To: a@evil.test",
        b"Content-Type: text/plain",
        b"List-Unsubscribe: <https://evil.test/>",
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ],
)
def test_a_second_header_breaks_the_signature(extra: bytes) -> None:
    """Nobody can replay our mail with another sender, subject or way out put before ours."""
    message = composed(signer=Signer(keys=(rsa_key(),)))
    assert not verifies(extra + b"\r\n" + message)


@pytest.mark.parametrize("answers", ["", "weekly/11"])
def test_every_header_of_ours_is_signed(answers: str) -> None:
    """h= lists all that we write, RFC 8058's two headers among them."""
    content = composed(with_headers=headers(answers=answers), signer=Signer(keys=(rsa_key(),)))
    assert verifies(content)
    message = parsed(content)
    signed = "".join(message["DKIM-Signature"].split("h=")[1].split(";")[0].split()).split(":")
    assert {name.lower() for name in message} - {"dkim-signature"} <= set(signed)
    for name in ("from", "to", "subject", "date", "list-unsubscribe", "list-unsubscribe-post"):
        assert signed.count(name) == 2


def test_the_record_is_the_one_of_rfc_8463() -> None:
    """The example key of RFC 8463 appendix A gives the record printed there."""
    seed = base64.b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    key = SigningKey(
        domain="football.example.com",
        selector="brisbane",
        private=ed25519.Ed25519PrivateKey.from_private_bytes(seed),
    )
    assert key.dns_record == (
        "brisbane._domainkey.football.example.com",
        "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    )


@pytest.mark.parametrize("key", [rsa_key, ed25519_key])
def test_a_key_is_read_from_its_file(tmp_path: Path, key: object) -> None:
    """The PEM file decides which algorithm signs."""
    assert callable(key)
    known: SigningKey = key()
    (tmp_path / "dkim.pem").write_bytes(pem(known.private))
    signer = open_signer(dkim_settings(selector=known.selector), tmp_path)
    assert verifies(composed(signer=signer))


def test_a_site_signs_with_two_keys(tmp_path: Path) -> None:
    """RSA for everybody, Ed25519 for those who know it; the second is named when it is wrong."""
    (tmp_path / "dkim.pem").write_bytes(pem(rsa_key().private))
    (tmp_path / "further.pem").write_bytes(pem(ed25519_key().private))
    second = {"selector": "e1", "key_file": "further.pem"}
    keys = load_keys(dkim_settings(second=second), tmp_path)
    assert [(key.selector, key.algorithm) for key in keys] == [
        ("s1", "rsa-sha256"),
        ("e1", "ed25519-sha256"),
    ]
    with pytest.raises(ConfigurationError) as caught:
        load_keys(dkim_settings(second=second | {"key_file": "none.pem"}), tmp_path)
    assert caught.value.problem.field == "dkim.second.key_file"


def test_a_foreign_domain_signs_in_ascii(tmp_path: Path) -> None:
    """d= and the record's name are A-labels."""
    (tmp_path / "dkim.pem").write_bytes(pem(ed25519_key().private))
    (key,) = load_keys(dkim_settings(domain="bücher.example"), tmp_path)
    assert key.dns_record[0] == "s1._domainkey.xn--bcher-kva.example"


def test_the_key_is_not_shown() -> None:
    """A signer in a traceback or a log tells nothing secret."""
    assert "private" not in repr(both())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot read"),
        (b"", "not contain a private key"),
        (b"not a key", "not contain a private key"),
        (
            ed25519.Ed25519PrivateKey.generate()
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "not contain a private key",
        ),
        (pem(ec.generate_private_key(ec.SECP256R1())), "neither RSA nor Ed25519"),
        (
            ed25519.Ed25519PrivateKey.generate().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
            ),
            "passphrase",
        ),
    ],
)
def test_a_key_that_cannot_sign_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    """The error says file, field and fix."""
    if content is not None:
        (tmp_path / "dkim.pem").write_bytes(content)
    with pytest.raises(ConfigurationError, match=words) as caught:
        open_signer(dkim_settings(), tmp_path)
    problem = caught.value.problem
    assert problem.file == str(tmp_path / "newsletter.toml")
    assert problem.field == "dkim.key_file"
    assert problem.fix
    assert "openssl" in problem.fix


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    """Verifiers treat fewer than 1024 bits as no signature (RFC 8301)."""
    (tmp_path / "dkim.pem").write_bytes(pem(short_key()))
    with pytest.raises(ConfigurationError, match="only 648 bits"):
        open_signer(dkim_settings(), tmp_path)


@pytest.mark.parametrize(("field", "value"), [("domain", "no domain"), ("selector", "s 1;")])
def test_a_wrong_name_is_named(tmp_path: Path, field: str, value: str) -> None:
    """A domain or selector that cannot stand in the DNS is a configuration error."""
    (tmp_path / "dkim.pem").write_bytes(pem(ed25519_key().private))
    with pytest.raises(ConfigurationError) as caught:
        open_signer(dkim_settings(**{field: value}), tmp_path)
    assert caught.value.problem.field == f"dkim.{field}"
