"""Queries the DNS about a mail domain; mail_domain.py evaluates the answers."""

from __future__ import annotations

from typing import Protocol

import dns.exception
import dns.rdatatype
import dns.resolver

from newsletter.errors import UnavailableError

TIMEOUT = 5.0
"""Seconds for one answer."""


class Records(Protocol):
    """The DNS. Each method returns an empty answer if the name or record does not exist."""

    def txt(self, name: str) -> list[str]:
        """The TXT records of `name`, with the strings of each joined (RFC 7208 section 3.3)."""
        ...

    def mx(self, name: str) -> list[str]:
        """The mail servers of `name`, most preferred first; [""] if it accepts no mail (RFC 7505)."""
        ...

    def has_address(self, name: str) -> bool:
        """Whether `name` has an A or AAAA record."""
        ...


class LiveRecords:
    """The DNS as seen by the machine's resolvers, or by the given nameservers."""

    def __init__(self, nameservers: list[str] | None = None, port: int = 53) -> None:
        self._resolver = dns.resolver.Resolver(configure=nameservers is None)
        if nameservers is not None:
            self._resolver.nameservers = list(nameservers)
            self._resolver.port = port
        self._resolver.lifetime = TIMEOUT

    def txt(self, name: str) -> list[str]:
        """See Records."""
        return [
            b"".join(record.strings).decode("utf-8", "replace")
            for record in self._ask(name, dns.rdatatype.TXT)
        ]

    def mx(self, name: str) -> list[str]:
        """See Records."""
        records = sorted(self._ask(name, dns.rdatatype.MX), key=lambda record: record.preference)
        return [
            record.exchange.to_text(omit_final_dot=True).removesuffix(".") for record in records
        ]

    def has_address(self, name: str) -> bool:
        """See Records."""
        return bool(self._ask(name, dns.rdatatype.A) or self._ask(name, dns.rdatatype.AAAA))

    def addresses(self, name: str, kind: str) -> list[str]:
        """The addresses of `name`; `kind` is A or AAAA."""
        return [record.address for record in self._ask(name, dns.rdatatype.RdataType.make(kind))]

    def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> list:  # type: ignore[type-arg] # the records' classes are made at run time
        try:
            return list(self._resolver.resolve(name, kind, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, UnicodeError) as error:
            raise UnavailableError(
                f"the DNS does not answer for {name}: {error}",
                fix="check the machine's resolver (/etc/resolv.conf), and try again",
            ) from error
