"""How editors sign in: by an identity provider, and which roles need a second factor."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from newsletter.config.addresses import checked_address
from newsletter.config.table import Table, Text, WebAddress

_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def _address_or_domain(entry: str) -> str:
    domain = entry.removeprefix("@")
    if entry.startswith("@") and domain and "@" not in domain:
        return entry.lower()
    try:
        return checked_address(entry)
    except ValueError as error:
        raise ValueError(
            f"{entry!r} is neither an address nor a domain; write ed@example.org or @example.org"
        ) from error


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
        own = address.casefold()
        return not self.allow or any(
            own.endswith(entry) if entry.startswith("@") else own == entry.casefold()
            for entry in self.allow
        )


class SignInSettings(Table):
    """[sign_in]: how editors sign in to the desk."""

    require_second_factor: Literal["publishers", "everybody"] | None = None
    """Who needs a passkey or an authenticator app; without one they can only open their account page. Unset: nobody."""
    oidc: OidcSettings | None = None
    """An identity provider by which editors may sign in, too."""
