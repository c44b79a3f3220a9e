"""The addresses that subscribers write to, and the signed ones for bounces and confirmations."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType


class AddressRole(StrEnum):
    """What an address of a list is for: `weekly-ROLE@`."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    CONFIRM = "confirm"
    HELP = "help"
    OWNER = "owner"
    REQUEST = "request"
    SUGGEST = "suggest"
    BOUNCES = "bounces"
    LIST = ""  # the bare address: replies to an issue


_SUFFIXES = {role.value: role for role in AddressRole if role} | {
    "join": AddressRole.SUBSCRIBE,
    "leave": AddressRole.UNSUBSCRIBE,
}
_BOUNCE_TAG = re.compile(r"(?:prvs=[0-9a-z]{1,32}|btv1==[0-9a-z]{1,32}=)=(?=[^@])", re.IGNORECASE)
"""What a relay puts before an envelope sender, to know its own bounces (BATV)."""

_VERP = re.compile(r"([1-9]\d{0,18})-(\d{1,9})-([0-9a-f]{20})\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class ListAddress:
    """One of a list's addresses; `detail` is the part after the plus sign.

    `written` is the list's name in the address, if the list has another one now.
    """

    list_slug: str
    role: AddressRole
    detail: str = ""
    written: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnPath:
    """The mail that bounced or was answered, as proven by the signature in the address."""

    subscriber_id: int
    number: int
    """The issue's number; for a confirmation mail, the day it was sent (date.toordinal)."""


def without_bounce_tag(address: str) -> str:
    """The envelope sender before a relay signed it: `jo@` for `prvs=190694bd6d=jo@`."""
    return _BOUNCE_TAG.sub("", address, count=1) if _BOUNCE_TAG.match(address) else address


def parse_list_address(
    address: str,
    list_slugs: Collection[str],
    domain: str,
    former: Mapping[str, str] = MappingProxyType({}),
) -> ListAddress | None:
    """The list and role of an address; None if it is not one of ours. List names may have hyphens.

    `former` gives the present names of lists by those that they had before.
    """
    found = _parse(address, {*list_slugs, *former}, domain)
    if found is None or found.list_slug in list_slugs:
        return found
    return replace(found, list_slug=former[found.list_slug], written=found.list_slug)


def _parse(address: str, list_slugs: Collection[str], domain: str) -> ListAddress | None:
    local, _, host = without_bounce_tag(address.strip().strip("<>")).rpartition("@")
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

    Bounces go to such an envelope sender, and answers to confirmation mails go to
    `weekly-confirm+…@`. A signature for one is not valid for the other.

    The signature is hexadecimal, so that a relay may change the case of local parts. The local
    part stays within 64 octets (RFC 5321 4.5.3.1.1) for list names of up to 20 characters and
    for all realistic numbers. The newest key signs; every key verifies.
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
        """The address for a bounce of this mail, or for the answer to it."""
        signature = _sign(self._keys[0], role, list_slug, subscriber_id, number)
        return f"{list_slug}-{role}+{subscriber_id}-{number}-{signature}@{domain}"

    def reference(self, list_slug: str, subscriber_id: int, number: int) -> str:
        """The same as one word of letters, digits, `-` and `_`, for a provider that returns it."""
        signature = _sign(self._keys[0], AddressRole.BOUNCES, list_slug, subscriber_id, number)
        return f"{list_slug}_{subscriber_id}-{number}-{signature}"

    def read_reference(self, reference: str) -> tuple[str, ReturnPath] | None:
        """The list and the mail that a `reference` identifies; None without a valid signature."""
        list_slug, _, detail = reference.rpartition("_")
        found = self.read(ListAddress(list_slug=list_slug, role=AddressRole.BOUNCES, detail=detail))
        return (list_slug, found) if found else None

    def read(self, mailbox: ListAddress) -> ReturnPath | None:
        """Verify an address; None without a valid signature, so that a forged bounce has no effect."""
        found = _VERP.match(mailbox.detail.casefold())
        if found is None or mailbox.role not in (AddressRole.BOUNCES, AddressRole.CONFIRM):
            return None
        subscriber_id, number = int(found[1]), int(found[2])
        for key in self._keys:
            written = mailbox.written or mailbox.list_slug
            expected = _sign(key, mailbox.role, written, subscriber_id, number)
            if hmac.compare_digest(expected, found[3]):
                return ReturnPath(subscriber_id=subscriber_id, number=number)
        return None


def _sign(key: bytes, role: AddressRole, list_slug: str, subscriber_id: int, number: int) -> str:
    text = f"{role}\0{list_slug}\0{subscriber_id}\0{number}".encode()
    return hmac.digest(key, text, "sha256").hex()[:20]
