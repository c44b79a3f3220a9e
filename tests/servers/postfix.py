"""A Postfix of its own on loopback that hands all mail of one domain to one transport."""

from __future__ import annotations

import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import await_port, free_port

_MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = {commands}
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
relay_domains = {domain}
recipient_delimiter = +
transport_maps = inline:{{ {domain}={transport} }}
newsletter_destination_recipient_limit = 1
alias_maps =
alias_database =
local_recipient_maps =
maillog_file = {root}/log
maillog_file_prefixes = {root}
"""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
error     unix - - n - - error
retry     unix - - n - - error
lmtp      unix - - n - - lmtp
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
tlsmgr    unix - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
{pipe}
"""


def has_postfix() -> bool:
    """Whether this machine has one; only root may start it."""
    return shutil.which("postfix") is not None


@contextmanager
def postfix(domain: str, transport: str, *, pipe: str = "") -> Iterator[int]:
    """It runs; gives its port. `pipe` is a line for master.cf."""
    root = Path(tempfile.mkdtemp(prefix="newsletter-postfix-"))
    root.chmod(0o755)
    for name in ("etc", "queue", "data"):
        (root / name).mkdir()
    shutil.chown(root / "data", "postfix")
    port = free_port()
    values = {
        "root": root,
        "commands": _setting("command_directory"),
        "daemons": _setting("daemon_directory"),
        "domain": domain,
        "transport": transport,
        "port": port,
        "pipe": pipe,
    }
    (root / "etc" / "main.cf").write_text(_MAIN.format(**values))
    (root / "etc" / "master.cf").write_text(_MASTER.format(**values))
    try:
        _command(root, "start")
        await_port(port, "Postfix")
        yield port
    finally:
        _command(root, "stop")
        shutil.rmtree(root)


def nobody() -> int:
    """The number of the user that programs run as."""
    return pwd.getpwnam("nobody").pw_uid


def _command(root: Path, verb: str) -> None:
    subprocess.run(
        ["postfix", "-c", str(root / "etc"), verb],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
    )


def _setting(name: str) -> str:
    found = subprocess.run(["postconf", "-dh", name], check=True, capture_output=True, text=True)
    return found.stdout.strip()
