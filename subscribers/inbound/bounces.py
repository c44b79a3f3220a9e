"""Reads which address a bounce is about, how it failed, and why.

Reports in the format of RFC 3464 are read first, then other formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import Message

from subscribers.blame.blame import Blame
from subscribers.inbound.bounce_texts import failures_in_text, returned_recipients
from subscribers.inbound.reading import (
    MAX_TEXT,
    children,
    fields,
    part_text,
    parts,
    text_of,
)
from subscribers.inbound.verdict import Judgement, Verdict, judgement_of, status_in

MAX_LINE = 2_000
"""Characters that are read of one line of a report."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedRecipient:
    """One address that could not be reached.

    `also` are other addresses that the report names for the same recipient: before forwarding, or
    as we wrote it. `status` is the enhanced status code (RFC 3463) or "". `delayed` means that the
    mail is still being delivered and has not failed yet (RFC 3464 section 2.3.3).
    """

    address: str
    verdict: Verdict
    blame: Blame = Blame.UNKNOWN
    status: str = ""
    reason: str = ""
    also: tuple[str, ...] = ()
    delayed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class BounceReport:
    """What a bounce reports: failures, a success, or nothing that can be read."""

    failures: tuple[FailedRecipient, ...] = ()
    success: bool = False


_REASONS = ("diagnostic-code", "x400-supplementary-info", "x-supplementary-info")
_SUCCESSES = ("delivered", "relayed", "expanded")
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]*)[ \t]*:[ \t]*(.*)$")
_ADDRESS = re.compile(r"[^\s<>()\[\]\\,;:\"]{1,200}@[^\s<>()\[\]\\,;:\"]{1,255}")
_STATED_REASON = re.compile(r"(?m)^[ \t]+\(reason: ([^\n]{1,500})\)[ \t]*$")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")


def read_bounce(message: Message) -> BounceReport:
    """Every failed address that the bounce names, by its fields or else by its text."""
    reported = _reported(message)
    if reported.failures or reported.success:
        return reported
    enclosed = _enclosed_report(message)
    if enclosed is not None:
        return enclosed
    texts = "\n".join(part_text(part) for part in parts(message) if _is_text(part))[:MAX_TEXT]
    blocks = re.split(r"\n[ \t]*\n", texts)
    written = _from_fields((_fields_of(block.splitlines()) for block in blocks), message)
    if written.failures or written.success:
        return written
    status = status_in(texts)
    others = set(returned_recipients(message))
    failures = []
    for address, reason, temporary, delayed in failures_in_text(message, texts):
        judged = _judged(status, reason)
        failures.append(
            FailedRecipient(
                address=address,
                verdict=Verdict.SOFT if temporary else judged.verdict,
                blame=judged.blame,
                status=status,
                reason=_brief(reason),
                also=tuple(sorted(others - {address})),
                delayed=delayed,
            )
        )
    return BounceReport(failures=tuple(failures))


def _enclosed_report(message: Message) -> BounceReport | None:
    """The report that a gateway passed on as an attachment of a notice of its own."""
    for part in parts(message):
        for inner in children(part) if part.get_content_type() == "message/rfc822" else ():
            report = _reported(inner)
            if report.failures or report.success:
                return report
    return None


def _judged(status: str, text: str) -> Judgement:
    """What a notice says of a failure.

    Sendmail adds a code of its own to each reply of another server ("5.1.1 … User unknown" to "553 SPF
    fail"), and states the reply itself as "(reason: …)", which comes first.
    """
    if stated := _STATED_REASON.search(text):
        judged = judgement_of(status_in(stated[1]), stated[1])
        if judged.blame is not Blame.UNKNOWN:
            return judged
    return judgement_of(status, text)


def _is_text(part: Message) -> bool:
    return part.get_content_maintype() in ("text", "multipart") or part.get_content_type() in (
        "message/delivery-status",
        "application/octet-stream",
    )


