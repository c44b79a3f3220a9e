"""An rspamd of its own on loopback, with Debian's rules and a name server that the test chooses."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import await_port, free_port

_CONFIGURATION = Path("/etc/rspamd/rspamd.conf")
_SETTINGS = {
    "options.inc": 'disable_hyperscan = true;\ndns {{ nameserver = ["127.0.0.1:{dns}"]; }}\n',
    "logging.inc": 'type = "console";\nlevel = "error";\n',
    "worker-normal.inc": 'bind_socket = "127.0.0.1:{port}";\ncount = 1;\n',
    "worker-controller.inc": "enabled = false;\n",
    "worker-proxy.inc": "enabled = false;\n",
    "worker-fuzzy.inc": "enabled = false;\n",
}
# What needs Redis, or a service on the Internet.
_NOT_HERE = str.split(
    "arc asn bayes dkim_signing fuzzy_check greylist history_redis neural phishing ratelimit rbl"
    " reputation url_redirector"
)


def has_rspamd() -> bool:
    """Whether this machine has one."""
    return shutil.which("rspamd") is not None and _CONFIGURATION.exists()


@contextmanager
def rspamd(dns_port: int) -> Iterator[str]:
    """The address of its HTTP interface."""
    root, port = Path(tempfile.mkdtemp(prefix="newsletter-rspamd-")), free_port()
    settings = root / "local.d"
    settings.mkdir()
    for name, text in _SETTINGS.items():
        (settings / name).write_text(text.format(port=port, dns=dns_port))
    for module in _NOT_HERE:
        (settings / f"{module}.conf").write_text("enabled = false;\n")
    names = {"DBDIR": "db", "RUNDIR": "run", "LOGDIR": "log", "LOCAL_CONFDIR": ""}
    for name in names.values():
        (root / name).mkdir(exist_ok=True)
    places = [f"--var={name}={root / folder}" for name, folder in names.items()]
    process = subprocess.Popen(
        [shutil.which("rspamd") or "rspamd", "-f", "-i", *places, "-c", str(_CONFIGURATION)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_port(port, "rspamd")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(root)
