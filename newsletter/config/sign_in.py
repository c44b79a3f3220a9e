"""How editors sign in: by an identity provider, and which roles need a second factor."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from newsletter.config.table import Table, Text, WebAddress
from subscribers.errors import AddressError

_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def _address_or_domain(entry: str) -> str:
    from subscribers.addresses import parse_address  # only where a provider is configured

    domain = entry.removeprefix("@")
    is_domain = entry.startswith("@") and "@" not in domain
    try:
        address = parse_address(f"any@{domain}" if is_domain else entry)
    except AddressError as error:
        raise ValueError(
            f"{entry!r} is neither an address nor a domain; write ed@example.org or @example.org"
        ) from error
    return f"@{address.domain}" if is_domain else address.text


class OidcSettings(Table):
    """[sign_in.oidc]: sign-in by an identity provider, with OpenID Connect.

    Register the site there with the redirect address `SITE.URL/sign-in/provider/answer`. See
    [Let editors in](how-to/let-editors-in.md#an-identity-provider).
    """

    name: Text
    """What editors call the provider; the sign-in page has the link `Sign in with NAME`."""
    issuer: WebAddress
    """The provider's issuer, as its own documents say: `https://id.example.org/realms/press`."""
    client_id: Text
    """The id under which the provider knows the site."""
    client_secret: str | None = Field(default=None, min_length=1, repr=False)
    """The secret that the provider issued for it. Unset: it has none (a public client)."""
    allow: tuple[Annotated[str, AfterValidator(_address_or_domain)], ...] = ()
    """Addresses and @domains that may sign in this way. Unset: every user of the site, and nobody else."""
    new_users: Literal["editor", "publisher"] | None = None
    """The role of a new account for an address in `allow` that has none. Unset: no account is made."""

    @field_validator("issuer")
    @classmethod
    def encrypted(cls, url: str) -> str:
        """Refuse to trust what comes in clear text, except from this machine."""
        if not url.startswith("https://") and urlsplit(url).hostname not in _THIS_MACHINE:
            raise ValueError(f"{url!r} is not encrypted; write one with https://")
        return url

    @model_validator(mode="after")
    def new_users_are_limited(self) -> OidcSettings:
        """Refuse to make an account for everybody whom the provider knows."""
        if self.new_users is not None and not self.allow:
            raise ValueError(
                "new_users needs allow; say which addresses or @domains get an account"
            )
        return self

    def allows(self, address: str) -> bool:
        """Whether a person with this address may sign in by the provider."""
        from subscribers.addresses import parse_address

        if not self.allow:
            return True
        try:
            own = parse_address(address).text
        except AddressError:
            return False
        return any(_is_covered(own, entry) for entry in self.allow)


def is_same_local_part(one: str, other: str) -> bool:
    """Whether two local parts surely name the same mailbox: they differ in ASCII capitals at most.

    Other letters are not folded: "\N{LATIN SMALL LETTER LONG S}am" and "sam" are two mailboxes (RFC 6532).
    """
    return one == other or (
        one.isascii() and other.isascii() and one.casefold() == other.casefold()
    )


def _is_covered(address: str, entry: str) -> bool:
    """Whether an entry of `allow` names the address, or its domain; both are normalised."""
    local, _, domain = address.rpartition("@")
    allowed, _, allowed_domain = entry.rpartition("@")
    return domain == allowed_domain and (not allowed or is_same_local_part(local, allowed))


class SignInSettings(Table):
    """[sign_in]: how editors sign in to the desk."""

    require_second_factor: Literal["publishers", "everybody"] | None = None
    """Who needs a passkey or an authenticator app; without one they can only open their account page. Unset: nobody."""
    oidc: OidcSettings | None = None
    """An identity provider by which editors may sign in, too."""
