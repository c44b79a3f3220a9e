"""An identity provider on loopback (OpenID Connect, code flow with PKCE) that can also misbehave."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "press", "a secret of the client"
_SIGNING, _OTHER = (RSAKey.generate_key(2048, {"kid": "1"}) for _ in range(2))


@dataclass(kw_only=True)
class Provider:
    """What it says of the person who signs in, and how it departs from the standard."""

    now: Callable[[], datetime]
    url: str = ""
    claims: dict[str, Any] = field(
        default_factory=lambda: {"email": "ed@press.example.org", "email_verified": True}
    )
    changes: dict[str, Any] = field(default_factory=dict)
    """Claims of the token that are other than they should be; None: left out."""
    user_info: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    wrong_key: bool = False
    unsigned: bool = False
    by_client_secret: bool = False
    by_public_key: bool = False
    """Signed with what is not secret to everybody, as if by HS256."""
    head: tuple[Any, ...] = ()
    """One other head of the token, whose signature stays."""
    replaced: dict[str, Any] = field(default_factory=dict)
    """What it gives in place of its own tokens."""
    answers: int = 200
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[Mapping[str, str]] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    """The paths of the documents that were read."""

    def authorize(self, url: str) -> str:
        """Where it sends the browser that has come with this URL, once the person has signed in."""
        query = dict(parse_qsl(urlsplit(url).query))
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        assert set(query["scope"].split()) >= {"openid", "email"}
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """What it answers to a code (RFC 6749 section 4.1.3, RFC 7636 section 4.6)."""
        self.asked.append(form)
        asked = self.codes.pop(form.get("code", ""), None)
        is_right = (
            asked is not None
            and form["redirect_uri"] == asked["redirect_uri"]
            and create_s256_code_challenge(form["code_verifier"]) == asked["code_challenge"]
        )
        if asked is None or not is_right:
            return 400, {"error": "invalid_grant", "error_description": "not this one"}
        now = int(self.now().timestamp())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], **self.claims, **self.changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        return self.answers, {
            "access_token": "access",
            "token_type": "Bearer",
            "id_token": self._signed(claims),
            **self.replaced,
        }

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.unsigned:
            return unsigned({"alg": "none"}, claims) + "."
        if self.by_client_secret or self.by_public_key:
            key = SECRET.encode() if self.by_client_secret else _SIGNING.as_pem(private=False)
            text = unsigned({"alg": "HS256", "kid": "1"}, claims)
            return f"{text}.{_base64url(hmac.digest(key, text.encode(), 'sha256'))}"
        key = _OTHER if self.wrong_key else _SIGNING
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, key)
        return f"{unsigned(*self.head)}.{token.partition('.')[2]}" if self.head else token

    def document(self, path: str, authorization: str) -> dict[str, Any] | None:
        """What stands at a path."""
        self.read.append(path)
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "userinfo_endpoint": f"{self.url}/person",
                **self.metadata,
            }
        if path == "/keys":
            unknown = {"kty": "of the future", "kid": "0"}
            return {"keys": [unknown, _SIGNING.as_dict(private=False)]}
        if path == "/person" and authorization == "Bearer access":
            return self.user_info
        return None


def unsigned(*parts: Any) -> str:
    """The first parts of a token."""
    return ".".join(_base64url(json.dumps(part).encode()) for part in parts)


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


@contextmanager
def identity_provider(now: Callable[[], datetime]) -> Iterator[Provider]:
    """A provider for as long as a test needs it; `now` is its clock."""
    provider = Provider(now=now)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = provider.document(self.path, self.headers.get("Authorization", ""))
            self._answer(404 if document is None else 200, document or {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            basic = self.headers.get("Authorization", "").removeprefix("Basic ")
            if basic:
                form["basic"] = base64.b64decode(basic).decode()
            self._answer(*provider.token(form))

        def _answer(self, status: int, document: Mapping[str, Any]) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
