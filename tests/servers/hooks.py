"""A program that takes webhooks: keeps what it is sent, and answers as a test says."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """One request; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(kw_only=True)
class HookCatcher:
    """`status` is the answer to everything; `location` is sent along."""

    url: str = ""
    status: int = 204
    location: str = ""
    posted: list[Posted] = field(default_factory=list)


@contextmanager
def hook_server() -> Iterator[HookCatcher]:
    """A catcher on loopback for as long as a test needs it."""
    catcher = HookCatcher()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            catcher.posted.append(Posted(path=self.path, headers=headers, body=body))
            self.send_response(catcher.status)
            if catcher.location:
                self.send_header("Location", catcher.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    catcher.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield catcher
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
