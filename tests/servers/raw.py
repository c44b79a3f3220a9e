"""A web server on loopback that sends exactly the bytes a test gives it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Answer = bytes | Callable[[bytes], bytes]


class RawServer:
    """Answers each request with the bytes for its path, then closes; `seen` has the requests' heads.

    An answer may be a function of the request's head. A path in `held` keeps its connection open.
    """

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.held: set[str] = set()
        self._answers: dict[str, Answer] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = [threading.Thread(target=self._listen)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        socket.create_connection(("127.0.0.1", self.port)).close()  # ends its `accept`
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def put(self, path: str, answer: Answer) -> str:
        """Answer requests for `path` with these bytes; returns the address."""
        self._answers[path] = answer
        return f"http://127.0.0.1:{self.port}{path}"

    def _listen(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._closing.is_set():
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                part = connection.recv(65_536)
                if not part:
                    return
                head += part
            self.seen.append(head)
            path = head.split(b" ")[1].decode("ascii")
            answer = self._answers.get(path, b"HTTP/1.1 404 Not Found\r\n\r\n")
            try:
                connection.sendall(answer if isinstance(answer, bytes) else answer(head))
                if path in self.held:
                    self._closing.wait()
            except OSError:
                return  # the client hung up, as some tests want
