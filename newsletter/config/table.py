"""The base of every table in newsletter.toml, and the types of values that many tables use."""

from __future__ import annotations

import re
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from newsletter.config.access import redacted_mistake
from newsletter.config.addresses import checked_address

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


class Table(BaseModel):
    """A table of newsletter.toml: unknown keys are errors, `key_file` reads `key` from a file."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        defer_build=True,
        hide_input_in_errors=True,  # it may be a secret
    )

    @model_validator(mode="before")
    @classmethod
    def read_values_from_files(cls, values: Any, info: ValidationInfo) -> Any:
        """Replace `password_file = "relay.pw"` by `password = <its content>`."""
        if not isinstance(values, dict):
            return values
        folder = (info.context or {}).get("folder", Path())
        values = dict(values)
        for key in [key for key in values if key.endswith("_file")]:
            plain = key.removesuffix("_file")
            if key in cls.model_fields or plain not in cls.model_fields:
                continue
            path = folder / str(values.pop(key))
            try:
                values[plain] = path.read_text(encoding="utf-8-sig").strip()
            except OSError as error:
                raise ValueError(f"{key}: cannot read {path}: {error.strerror}") from error
        return values


def _web_address(url: str) -> str:
    if not re.match(r"https?://[^/\s?#]+", url, re.IGNORECASE):
        shown = redacted_mistake(url)
        raise ValueError(f"{shown!r} is not a web address; write one with https:// and a host name")
    return url


def _header_address(url: str) -> str:
    """The web address in ASCII, as headers and links in mails need it (RFC 3987, 3.1)."""
    url = _web_address(url)
    if url.isascii():
        return url
    import idna  # its tables are large

    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, port = host.partition(":")
    try:
        ascii_name = idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"{name!r} is not a valid host name: {error}") from error
    encoded = [quote(part, safe="%/?&=;:@!$'()*+,~-._") for part in parts[2:]]
    return urlunsplit((parts.scheme, f"{user}{at}{ascii_name}{colon}{port}", *encoded))


def _mailbox(address: str) -> str:
    try:
        return checked_address(parseaddr(address)[1])
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{address!r:.200} is not an e-mail address: {error}") from error


def _slug(text: str) -> str:
    if not SLUG.match(text):
        raise ValueError(f"{text!r} is not a short name; use a-z, 0-9 and single hyphens")
    return text


_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]"
)


def host_name_in(url: str) -> str | None:
    """The full host name in a URL, in ASCII; None for an IP address or a name without a dot."""
    try:
        host = (urlsplit(url).hostname or "").encode("idna").decode("ascii")
    except (UnicodeError, ValueError):
        return None
    return host if _HOST_NAME.fullmatch(host) else None


def _host_name(name: str) -> str:
    if _HOST_NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} is not a full host name; write one such as news.example.org")
    return name


WebAddress = Annotated[str, AfterValidator(_web_address)]
HeaderAddress = Annotated[str, AfterValidator(_header_address)]
"""A web address that stands in headers: what is not ASCII in it is encoded."""
Mailbox = Annotated[str, AfterValidator(_mailbox)]
HostName = Annotated[str, AfterValidator(_host_name)]
Slug = Annotated[str, AfterValidator(_slug)]
Text = Annotated[str, Field(min_length=1)]