def _reported(message: Message) -> BounceReport:
    blocks: list[dict[str, str]] = []
    for part in parts(message):
        if part.get_content_type() not in (
            "message/delivery-status",
            "message/global-delivery-status",
        ):
            continue
        if part.is_multipart():
            for block in children(part):
                blocks.append(_unfolded(block))
                # In a report of another type, what Python parses as the body is further blocks.
                rest = part_text(block)
                blocks += [_fields_of(text.splitlines()) for text in rest.split("\n\n")]
        else:
            text = part_text(part)
            blocks += [_fields_of(block.splitlines()) for block in re.split(r"\n[ \t]*\n", text)]
    return _from_fields(blocks, message)


def _unfolded(block: Message) -> dict[str, str]:
    unfolded: dict[str, str] = {}
    for name, value in fields(block):
        unfolded.setdefault(name, " ".join(value.split()))
    return unfolded


def _fields_of(lines: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    last = ""
    for line in lines:
        line = line[:MAX_LINE]
        indented = line[:1].isspace()
        if field := _FIELD.match(line if indented and last else line.strip()):
            last = field[1].casefold()
            found.setdefault(last, field[2].strip())
        elif last and indented and line.strip():
            found[last] += " " + line.strip()
        else:
            last = ""
    return found


def _from_fields(blocks: Iterable[Mapping[str, str]], message: Message) -> BounceReport:
    """Read the blocks of fields that are about recipients; other blocks are skipped."""
    failures: dict[str, FailedRecipient] = {}
    success = False
    returned = returned_recipients(message)
    notice = text_of(message)[:2000]
    for block in blocks:
        if "final-recipient" not in block and "original-recipient" not in block:
            continue
        action = next(iter(block.get("action", "").split()), "").casefold().strip("<>();,.")
        if action in _SUCCESSES or block.get("status", "").startswith("2"):
            success = True
        elif failure := _failure(block, action, returned, notice):
            key = failure.address.casefold()
            if key not in failures or failures[key].delayed:  # it failed in the end
                failures[key] = failure
    return BounceReport(failures=tuple(failures.values()), success=success and not failures)


def _failure(
    block: Mapping[str, str], action: str, returned: list[str], notice: str
) -> FailedRecipient | None:
    reason = " ".join(filter(None, (block.get(name) for name in _REASONS)))
    status = status_in(block.get("status", "")) or status_in(reason)
    named = [
        _recipient(block.get("original-recipient", "")),  # as we wrote it (RFC 3464 2.3.1)
        _recipient(block.get("final-recipient", "")),  # where forwarding took it
        _recipient(block.get("x-actual-recipient", "")),
        *returned,
    ]
    named = [address for address in dict.fromkeys(named) if address]
    if not named or not (action or status):
        return None
    delayed = action == "delayed" or (action != "failed" and "will-retry-until" in block)
    soft = delayed or block.get("status", "").startswith("4")
    judged = judgement_of(status, reason or notice)
    return FailedRecipient(
        address=named[0],
        verdict=Verdict.SOFT if soft else judged.verdict,
        blame=judged.blame,
        status=status,
        reason=_brief(reason),
        also=tuple(named[1:]),
        delayed=delayed,
    )


def _recipient(value: str) -> str:
    """The address in `rfc822; jo@example.org`; xtext decoded (RFC 3461 4), "" if there is none."""
    kind, marked, rest = value.partition(";")
    text = rest if marked else kind
    if marked and kind.strip().casefold() not in ("rfc822", "utf-8", "utf8", "smtp", "x-unix", ""):
        return ""
    found = _ADDRESS.search(text)
    if found is None:
        return ""
    address = _XTEXT.sub(lambda code: chr(int(code[1], 16)), found[0]).strip(".'")
    return "" if ".." in address else address


def _brief(reason: str) -> str:
    return " ".join(reason.split())[:300]
