"""An identity provider by which editors sign in (OpenID Connect Core 1.0, code flow with PKCE).

The protocol and the tokens are Authlib's and joserfc's, which load with the first sign-in; every
request goes through the site's guarded HTTP client.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from newsletter.articles.fetch import HttpClient
from newsletter.config.access import Access
from newsletter.config.settings import FetchSettings
from newsletter.config.sign_in import OidcSettings
from newsletter.errors import IdentityProviderError, SourceError

if TYPE_CHECKING:
    from authlib.oauth2.client import OAuth2Client
    from joserfc.jwk import KeySet

SCOPE = "openid email profile"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519", "EdDSA")  # fmt: skip
"""Signatures with a public key: with others, who knows the client's secret could sign."""

KEPT = timedelta(hours=1)
"""How long the provider's own description is used before it is read again."""

PAUSE = timedelta(seconds=10)
"""How long a provider that could not be used is left alone, as every stranger can have it asked."""

LEEWAY = 120
"""Seconds by which the provider's clock may differ from ours."""

_TIMEOUT = timedelta(seconds=10)
_MAX_BYTES = 1_000_000
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderRequest:
    """The secrets of one sign-in, which the browser keeps meanwhile."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Whom the provider has recognised. `address` is "" unless it has verified the address."""

    address: str
    name: str


