"""A small web proxy on loopback that changes the headers of the answers it passes on."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Lines = list[tuple[str, str]]
Change = Callable[[Lines], Lines]

_HOP_BY_HOP = ("connection", "transfer-encoding", "keep-alive", "date", "server")


@contextmanager
def proxy(target: str, change: Change) -> Iterator[str]:
    """The address of a proxy that passes GET requests to `target`, and answers with other headers."""
    host = urlsplit(target).netloc

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Ask the target and answer as it did."""
            connection = http.client.HTTPConnection(host, timeout=30)
            asked = {**self.headers, "Accept-Encoding": "identity"}
            client = ", ".join(
                [*self.headers.get_all("X-Forwarded-For", []), self.client_address[0]]
            )
            connection.request("GET", self.path, headers={**asked, "X-Forwarded-For": client})
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            lines = [line for line in answer.getheaders() if line[0].lower() not in _HOP_BY_HOP]
            self.send_response(answer.status)
            for name, value in change(lines):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def without(*names: str) -> Change:
    """Drops these headers."""
    return lambda lines: [line for line in lines if line[0].lower() not in names]


def instead(name: str, value: str) -> Change:
    """Replaces the header's value."""
    return lambda lines: [*without(name.lower())(lines), (name, value)]


def beside(name: str, value: str) -> Change:
    """Adds a line with this header after ours."""
    return lambda lines: [*lines, (name, value)]
