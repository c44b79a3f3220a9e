"""Checks whether a mail domain is set up so that large mailbox providers accept its mail.

They require of bulk senders that SPF and DKIM pass, that DMARC has at least p=none, and that the
From domain is aligned with one of the two. The checks depend only on the records they are given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.pipeline.doctor.dns_records import Records

if TYPE_CHECKING:
    from newsletter.delivery.dkim import SigningKey

MAX_SPF_LOOKUPS = 10
"""RFC 7208 section 4.6.4."""


class Grade(StrEnum):
    """The severity of a diagnosis."""

    OK = "ok"
    WARNING = "warning"  # works, but could be better
    FAILURE = "failure"  # mail is lost, refused or unsafe


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """The result of one check; `fix` says what to do, or is ""."""

    check: str
    grade: Grade
    message: str
    fix: str = ""


def check_mx(records: Records, domain: str) -> Diagnosis:
    """Check that replies and bounces to the domain find a server (RFC 5321 section 5.1)."""
    servers = records.mx(domain)
    fix = f"publish: {domain}. MX 10 mail.{domain}."
    if servers == [""]:
        return _failure("MX", f"{domain} declares that it accepts no mail", fix)
    if servers:
        return _ok("MX", f"mail to {domain} goes to {', '.join(servers)}")
    if records.has_address(domain):
        return _warning("MX", f"{domain} has no MX record, only an address", fix)
    return _failure("MX", f"mail to {domain} has nowhere to go: bounces are lost", fix)


def check_spf(records: Records, domain: str) -> Diagnosis:
    """Check that the domain says which servers send for it (RFC 7208)."""
    found = _spf_of(records, domain)
    if not found:
        fix = f'publish: {domain}. TXT "v=spf1 a:YOUR-RELAY -all"'
        return _failure("SPF", f"{domain} has no SPF record", fix)
    if len(found) > 1:
        return _failure(
            "SPF", f"{domain} has {len(found)} SPF records, which is the same as none", "keep one"
        )
    terms = found[0].lower().split()
    lookups = _spf_lookups(records, domain, seen=set())
    if lookups > MAX_SPF_LOOKUPS:
        return _failure(
            "SPF",
            f"the SPF record of {domain} needs {lookups} look-ups; {MAX_SPF_LOOKUPS} are allowed",
            "replace some include: by the addresses behind them",
        )
    if {"+all", "all"} & set(terms):
        return _failure("SPF", f"the SPF record of {domain} lets anybody send", "end it in -all")
    if not ({"-all", "~all"} & set(terms) or any(term.startswith("redirect=") for term in terms)):
        return _warning("SPF", f"the SPF record of {domain} has no end", "end it in -all or ~all")
    return _ok("SPF", f"{domain}: {found[0]}")


def check_dkim(records: Records, key: SigningKey) -> Diagnosis:
    """Check that the published key is the one that signs (RFC 6376 section 3.6.1)."""
    name, value = key.dns_record
    fix = f'publish: {name}. TXT "{value}"'
    published = records.txt(name)
    if not published:
        return _failure("DKIM", f"there is no key at {name}: no signature can be checked", fix)
    tags = [_tags(record) for record in published]
    keys = {entry.get("p", "") for entry in tags}
    if keys == {""}:
        return _failure("DKIM", f"the key at {name} is revoked", fix)
    if _tags(value)["p"] not in keys:
        return _failure("DKIM", f"the key at {name} is not the one that signs", fix)
    if any("y" in entry.get("t", "").split(":") for entry in tags):
        return _warning(
            "DKIM", f"the key at {name} is marked as a test (t=y)", "remove t=y: signatures count"
        )
    return _ok("DKIM", f"the key at {name} is the one that signs")


def check_dmarc(records: Records, domain: str) -> Diagnosis:
    """Check that the From domain, or a parent domain, has a policy (RFC 7489 section 6)."""
    for parent in _upwards(domain):
        found = [r for r in records.txt(f"_dmarc.{parent}") if r.lower().startswith("v=dmarc1")]
        if found:
            break
    else:
        fix = f'publish: _dmarc.{domain}. TXT "v=DMARC1; p=none; rua=mailto:dmarc@{domain}"'
        return _failure("DMARC", f"{domain} has no DMARC record", fix)
    if len(found) > 1:
        return _failure("DMARC", f"_dmarc.{parent} has {len(found)} records", "keep one")
    tags = _tags(found[0])
    if tags.get("p", "") not in {"none", "quarantine", "reject"}:
        fix = "write p=none, p=quarantine or p=reject"
        return _failure("DMARC", f"the DMARC record of {parent} has no policy", fix)
    if "rua" not in tags:
        fix = f"add rua=mailto:dmarc@{domain} to learn who sends mail in your name"
        return _warning("DMARC", f"the DMARC record of {parent} asks for no reports", fix)
    return _ok("DMARC", f"{parent}: {found[0]}")


def check_bimi(records: Records, domain: str) -> Diagnosis | None:
    """Check the logo that mailboxes show beside the sender (BIMI); None if none is published."""
    for parent in _upwards(domain):
        name = f"default._bimi.{parent}"
        found = [r for r in records.txt(name) if r.lower().startswith("v=bimi1")]
        if found:
            break
    else:
        return None
    tags = _tags(found[0])
    logo = tags.get("l", "")
    if not logo:
        return _ok("BIMI", f"{parent} asks mailboxes to show no logo")
    if not (logo.lower().startswith("https://") and logo.lower().endswith(".svg")):
        fix = f"publish the logo as SVG Tiny PS at an https address, and name it in l= of {name}"
        return _failure("BIMI", f"{logo} is not the https address of an SVG file", fix)
    policy = _dmarc_tags(records, domain)
    if policy.get("p") not in {"quarantine", "reject"} or policy.get("pct", "100") != "100":
        fix = f"write p=quarantine or p=reject, without pct, into the DMARC record of {parent}"
        return _failure("BIMI", "mailboxes show no logo while DMARC is not enforced", fix)
    if not tags.get("a"):
        fix = f"name a certificate of the logo (VMC or CMC) in a= of {name}"
        return _warning("BIMI", "Gmail and Apple Mail show no logo without a certificate", fix)
    return _ok("BIMI", f"{parent}: {found[0]}")


def check_alignment(
    records: Records, *, from_domain: str, envelope_domain: str, dkim_domain: str | None
) -> Diagnosis:
    """Check that DKIM or SPF is aligned with the From domain (RFC 7489 section 3.1)."""
    strict = _strictness(records, from_domain)
    by_dkim = dkim_domain is not None and _aligned(from_domain, dkim_domain, strict["adkim"])
    by_spf = _aligned(from_domain, envelope_domain, strict["aspf"])
    if by_dkim:
        return _ok("alignment", f"the DKIM domain {dkim_domain} is aligned with {from_domain}")
    fix = f'sign as the domain of the sender: [dkim] domain = "{from_domain}"'
    if by_spf:
        message = f"only SPF is aligned with {from_domain}, and forwarding breaks it"
        return _warning("alignment", message, fix)
    return _failure(
        "alignment",
        f"neither DKIM ({dkim_domain or 'none'}) nor SPF ({envelope_domain}) is aligned with "
        f"{from_domain}: DMARC fails",
        fix,
    )


def _strictness(records: Records, domain: str) -> dict[str, bool]:
    tags = _dmarc_tags(records, domain)
    return {name: tags.get(name) == "s" for name in ("adkim", "aspf")}


def _dmarc_tags(records: Records, domain: str) -> dict[str, str]:
    """The policy of the domain or of the nearest parent that has one."""
    for parent in _upwards(domain):
        for record in records.txt(f"_dmarc.{parent}"):
            if record.lower().startswith("v=dmarc1"):
                return _tags(record)
    return {}


def _aligned(seen: str, other: str, strict: bool) -> bool:
    """Whether the domains are equal or, if relaxed, one is a subdomain of the other.

    This is simpler than a comparison of organizational domains by public suffix.
    """
    seen, other = seen.lower(), other.lower()
    if seen == other:
        return True
    return not strict and (seen.endswith(f".{other}") or other.endswith(f".{seen}"))


def _upwards(domain: str) -> Iterator[str]:
    """The domain and its parent domains, without the top-level domain."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        yield ".".join(labels[start:])