class IdentityProvider:
    """The provider of `settings`; `answer_url` is our page to which it sends the browser back."""

    def __init__(self, settings: OidcSettings, fetch: FetchSettings, answer_url: str) -> None:
        self.settings = settings
        place = urlsplit(settings.issuer)
        host = f"[{place.hostname}]" if ":" in (place.hostname or "") else place.hostname
        port = place.port or (443 if place.scheme == "https" else 80)
        # The operator has named this host, so it may be a private one.
        self._fetch = fetch.allowing((f"{host}:{port}",)).model_copy(
            update={"timeout": min(fetch.timeout, _TIMEOUT), "max_bytes": _MAX_BYTES}
        )
        self._answer_url = answer_url
        self._metadata: dict[str, Any] = {}
        self._read_at: datetime | None = None
        self._failed_at: datetime | None = None
        self._reading = asyncio.Lock()

    def new_request(self) -> ProviderRequest:
        """The secrets of a new sign-in."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return ProviderRequest(state=state, nonce=nonce, verifier=verifier)

    async def sign_in_url(self, request: ProviderRequest, now: datetime) -> str:
        """Where the browser signs in. Raises IdentityProviderError."""
        metadata = await self._description(now)
        try:
            url, _state = self._client(metadata).create_authorization_url(
                metadata["authorization_endpoint"],
                state=request.state,
                nonce=request.nonce,
                code_verifier=request.verifier,
            )
        except ValueError as error:
            address = metadata["authorization_endpoint"]
            raise self._error(f"its authorization_endpoint is {address!r}") from error
        return str(url)

    async def recognise(self, code: str, request: ProviderRequest, now: datetime) -> Person:
        """Whom the code that the browser brought is for. Raises IdentityProviderError."""
        metadata = await self._description(now)
        tokens = await self._tokens(metadata, code, request)
        claims = await self._claims(metadata, tokens, request, now)
        if not {"email", "email_verified"} <= claims.keys() and metadata.get("userinfo_endpoint"):
            claims |= await self._user_info(metadata, tokens, str(claims["sub"]), now)
        # Some providers write booleans as words.
        verified = claims.get("email_verified")
        is_verified = verified is True or verified == "true"
        address, name = claims.get("email"), claims.get("name")
        return Person(
            address=address if is_verified and isinstance(address, str) else "",
            # Whoever may choose a name there could choose what no database or header takes.
            name="".join(filter(str.isprintable, name))[:200] if isinstance(name, str) else "",
        )

    async def _description(self, now: datetime) -> dict[str, Any]:
        """The provider's metadata (OpenID Connect Discovery 1.0 section 4).

        One request reads it, and the others wait for that: every stranger can have it asked.
        """
        async with self._reading:
            if self._read_at is None or now - self._read_at > KEPT:
                if self._failed_at is not None and now - self._failed_at < PAUSE:
                    raise self._error("it could not be used some seconds ago")
                try:
                    self._metadata = await self._read_description(now)
                except IdentityProviderError:
                    self._failed_at = now
                    raise
                self._read_at = now
            return self._metadata

    async def _read_description(self, now: datetime) -> dict[str, Any]:
        issuer = self.settings.issuer
        metadata = await self._read(f"{issuer.rstrip('/')}/.well-known/openid-configuration", now)
        # Whether a slash ends it is a common slip, and changes nothing of whom it names.
        if str(metadata.get("issuer")).rstrip("/") != issuer.rstrip("/"):
            raise self._error(
                f"it calls itself {metadata.get('issuer')!r}", "write exactly that as issuer"
            )
        for name in _ENDPOINTS:
            self._require_safe(name, metadata.get(name))
        return metadata

    def _require_safe(self, name: str, url: object) -> None:
        """Refuse an address to which our secrets would go in clear text."""
        if url is None and name == "userinfo_endpoint":
            return
        allowed = {"https", urlsplit(self.settings.issuer).scheme}
        try:
            is_url = isinstance(url, str) and url.isascii() and url.isprintable()
            is_safe = is_url and urlsplit(str(url)).scheme in allowed
        except ValueError:  # not an address at all
            is_safe = False
        if not is_safe:
            raise self._error(f"its {name} is {url!r}", "name a provider that uses https")

    async def _tokens(
        self, metadata: Mapping[str, Any], code: str, request: ProviderRequest
    ) -> dict[str, Any]:
        """What the provider gives for the code (RFC 6749 section 4.1.3)."""
        from authlib.oauth2.rfc6749.parameters import prepare_token_request

        url = metadata["token_endpoint"]
        body = prepare_token_request(
            "authorization_code",
            code=code,
            redirect_uri=self._answer_url,
            code_verifier=request.verifier,
        )
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        client = self._client(metadata)
        auth = client.client_auth(client.token_endpoint_auth_method)
        url, headers, body = auth.prepare("POST", url, headers, body)
        try:
            async with HttpClient(self._fetch) as http:
                status, content = await http.post_for_answer(url, body.encode(), headers)
        except SourceError as error:
            raise self._error(error.problem.message) from error
        tokens = self._document(content)
        if status != 200 or not isinstance(tokens.get("id_token"), str):
            said = f"{tokens.get('error', '')} {tokens.get('error_description', '')}".strip()
            raise self._error(f"it gives no token: {status} {said[:300]}".strip())
        return tokens

    async def _claims(
        self,
        metadata: Mapping[str, Any],
        tokens: Mapping[str, Any],
        request: ProviderRequest,
        now: datetime,
    ) -> dict[str, Any]:
        """What the ID token says, once everything about it is checked (Core 1.0 section 3.1.3.7)."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt

        keys = await self._keys(metadata, now)
        try:
            token = jwt.decode(tokens["id_token"], keys, algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": metadata["issuer"]},
                    "aud": {"essential": True, "value": self.settings.client_id},
                },
                params={
                    "client_id": self.settings.client_id,
                    "nonce": request.nonce,
                    "access_token": tokens.get("access_token"),
                },
            )
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
        except Exception as error:  # the libraries raise any kind for a token of an unknown shape
            raise self._error(f"its token is not valid: {error}") from error
        return dict(claims)

    async def _keys(self, metadata: Mapping[str, Any], now: datetime) -> KeySet:
        """The keys that sign its tokens; those of kinds we do not know are left out."""
        from joserfc.jwk import JWKRegistry, KeySet

        entries = (await self._read(metadata["jwks_uri"], now)).get("keys")
        keys = []
        for entry in entries if isinstance(entries, list) else ():
            try:
                keys.append(JWKRegistry.import_key(entry))
            except Exception:  # noqa: S112 - the library raises any kind for a key it does not know
                continue
        if not keys:
            raise self._error("it publishes no key that can be used")
        return KeySet(keys)

    async def _user_info(
        self, metadata: Mapping[str, Any], tokens: Mapping[str, Any], sub: str, now: datetime
    ) -> dict[str, Any]:
        """Further claims (Core 1.0 section 5.3), from providers that keep them out of the token."""
        access = Access(credentials=f"bearer {tokens.get('access_token', '')}")
        said = await self._read(metadata["userinfo_endpoint"], now, access)
        return said if said.get("sub") == sub else {}

    async def _read(self, url: str, now: datetime, access: Access | None = None) -> dict[str, Any]:
        try:
            async with HttpClient(self._fetch) as http:
                fetched = await http.fetch(url, memory=None, now=now, access=access or Access())
        except SourceError as error:
            raise self._error(f"{url}: {error.problem.message}") from error
        return self._document(fetched.body)

    def _document(self, content: bytes) -> dict[str, Any]:
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            document = None
        return document if isinstance(document, dict) else {}

    def _client(self, metadata: Mapping[str, Any]) -> OAuth2Client:
        from authlib.oauth2.client import OAuth2Client

        # Basic where the provider does not say (Discovery 1.0 section 3).
        offered = metadata.get("token_endpoint_auth_methods_supported")
        uses_form = isinstance(offered, list) and "client_secret_basic" not in offered
        method = "client_secret_post" if uses_form else "client_secret_basic"
        return OAuth2Client(
            session=None,
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret,
            token_endpoint_auth_method=method if self.settings.client_secret else "none",
            scope=SCOPE,
            redirect_uri=self._answer_url,
            code_challenge_method="S256",
        )

    def _error(self, message: str, fix: str = "try again later") -> IdentityProviderError:
        return IdentityProviderError(
            f"{self.settings.name} cannot be used to sign in: {message}",
            field="sign_in.oidc",
            fix=fix,
        )
