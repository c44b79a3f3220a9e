"""Which header fields may be added to messages for one relay."""

from __future__ import annotations

import re
from collections.abc import Mapping

from newsletter.config.providers import Provider

PROVIDERS_OWN: dict[Provider, frozenset[str]] = {
    "ses": frozenset({"x-ses-configuration-set", "x-ses-message-tags"}),
    "mailgun": frozenset({"x-mailgun-variables", "x-mailgun-tag", "x-mailgun-track"}),
    "sendgrid": frozenset({"x-smtpapi"}),
    "postmark": frozenset(
        {
            "x-pm-message-stream",
            "x-pm-metadata-reference",
            "x-pm-tag",
            "x-pm-trackopens",
            "x-pm-tracklinks",
        }
    ),
    "brevo": frozenset({"x-mailin-custom", "x-mailin-tag"}),
    "sparkpost": frozenset({"x-msys-api"}),
}
"""The fields that we write for each provider, casefolded."""

_OURS = re.compile(
    r"from|to|cc|bcc|sender|reply-to|subject|date|message-id|in-reply-to|references|received|return-path"
    r"|mime-version|content-.*|list-.*|resent-.*|arc-.*|dkim-signature|authentication-results|feedback-id"
    r"|precedence|auto-submitted|x-auto-response-suppress"
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}")
_VALUE = re.compile(r"[!-~](?:[ -~]{0,898}[!-~])?")


def check_headers(headers: Mapping[str, str], provider: Provider | None) -> None:
    """Raise ValueError for a field that a message has already, or that cannot be written."""
    seen: set[str] = set()
    for name, value in headers.items():
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} is not a header field; use letters, digits and hyphens")
        key = name.casefold()
        if _OURS.fullmatch(key) or (provider and key in PROVIDERS_OWN[provider]):
            raise ValueError(f"{name} is written by newsletter itself; remove it")
        if key in seen:
            raise ValueError(f"{name} occurs twice; remove one")
        seen.add(key)
        if _VALUE.fullmatch(value) is None:
            raise ValueError(
                f"the value of {name} is not one line of ASCII; write at most 900 visible characters and spaces"
            )
