"""How a source that is not public is asked: credentials, headers, and keeping them out of texts."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

_USER_INFO = re.compile(r"(?<=://)[^\s/?#\"'<>]*@")
_FORBIDDEN = frozenset(
    ("accept-encoding", "connection", "content-length", "expect", "host", "te", "transfer-encoding")
)
_TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
_VISIBLE = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """What goes with the requests for one source; none of it is in its `repr`.

    `credentials` is `user:password` or `bearer TOKEN`. Credentials and headers are for the source's
    own host, the user agent for every host.
    """

    credentials: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    user_agent: str = field(default="", repr=False)

    @property
    def authorization(self) -> str:
        """The header Authorization (RFC 7617, RFC 6750); "" without credentials."""
        scheme, _, token = self.credentials.partition(" ")
        if scheme.lower() == "bearer":
            return f"Bearer {token.strip()}"
        if not self.credentials:
            return ""
        return f"Basic {base64.b64encode(self.credentials.encode()).decode('ascii')}"


def split_credentials(url: str) -> tuple[str, str]:
    """The address without user and password, and these as `user:password` or ""."""
    found = _USER_INFO.search(url)
    if found is None or url.find("://") + 3 != found.start():
        return url, ""
    user, _, password = found[0][:-1].partition(":")
    clean = url[: found.start()] + url[found.end() :]
    return clean, f"{unquote(user)}:{unquote(password)}" if user or password else ""


def require_escaped(url: str) -> None:
    """Raise ValueError, without the password, if the address has one that is not percent-encoded.

    `https://user:a#b@host/` would be the host `user` with a mistaken port.
    """
    _scheme, marker, rest = url.partition("://")
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if marker and "@" in rest and re.search(r":(?!\d*\Z)", re.sub(r"\[.*?\]", "", authority)):
        raise ValueError(
            f"{redacted_mistake(url)!r} has a password with special characters; "
            "write them percent-encoded (# as %23, / as %2F, ? as %3F), or use auth_file"
        )


def join_credentials(url: str, credentials: str) -> str:
    """The address with `user:password` in it; as it is without credentials."""
    if not credentials:
        return url
    user, _, password = credentials.partition(":")
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest}"


def redacted(text: str) -> str:
    """The text with `…@` for the user and password of every web address in it."""
    return _USER_INFO.sub("…@", text)


def redacted_mistake(address: str) -> str:
    """An address that is not valid, for its error message: whatever may be a password is left out."""
    scheme, marker, rest = address.partition("://" if "://" in address else ":")
    return f"{scheme}{marker}{'…@' if '@' in rest else ''}{rest.rpartition('@')[2]}"


def checked_credentials(text: str) -> str:
    """`user:password` or `bearer TOKEN`; raises ValueError, without repeating it, for other text."""
    scheme, _, token = text.partition(" ")
    is_bearer = scheme.lower() == "bearer" and re.fullmatch(r"[!-~]+", token.strip())
    if not is_bearer and (":" not in text or re.search(r"[\x00-\x1f\x7f]", text)):
        raise ValueError(
            "this is neither a user name and password nor a token; "
            "write user:password, or bearer and the token, on one line"
        )
    return text


def checked_headers(headers: dict[str, str]) -> dict[str, str]:
    """Headers that can be sent; raises ValueError, without their values, for others."""
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or not _VISIBLE.fullmatch(value):
            raise ValueError(
                f"the header {name!r} cannot be sent; use visible ASCII characters on one line"
            )
        if name.lower() in _FORBIDDEN:
            raise ValueError(f"the header {name!r} is set by the program itself; remove it")
    return headers
