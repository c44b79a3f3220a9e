"""A web server on loopback that serves what a test puts there, well-behaved or not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One request that came in; header names in lower case."""

    path: str
    headers: Mapping[str, str]


class FeedServer:
    """Serves `put` bodies and `on` behaviours at a loopback host; `seen` lists the requests."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self._answers: dict[str, Answer] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.seen.append(Seen(path=self.path, headers=headers))
                answer = server._answers.get(self.path.partition("?")[0])
                if answer is None:
                    self.send_error(404)
                    return
                try:
                    answer(self)
                except OSError:
                    self.close_connection = True  # the client hung up, as some tests want

            def log_message(self, *_: Any) -> None:
                """Say nothing on stderr."""

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def url(self, path: str) -> str:
        """The address of `path` on this server."""
        return f"http://{self.host}:{self.port}{path}"

    def on(self, path: str, answer: Answer) -> str:
        """Answer requests for `path` by calling `answer`; returns the address."""
        self._answers[path] = answer
        return self.url(path)

    def put(
        self,
        path: str,
        body: bytes | str,
        content_type: str = "application/xml",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Serve `body` at `path`; returns the address."""
        content = body.encode() if isinstance(body, str) else body

        def answer(request: BaseHTTPRequestHandler) -> None:
            respond(request, content, content_type, status=status, headers=headers)

        return self.on(path, answer)

    def redirect(self, path: str, location: str, status: int = 302) -> str:
        """Send requests for `path` on to `location`; returns the address."""
        return self.put(path, b"", status=status, headers={"Location": location})


def respond(
    request: BaseHTTPRequestHandler,
    body: bytes,
    content_type: str = "application/xml",
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Write one whole response."""
    request.send_response(status)
    request.send_header("Content-Type", content_type)
    request.send_header("Content-Length", str(len(body)))
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)
