"""What the proxy in front of the site makes of the headers of our answers.

Our pages rely on them: the Content-Security-Policy keeps strangers' HTML from running, and the
Referrer-Policy keeps the readers' links from other sites. A proxy may drop them, replace them, or
add headers of its own beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from newsletter.pipeline.doctor.mail_domain import Diagnosis, Grade

ORIGIN = "https://stranger.example.net"
"""The site on whose behalf the request claims to be made; a proxy may allow it to read answers."""

Headers = Iterable[tuple[str, str]]
"""The header lines of an answer; a name may be there more than once."""

_HARM = {
    "content-security-policy": "a page may load and run what strangers wrote",
    "referrer-policy": "the addresses of readers' pages, which are their keys, may reach other sites",
    "x-content-type-options": "a browser may take a text for a script",
    "cache-control": "pages with a reader's data may be kept by browsers and proxies",
}


def judge_headers(path: str, *, sent: Mapping[str, str], received: Headers) -> Iterator[Diagnosis]:
    """Compare what the server `sent` for the page at `path` with what came through the proxy."""
    ours, theirs = _values(sent.items()), _values(received)
    for name in _HARM:
        if name in ours:
            yield from _judge_one(path, name, ours[name], theirs.get(name, []))
    if "access-control-allow-origin" in theirs and "access-control-allow-origin" not in ours:
        yield _finding(
            Grade.FAILURE,
            f"the proxy lets pages of other sites read our answers: {path} has "
            f"Access-Control-Allow-Origin: {', '.join(theirs['access-control-allow-origin'])}",
            "remove this header from the proxy; the site sets it where other sites may read",
        )


def judge_transport(received: Headers) -> Iterator[Diagnosis]:
    """Whether an answer over https tells browsers to come over https only (RFC 6797)."""
    values = _values(received).get("strict-transport-security", [])
    age = (
        re.search(r"(?:^|;)\s*max-age\s*=\s*\"?(\d+)", values[0], re.IGNORECASE) if values else None
    )
    if age is None or not int(age[1][:12]):
        yield _finding(
            Grade.WARNING,
            "browsers are not told to come over https only: the first request of a visitor may be "
            "read and changed on its way",
            "let the proxy set Strict-Transport-Security; nginx: add_header "
            'Strict-Transport-Security "max-age=63072000" always;',
        )


def _judge_one(
    path: str, name: str, ours: Sequence[str], theirs: Sequence[str]
) -> Iterator[Diagnosis]:
    title = "-".join(word.capitalize() for word in name.split("-"))
    fix = f"let the proxy pass {title} as the site sends it"
    if not theirs:
        message = f"the proxy drops {title} of {path}: {_HARM[name]}"
        yield _finding(Grade.FAILURE, message, fix)
    elif not _holds(name, ours, theirs):
        found = ", ".join(theirs)
        message = f"the proxy sends {title}: {found} for {path} instead of ours: {_HARM[name]}"
        yield _finding(Grade.FAILURE, message, fix)
    elif name == "content-security-policy" and set(theirs) != set(ours):
        message = f"the proxy adds a {title} of its own to {path}: parts of the page may not work"
        yield _finding(Grade.WARNING, message, fix)


def _holds(name: str, ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether a browser that gets these values obeys ours.

    Every policy of several holds, and every directive about caches. Of several values of
    Referrer-Policy the last counts, of X-Content-Type-Options the first.
    """
    match name:
        case "referrer-policy":
            return theirs[-1] == ours[-1]
        case "x-content-type-options":
            return theirs[0] == ours[0]
        case _:
            return set(ours) <= set(theirs)


def _values(lines: Headers) -> dict[str, list[str]]:
    """The values of each header; a line with commas holds several (RFC 9110 section 5.3)."""
    values: dict[str, list[str]] = {}
    for name, value in lines:
        parts = (_plain(part) for part in value.split(","))
        values.setdefault(name.lower(), []).extend(part for part in parts if part)
    return {name: found for name, found in values.items() if found}


def _plain(value: str) -> str:
    """A value as browsers compare it: without case and repeated spaces, or a last semicolon."""
    return " ".join(value.split()).strip("; ").lower()


def _finding(grade: Grade, message: str, fix: str) -> Diagnosis:
    return Diagnosis(check="proxy", grade=grade, message=message, fix=fix)
