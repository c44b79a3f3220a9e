"""What a source that is not public needs is read, and its secrets are not shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from newsletter.config.access import redacted, redacted_mistake, split_credentials
from newsletter.config.private_hosts import parse_private_host
from newsletter.config.settings import SourceSettings

SECRET = "hush-hush"
PLAIN = st.text("abcXYZ019-._~", min_size=1, max_size=8)


def source(site: Path = Path(), **values: Any) -> SourceSettings:
    """A source as newsletter.toml has it."""
    return SourceSettings.model_validate(
        {"feed": "https://example.org/rss", **values}, context={"folder": site}
    )


@pytest.mark.parametrize(
    ("url", "clean", "credentials"),
    [
        ("https://user:pw@example.org/a", "https://example.org/a", "user:pw"),
        ("https://user@example.org/a", "https://example.org/a", "user:"),
        ("https://u%40x:p%3A%2Fw@example.org", "https://example.org", "u@x:p:/w"),
        ("https://u@mail.test:p@example.org:8443/", "https://example.org:8443/", "u@mail.test:p"),
        ("https://@example.org/", "https://example.org/", ""),
        ("https://example.org/@user", "https://example.org/@user", ""),
        ("https://example.org/?a=x@y", "https://example.org/?a=x@y", ""),
        ("https://example.org/?u=https://a:b@c/", "https://example.org/?u=https://a:b@c/", ""),
        ("saved/page.html", "saved/page.html", ""),
    ],
)
def test_an_address_is_split_into_address_and_credentials(
    url: str, clean: str, credentials: str
) -> None:
    """By RFC 3986: only what is between the scheme and the host."""
    assert split_credentials(url) == (clean, credentials)


@given(PLAIN, PLAIN, PLAIN)
def test_no_text_shows_the_password_of_an_address(user: str, password: str, host: str) -> None:
    """Wherever the address stands in the text."""
    password = f"{SECRET}{password}"
    text = f"see <https://{user}:{password}@{host}/feed>, or https://{host}/@name"
    assert redacted(text) == f"see <https://…@{host}/feed>, or https://{host}/@name"
    assert SECRET not in redacted_mistake(f"htp://{user}:{password}/@{host}")


def test_a_source_is_shown_without_its_secrets(tmp_path: Path) -> None:
    """Neither its address nor its repr has the password, the token or a header."""
    (tmp_path / "feed.auth").write_text(f"bearer {SECRET}\n", encoding="utf-8")
    for one in (
        source(feed=f"https://user:{SECRET}@example.org/rss"),
        source(auth_file="feed.auth", site=tmp_path),
        source(auth=f"user:{SECRET}"),
        source(headers={"X-Api-Key": SECRET}),
    ):
        assert one.location == "https://example.org/rss"
        assert SECRET not in repr(one) + repr(one.access)
        assert SECRET in f"{one.access.credentials} {one.access.headers}"


def test_auth_wins_over_the_address() -> None:
    """A password in the address does not replace the one that is configured."""
    one = source(feed="https://user:old@example.org/rss", auth="user:new")
    assert one.access.credentials == "user:new"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"auth": SECRET}, "neither a user name"),
        ({"auth": f"bearer {SECRET} {SECRET}"}, "neither a user name"),
        ({"auth": f"user:{SECRET}\nmore"}, "neither a user name"),
        ({"headers": {"X Key": SECRET}}, "'X Key' cannot be sent"),
        ({"headers": {"X-Key": f"{SECRET}\r\nHost: evil.test"}}, "'X-Key' cannot be sent"),
        ({"headers": {"Host": SECRET}}, "'Host' is set by the program"),
        ({"user_agent": f"{SECRET}\n"}, "pattern"),
        ({"feed": f"ftp://user:{SECRET}@example.org/rss"}, "not a web address"),
        ({"feed": f"htps://user:{SECRET}@example.org/rss"}, "not a web address"),
        ({"feed": f"https://user:{SECRET}#1@example.org/rss"}, "percent-encoded"),
        ({"feed": f"https://user:{SECRET}/1@example.org/rss"}, "percent-encoded"),
        ({"feed": None, "page": f"https://user:{SECRET}?1@example.org/"}, "percent-encoded"),
        ({"feed": None, "folder": "notes", "auth": f"user:{SECRET}"}, "with a web address"),
        ({"feed": None, "page": "notes.html", "user_agent": "a"}, "with a web address"),
        ({"auth_file": "nowhere.auth"}, "cannot read"),
    ],
)
def test_a_mistake_is_told_without_the_secret(values: dict[str, Any], message: str) -> None:
    """The message says what is wrong and how to write it."""
    with pytest.raises(ValidationError, match=message) as caught:
        source(**values)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org:8443/@name",
        "https://[2001:db8::1]:8443/@name",
        "https://[2001:db8::1]/@name",
        "https://example.org/a:b@c",
    ],
)
def test_an_address_without_a_password_is_none_of_that(address: str) -> None:
    """An @ in a path says nothing."""
    assert source(feed=address).location == address


@pytest.mark.parametrize("address", ["HTTP://Example.org/rss", "Https://example.org"])
def test_an_address_in_capitals_is_an_address(address: str) -> None:
    """The scheme's case does not matter (RFC 3986 section 3.1)."""
    assert source(feed=address).location == address


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "1.2.3", "::1::", "a:99999", "[::1]:0", "a/b"])
def test_an_entry_of_allow_private_that_cannot_be_meant_is_refused(entry: str) -> None:
    """Networks, addresses and ports that do not exist."""
    with pytest.raises(ValueError, match=r".+"):
        parse_private_host(entry)
