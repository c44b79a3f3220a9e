"""Access tokens: a server that issues them (RFC 6749), and an SMTP relay that accepts only them."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from aiosmtpd.smtp import SMTP, AuthResult

from tests.servers.smtp import Catcher

ERROR = base64.b64encode(b'{"status":"401","schemes":"bearer"}').decode()


@dataclass(kw_only=True)
class TokenIssuer:
    """Issues `token-1`, `token-2` … for the refresh token; `refuses` is an error to answer instead."""

    url: str = ""
    refresh_token: str = "refresh-1"
    renews: bool = False
    lasts: int = 3600
    refuses: str = ""
    asked: list[Mapping[str, list[str]]] = field(default_factory=list)

    def answer(self, form: Mapping[str, list[str]]) -> tuple[int, dict[str, Any]]:
        """The status and the document."""
        self.asked.append(form)
        error = self.refuses
        if form["refresh_token"] != [self.refresh_token]:
            error = "invalid_grant"
        if error:
            return 400, {"error": error, "error_description": "not this one"}
        document = {"access_token": f"token-{len(self.asked)}", "expires_in": self.lasts}
        if self.renews:
            self.refresh_token = f"refresh-{len(self.asked) + 1}"
            document["refresh_token"] = self.refresh_token
        return 200, document


@contextmanager
def token_server() -> Iterator[TokenIssuer]:
    """An issuer on loopback for as long as a test needs it."""
    issuer = TokenIssuer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, document = issuer.answer(parse_qs(body))
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_address[1]}/token"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(kw_only=True)
class TokenCatcher(Catcher):
    """A relay to which one signs in with a token of `accepts`; `tried` are the first responses."""

    accepts: set[str] = field(default_factory=set)
    tried: list[bytes] = field(default_factory=list)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        """aiosmtpd's hook."""
        return await self._sign_in(server, args, give_up=b"")

    async def auth_OAUTHBEARER(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        """aiosmtpd's hook."""
        return await self._sign_in(server, args, give_up=b"AQ==")

    async def _sign_in(self, server: SMTP, args: list[str], give_up: bytes) -> AuthResult:
        words = base64.b64decode(args[1])
        self.tried.append(words)
        token = words.partition(b"auth=Bearer ")[2].rstrip(b"\x01").decode()
        if token in self.accepts:
            return AuthResult(success=True, auth_data=token)
        await server.push(f"334 {ERROR}")
        assert (await server._reader.readline()).strip() == give_up
        return AuthResult(success=False, handled=False)
