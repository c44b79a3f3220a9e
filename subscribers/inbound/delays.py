"""Detects notices in plain text that a mail is delayed but still being delivered."""

from __future__ import annotations

import re

_DELAYED = re.compile(
    r"warning (?:message )?only|(?:do not|don.t|no) need to re-?send|(?:has|have) been delayed|(?:is|was) delayed"
    r"|delivery (?:is )?(?:delayed|incomplete)|^delayed (?:mail|delivery)|message \S{1,40} delayed \d"
    r"|no action is required|(?:still|continue|keep|again) (?:to )?(?:be )?(?:try|retr|attempt|deliver)"
    r"|will (?:be )?(?:retr|re-?attempt|continue|keep|try|attempt)|(?:attempts|delivery|it) will continue"
    r"|(?:not|n.t) (?:yet )?been delivered (?:yet|after|to one or more of its recipients after)"
    r"|not yet (?:been )?deliver|still (?:in|on) the queue|remains? undelivered"
    r"|could not (?:be )?(?:send|sent|deliver\w*) .{0,30}(?:hour|minute|day)s"
    r"|verzögert|wird (?:weiter|erneut) versucht|retardé|nouvelle tentative|retrasad|se seguirá intentando",
    re.IGNORECASE | re.MULTILINE,
)
_GIVEN_UP = re.compile(
    r"gave up|giv(?:en|ing) up|could(?: not|n.t) be delivered(?! (?:for|yet|within))|(?:un|not )deliverable|returned to sender"
    r"|stopped trying|not going to try again|(?:no|any) (?:further|more) attempts|(?:will|would) not (?:be )?(?:re-?)?tr"
    r"|permanent(?:ly)?|(?<!non-)fatal|failed|(?:retry|queue|message) (?:timeout|time|life ?time)? ?(?:exceeded|expired)"
    r"|in the queue too long|deleted from (?:the )?queue|last attempt|(?<![\d.])5\.\d{1,3}\.\d{1,3}(?![\d.])|\b55[0-4][ -]",
    re.IGNORECASE,
)
_CERTAIN = re.compile(
    r"no action is required on your part|(?:delivery )?attempts will continue|warning message only"
    r"|this is a warning (?:message )?only|(?:please )?do not re-?send (?:your|this|the) (?:original )?(?:message|mail)",
    re.IGNORECASE,
)
"""No report of a failure says so, whatever else it says of the last attempt."""

_IF_IT_FAILS = re.compile(
    r"[^.\n]{0,80}\b(?:if|until|unless|when|before|once|in case|should|sobald|falls|wenn)\b[^.]{0,200}",
    re.IGNORECASE,
)
"""A conditional clause: "You'll be notified if the delivery fails permanently"."""

_SPACE = re.compile(r"[ \t]*\n[ \t]*(?=\S)")


def says_it_is_delayed(notice: str) -> bool:
    """Whether the notice (without the returned mail) announces a delay and not a failure (pure)."""
    text = _SPACE.sub(" ", notice[:8_000])
    if not (_DELAYED.search(notice[:8_000]) or _DELAYED.search(text)):
        return False
    if _CERTAIN.search(text):
        return True
    return _GIVEN_UP.search(_IF_IT_FAILS.sub(" ", text)) is None
