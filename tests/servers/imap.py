"""A small IMAP server (RFC 3501, with IDLE of RFC 2177) on loopback: one user, one folder."""

from __future__ import annotations

import base64
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

ERROR = base64.b64encode(b'{"status":"401"}').decode()
USER, PASSWORD = "weekly", "a-password-for-tests"


@dataclass(kw_only=True)
class Folder:
    """The folder's mails, by UID from 1 on, and which are seen."""

    mails: list[bytes] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    offers_idle: bool = True
    accepts: set[str] = field(default_factory=set)
    """The access tokens that open it, instead of the password."""
    late: list[bytes] = field(default_factory=list)
    """Each arrives during a SEARCH, too late to be found by it: only then it is announced."""
    commands: list[str] = field(default_factory=list)
    port: int = 0
    news: threading.Condition = field(default_factory=threading.Condition)

    def put(self, mail: bytes) -> None:
        """A mail arrives; clients that idle are told."""
        with self.news:
            self.mails.append(mail)
            self.news.notify_all()

    def wait_seen(self, count: int) -> bool:
        """Wait until so many mails are marked seen."""
        with self.news:
            return self.news.wait_for(lambda: len(self.seen) >= count, timeout=20)


class _Session(socketserver.StreamRequestHandler):
    folder: Folder
    tag = ""
    known = 0
    """How many mails the client has heard of: of more it is told as soon as it waits."""

    def handle(self) -> None:
        self.say("* OK ready")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            self.tag, _, rest = line.partition(" ")
            name, _, words = rest.partition(" ")
            if name == "UID":
                name, _, words = words.partition(" ")
            with self.folder.news:
                self.folder.commands.append(name.upper())
            getattr(self, f"do_{name.lower()}")(words)
            if name.upper() == "LOGOUT":
                return

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def done(self) -> None:
        self.say(f"{self.tag} OK done")

    def do_capability(self, _words: str) -> None:
        self.say(f"* CAPABILITY IMAP4rev1{' IDLE' if self.folder.offers_idle else ''}")
        self.done()

    def do_login(self, words: str) -> None:
        if words.replace('"', "") == f"{USER} {PASSWORD}":
            self.done()
        else:
            self.say(f"{self.tag} NO wrong")

    def do_authenticate(self, words: str) -> None:
        self.wfile.write(b"+ \r\n")
        first = base64.b64decode(self.rfile.readline())
        token = first.partition(b"auth=Bearer ")[2].rstrip(b"\x01").decode()
        if token in self.folder.accepts:
            self.done()
            return
        self.say(f"+ {ERROR}")
        assert base64.b64decode(self.rfile.readline()) in (b"", b"\x01"), words
        self.say(f"{self.tag} NO SASL authentication failed")

    def do_select(self, _words: str) -> None:
        self.say(f"* {len(self.folder.mails)} EXISTS")
        self.done()

    def do_search(self, _words: str) -> None:
        with self.folder.news:
            self.known = len(self.folder.mails)
            unseen = [
                uid for uid in range(1, len(self.folder.mails) + 1) if uid not in self.folder.seen
            ]
        self.say(f"* SEARCH {' '.join(map(str, unseen))}".rstrip())
        if self.folder.late:
            self.folder.put(self.folder.late.pop(0))
            self.known = len(self.folder.mails)
            self.say(f"* {self.known} EXISTS")
        self.done()

    def do_fetch(self, words: str) -> None:
        uid, part = int(words.split()[0]), re.search(r"BODY\.PEEK\[\]<0\.(\d+)>", words)
        assert part is not None, words
        mail = self.folder.mails[uid - 1][: int(part[1])]
        self.wfile.write(b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n" % (uid, uid, len(mail)) + mail)
        self.say(")")
        self.done()

    def do_store(self, words: str) -> None:
        found = re.match(r"(\d+) \+FLAGS \(\\Seen\)", words)
        assert found is not None, words
        with self.folder.news:
            self.folder.seen.add(int(found[1]))
            self.folder.news.notify_all()
        self.done()

    def do_idle(self, _words: str) -> None:
        self.say("+ idling")
        told = threading.Event()

        def tell() -> None:
            with self.folder.news:
                while not told.is_set() and len(self.folder.mails) == self.known:
                    self.folder.news.wait(0.1)
            if not told.is_set():
                self.known = len(self.folder.mails)
                self.say(f"* {self.known} EXISTS")

        teller = threading.Thread(target=tell)
        teller.start()
        self.rfile.readline()  # DONE
        told.set()
        teller.join()
        self.done()

    def do_logout(self, _words: str) -> None:
        self.say("* BYE")
        self.done()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def imap_server() -> Iterator[Folder]:
    """The server, running on a free port."""
    folder = Folder()
    session = type("Session", (_Session,), {"folder": folder})
    with _Server(("127.0.0.1", 0), session) as server:
        folder.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield folder
        finally:
            server.shutdown()
            thread.join()
