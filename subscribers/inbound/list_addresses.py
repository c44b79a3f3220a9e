"""The addresses that subscribers write to, and the signed ones that answers come back to."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum


class AddressRole(StrEnum):
    """What an address of a list is for: `weekly-ROLE@`."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    CONFIRM = "confirm"
    HELP = "help"
    OWNER = "owner"
    REQUEST = "request"
    BOUNCES = "bounces"
    LIST = ""  # the bare address: replies to an issue


_SUFFIXES = {role.value: role for role in AddressRole if role} | {
    "join": AddressRole.SUBSCRIBE,
    "leave": AddressRole.UNSUBSCRIBE,
}
_VERP = re.compile(r"([1-9]\d{0,18})-(\d{1,9})-([0-9a-f]{20})\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class ListAddress:
    """One of a list's addresses; `detail` is what stood after the plus sign."""

    list_slug: str
    role: AddressRole
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnPath:
    """Which mail of ours was answered, proven by the signature in its address."""

    subscriber_id: int
    number: int
    """The issue's number; of a question to confirm, its day (date.toordinal)."""


def parse_list_address(
    address: str, list_slugs: Collection[str], domain: str
) -> ListAddress | None:
    """Which list and role an address means; None if it is none of ours. List names may hold hyphens."""
    local, _, host = address.strip().strip("<>").rpartition("@")
    if host.casefold() != domain.casefold():
        return None
    name, _, detail = local.partition("+")
    if name.casefold() in list_slugs:
        return ListAddress(list_slug=name.casefold(), role=AddressRole.LIST, detail=detail)
    slug, _, suffix = name.casefold().rpartition("-")
    if slug in list_slugs and suffix in _SUFFIXES:
        return ListAddress(list_slug=slug, role=_SUFFIXES[suffix], detail=detail)
    return None


class ReturnPaths:
    """Makes and reads signed addresses (VERP): `weekly-bounces+7-12-SIGNATURE@`.

    Bounces come back to such an envelope sender, the answer to a question to confirm to
    `weekly-confirm+…@`; neither signature is good for the other.

    Hexadecimal, so that a relay that changes the case of local parts does no harm; with the
    list's name it stays within 64 octets (RFC 5321 4.5.3.1.1) for names up to 20 characters
    and every number we meet. The newest key signs, all keys read.
    """

    def __init__(self, secret_keys: Sequence[str]) -> None:
        self._keys = [
            hashlib.sha256(b"newsletter.return-path\0" + key.encode()).digest()
            for key in secret_keys
        ]

    def make(
        self,
        list_slug: str,
        domain: str,
        subscriber_id: int,
        number: int,
        role: AddressRole = AddressRole.BOUNCES,
    ) -> str:
        """The address that a bounce of, or an answer to, this one mail comes to."""
        signature = _sign(self._keys[0], role, list_slug, subscriber_id, number)
        return f"{list_slug}-{role}+{subscriber_id}-{number}-{signature}@{domain}"

    def read(self, mailbox: ListAddress) -> ReturnPath | None:
        """Whose it is; None without a valid signature: a forged bounce changes nothing."""
        found = _VERP.match(mailbox.detail.casefold())
        if found is None or mailbox.role not in (AddressRole.BOUNCES, AddressRole.CONFIRM):
            return None
        subscriber_id, number = int(found[1]), int(found[2])
        for key in self._keys:
            wanted = _sign(key, mailbox.role, mailbox.list_slug, subscriber_id, number)
            if hmac.compare_digest(wanted, found[3]):
                return ReturnPath(subscriber_id=subscriber_id, number=number)
        return None


def _sign(key: bytes, role: AddressRole, list_slug: str, subscriber_id: int, number: int) -> str:
    text = f"{role}\0{list_slug}\0{subscriber_id}\0{number}".encode()
    return hmac.digest(key, text, "sha256").hex()[:20]
