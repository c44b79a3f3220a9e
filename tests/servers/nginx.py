"""An nginx of its own on loopback, in front of an application, for tests."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import await_port

_CONFIGURATION = """
daemon off;
pid {root}/pid;
error_log {root}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {root}/body;
  proxy_temp_path {root}/proxy;
  fastcgi_temp_path {root}/fastcgi;
  uwsgi_temp_path {root}/uwsgi;
  scgi_temp_path {root}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location {location} {{
      proxy_pass {target};
      proxy_http_version 1.1;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_buffering off;
      {more}
    }}
  }}
}}
"""


def has_nginx() -> bool:
    """Whether this machine has one."""
    return shutil.which("nginx") is not None


@contextmanager
def nginx(port: int, *, location: str, target: str, host: bool = True) -> Iterator[None]:
    """It passes requests below `location` to `target`; without `host` it drops the Host."""
    root = Path(tempfile.mkdtemp(prefix="newsletter-nginx-"))
    configuration = root / "nginx.conf"
    more = "proxy_set_header Host $http_host;" if host else ""
    configuration.write_text(
        _CONFIGURATION.format(root=root, port=port, location=location, target=target, more=more)
    )
    server = subprocess.Popen(["nginx", "-p", str(root), "-c", str(configuration)])
    try:
        await_port(port, "nginx")
        yield
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(root)
