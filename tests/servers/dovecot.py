"""A Dovecot of its own on loopback: one user, whose mail lies in a Maildir."""

from __future__ import annotations

import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.ports import await_port, free_port

USER, PASSWORD = "weekly", "a-password-for-tests"
OWNER = "mail"
"""The user that the mailbox belongs to."""

_CONFIGURATION = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = dovecot
default_login_user = dovenull
first_valid_uid = 1
mail_location = maildir:{maildir}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/home
}}
"""


@dataclass(kw_only=True)
class RealMailbox:
    """Where it is, and how a mail server puts mail into it."""

    port: int
    maildir: Path
    count: int = field(default=0)

    def put(self, mail: bytes) -> None:
        """As an MTA delivers: written beside, then moved into new/."""
        self.count += 1
        written = self.maildir / "tmp" / f"{self.count}.test"
        written.write_bytes(mail)
        shutil.chown(written, OWNER, OWNER)
        written.rename(self.maildir / "new" / written.name)

    def seen(self) -> int:
        """Mails that are marked seen."""
        return len(list((self.maildir / "cur").glob("*:2,*S*")))

    def wait_seen(self, count: int) -> bool:
        """Wait until so many mails are marked seen."""
        patience = threading.Event()
        for _ in range(600):
            if self.seen() >= count:
                return True
            patience.wait(0.05)
        return False


def has_dovecot() -> bool:
    """Whether this machine has one that speaks IMAP; only root may start it."""
    return shutil.which("dovecot") is not None and Path("/usr/lib/dovecot/imap").exists()


@contextmanager
def dovecot() -> Iterator[RealMailbox]:
    """It runs."""
    root = Path(tempfile.mkdtemp(prefix="newsletter-dovecot-"))
    root.chmod(0o755)
    maildir = root / "Maildir"
    for folder in (root / "home", maildir, *(maildir / name for name in ("new", "cur", "tmp"))):
        folder.mkdir()
        shutil.chown(folder, OWNER, OWNER)
    owner = pwd.getpwnam(OWNER)
    box = RealMailbox(port=free_port(), maildir=maildir)
    configuration = root / "dovecot.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            root=root,
            maildir=maildir,
            port=box.port,
            password=PASSWORD,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
        )
    )
    server = subprocess.Popen(["dovecot", "-F", "-c", str(configuration)])
    try:
        await_port(box.port, "Dovecot")
        yield box
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(root)
