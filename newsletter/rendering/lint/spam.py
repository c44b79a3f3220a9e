"""Checks for habits that spam filters penalise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from newsletter.rendering.edition import Edition
from newsletter.rendering.lint.document import Document, finding, finding_about, words_of
from newsletter.rendering.lint.finding import LintFinding

_WHO = "readers whose filter may treat it as spam"
_SHORTENERS = frozenset(
    "bit.ly tinyurl.com goo.gl t.co ow.ly is.gd buff.ly rebrand.ly cutt.ly lnkd.in tiny.cc rb.gy".split()  # noqa: SIM905 (reads as a line)
)
_REPLY_PREFIX = re.compile(r"(re|fwd?|aw|wg|sv|tr)\s*:", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s/]+", re.IGNORECASE)
LONG_SUBJECT = 120
FEW_WORDS = 200
"""Fewest characters of text in a mail with pictures."""


def check_spam_habits(document: Document, edition: Edition) -> Iterator[LintFinding]:
    """Check for misleading subjects, links that hide their target, and pictures instead of text."""
    yield from _subject(edition.subject)
    for link in document.elements("a"):
        host = _host(link.get("href") or "")
        if host in _SHORTENERS:
            fix = f"link to the page itself: {host} hides the target"
            yield finding(link, "short-link", "warning", who=_WHO, fix=fix)
        elif host and _is_address(host):
            fix = "link to a host by its name"
            yield finding(link, "numeric-host", "warning", who=_WHO, fix=fix)
        shown = _ADDRESS.match(words_of(link))
        if shown and host and not _same_site(_host(shown[0]), host):
            fix = f"show the real target or a text: the link leads to {host}"
            yield finding(
                link,
                "other-address",
                "warning",
                who="every reader: the link looks like phishing",
                fix=fix,
            )
    pictures = next(document.elements("img"), None) is not None
    if pictures and len(document.text()) < FEW_WORDS:
        fix = "repeat in text what the pictures say"
        yield finding(document.root, "few-words", "warning", who=_WHO, fix=fix)


def _subject(subject: str) -> Iterator[LintFinding]:
    letters = [letter for letter in subject if letter.isalpha()]
    cased = [letter for letter in letters if letter.upper() != letter.lower()]
    if len(cased) > 10 and sum(letter.isupper() for letter in cased) > len(cased) * 0.7:
        yield _about("subject-shouts", subject, "write it in lower case")
    if subject.count("!") > 1 or "$$" in subject:
        yield _about("subject-shouts", subject, "use at most one exclamation mark and no $$")
    if _REPLY_PREFIX.match(subject):
        yield _about(
            "subject-pretends", subject, "remove the prefix that makes it look like a reply"
        )
    if len(subject) > LONG_SUBJECT:
        yield _about("subject-long", subject, "use about 60 characters: inboxes show no more")


def _about(rule: str, subject: str, fix: str) -> LintFinding:
    return finding_about(f"Subject: {subject}", rule, "warning", who=_WHO, fix=fix)


def _host(url: str) -> str:
    try:
        return (urlsplit(url if "://" in url else f"https://{url}").hostname or "").removeprefix(
            "www."
        )
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return False


def _same_site(shown: str, host: str) -> bool:
    return shown == host or shown.endswith("." + host) or host.endswith("." + shown)