def _spf_of(records: Records, domain: str) -> list[str]:
    return [
        record
        for record in records.txt(domain)
        if record.lower() == "v=spf1" or record.lower().startswith("v=spf1 ")
    ]


def _spf_lookups(records: Records, domain: str, *, seen: set[str]) -> int:
    """How many look-ups a check of the record needs, including those of included records."""
    if domain in seen:
        return 0
    seen.add(domain)
    count = 0
    for record in _spf_of(records, domain)[:1]:
        for term in record.lower().split()[1:]:
            term = term.lstrip("+-~?")
            kind, _, value = term.replace("=", ":", 1).partition(":")
            if kind.partition("/")[0] in {"a", "mx", "ptr", "exists", "include", "redirect"}:
                count += 1
            if kind in {"include", "redirect"} and count <= MAX_SPF_LOOKUPS:
                count += _spf_lookups(records, value, seen=seen)
    return count


def _tags(record: str) -> dict[str, str]:
    """Parse `v=DMARC1; p=none` into a mapping; spaces in values are removed, as in a folded key."""
    parts = (part.partition("=") for part in record.split(";"))
    return {
        name.strip().lower(): "".join(value.split()) for name, _, value in parts if name.strip()
    }


def _ok(check: str, message: str) -> Diagnosis:
    return Diagnosis(check=check, grade=Grade.OK, message=message)


def _warning(check: str, message: str, fix: str) -> Diagnosis:
    return Diagnosis(check=check, grade=Grade.WARNING, message=message, fix=fix)


def _failure(check: str, message: str, fix: str) -> Diagnosis:
    return Diagnosis(check=check, grade=Grade.FAILURE, message=message, fix=fix)
