"""DKIM signatures (RFC 6376), relaxed/relaxed, by RSA-SHA256 or Ed25519-SHA256 (RFC 8463).

Headers and bodies are written in canonical form from the start (header_text.py and
quoted_printable.py), so signing never parses a message.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from newsletter.config.loading import FILE_NAME
from newsletter.config.settings import DkimKeySettings, DkimSettings
from newsletter.delivery.addresses import ascii_domain
from newsletter.errors import ConfigurationError, InputError, Problem

SMALLEST_RSA_KEY = 1024  # bits; verifiers refuse less (RFC 8301 section 3.2)
OVERSIGNED = (
    "from", "to", "cc", "subject", "date", "reply-to", "mime-version", "content-type",
    "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip
"""Listed once more than they occur, so that a second one cannot be added (RFC 6376, 8.15)."""

_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
_MAKE_KEY = (
    "make a key with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out dkim.pem`"
)
_PADDING = PKCS1v15()
_PREHASHED = Prehashed(SHA256())


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningKey:
    """One private key, and the selector and domain under which its public key is in the DNS."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        """The a= tag."""
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign_digest(self, digest: bytes) -> bytes:
        """The raw signature over a SHA-256 digest."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, _PADDING, _PREHASHED)
        return self.private.sign(digest)  # RFC 8463 section 3: Ed25519 over the digest

    @property
    def dns_record(self) -> tuple[str, str]:
        """Name and value of the TXT record to publish (RFC 6376 section 3.6.1)."""
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            kind = "rsa"
            octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            kind, octets = "ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        name = f"{self.selector}._domainkey.{self.domain}"
        return name, f"v=DKIM1; k={kind}; p={base64.b64encode(octets).decode()}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """Signs each message with every key. Safe to share between threads."""

    keys: tuple[SigningKey, ...]

    @property
    def is_slow(self) -> bool:
        """Whether signing takes longer than the rest of preparing a message, as it does with RSA."""
        return any(isinstance(key.private, RSAPrivateKey) for key in self.keys)

    def sign(self, names: tuple[str, ...], headers: bytes, body_hash: bytes) -> bytes:
        """The DKIM-Signature header lines, one per key.

        `headers` are the fields called `names`, in that order and in relaxed form, each with
        CRLF; `body_hash` is the SHA-256 digest of the relaxed body.
        """
        encoded_hash = base64.b64encode(body_hash)
        lines = []
        for key in self.keys:
            opening, canonical = _opening(key.algorithm, key.domain, key.selector, names)
            signed = b"%bdkim-signature:%b bh=%b; b=" % (headers, canonical, encoded_hash)
            signature = base64.b64encode(key.sign_digest(hashlib.sha256(signed).digest()))
            lines.append(
                b"DKIM-Signature: %b\r\n bh=%b;\r\n b=%b\r\n"
                % (opening, encoded_hash, _fold(signature))
            )
        return b"".join(lines)


def open_signer(settings: DkimSettings, folder: Path) -> Signer:
    """The signer of a site; raises ConfigurationError naming the faulty field of [dkim]."""
    return Signer(keys=load_keys(settings, folder))


def load_keys(settings: DkimSettings, folder: Path) -> tuple[SigningKey, ...]:
    """The keys of a site, read from their PEM files; raises ConfigurationError."""
    try:
        domain = ascii_domain(settings.domain)
    except InputError as error:
        raise _configuration_error(
            folder,
            "dkim.domain",
            f"{settings.domain!r} is not a valid domain",
            "write news.example.org",
        ) from error
    return tuple(_load_key(domain, key, folder, table) for table, key in settings.keys.items())


def _load_key(domain: str, settings: DkimKeySettings, folder: Path, table: str) -> SigningKey:
    if not _SELECTOR.match(settings.selector):
        raise _configuration_error(
            folder,
            f"{table}.selector",
            f"{settings.selector!r} is not a valid selector",
            "use letters, digits, dots and hyphens, such as s1",
        )
    private = _load_pem(settings.key_file, folder, field_name=f"{table}.key_file")
    return SigningKey(domain=domain, selector=settings.selector, private=private)


def _load_pem(name: str, folder: Path, field_name: str) -> RSAPrivateKey | Ed25519PrivateKey:
    path = folder / name
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise _configuration_error(
            folder, field_name, f"cannot read {path}: {error.strerror}", _MAKE_KEY
        ) from error
    except TypeError as error:
        raise _configuration_error(
            folder,
            field_name,
            f"{path} is protected by a passphrase",
            f"remove it with `openssl pkey -in {name} -out dkim.pem`",
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _configuration_error(
            folder, field_name, f"{path} does not contain a private key in PEM format", _MAKE_KEY
        ) from error
    if isinstance(key, RSAPrivateKey) and key.key_size < SMALLEST_RSA_KEY:
        raise _configuration_error(
            folder, field_name, f"the key in {path} has only {key.key_size} bits", _MAKE_KEY
        )
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise _configuration_error(
            folder, field_name, f"the key in {path} is neither RSA nor Ed25519", _MAKE_KEY
        )
    return key


def _configuration_error(
    folder: Path, field_name: str, message: str, fix: str
) -> ConfigurationError:
    file = str(folder / FILE_NAME)
    return ConfigurationError([Problem(message=message, file=file, field=field_name, fix=fix)])


@lru_cache(maxsize=64)
def _opening(
    algorithm: str, domain: str, selector: str, names: tuple[str, ...]
) -> tuple[bytes, bytes]:
    """The tags before bh= and b=, as written and in relaxed form; the same for all readers."""
    listed = [*names, *OVERSIGNED]
    opening = (
        f"v=1; a={algorithm}; c=relaxed/relaxed;\r\n d={domain}; s={selector};\r\n"
        f" h={_fold_names(listed)};"
    )
    return opening.encode(), opening.replace("\r\n ", " ").encode()


def _fold_names(names: Iterable[str]) -> str:
    text, length = "", 0
    for name in names:
        if text:
            text += ":"
        if length + len(name) > 70:
            text, length = f"{text}\r\n ", 0
        text += name
        length += len(name) + 1
    return text


def _fold(signature: bytes) -> bytes:
    return b"\r\n ".join([signature[start : start + 72] for start in range(0, len(signature), 72)])
