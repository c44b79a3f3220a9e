"""Our web application on loopback, behind a real server, for as long as a test needs it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import uvicorn
from starlette.types import ASGIApp

_TRUST = httpx2.create_ssl_context()
"""Each client would read the trusted certificates anew, which takes it longer than most requests."""


def web_client(**options: Any) -> httpx2.Client:
    """An HTTP client that waits for slow machines; the options are httpx2's."""
    return httpx2.Client(**{"verify": _TRUST, "timeout": 60, **options})


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The address of the running application, such as http://127.0.0.1:40123."""
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=0, log_level="warning", ws="none", proxy_headers=False
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
