"""The files of deploy/ are hardened as they say, and name what the program has."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsletter.web.connection_limits import MOST_CONNECTIONS

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSES = sorted((DEPLOY / "container").glob("compose.*.yaml"))
CONTAINERFILE = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
MOST_EXPOSED = 1.5
"""systemd-analyze gives 0 (sealed) to 10; below 2 it says OK."""

HARDENED = {
    "NoNewPrivileges": "true",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "true",
    "ReadWritePaths": "/srv/newsletter",
    "PrivateTmp": "true",
    "PrivateDevices": "true",
    "MemoryDenyWriteExecute": "true",
    "User": "newsletter",
    "UMask": "0077",
    "OOMPolicy": "continue",
}


def unit(path: Path) -> configparser.ConfigParser:
    """A unit file, its keys as written; of repeated keys the last."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # keeps systemd's capitals
    parser.read(path, encoding="utf-8")
    return parser


def stages() -> list[str]:
    """The stages of the container file, each from its FROM on."""
    return re.split(r"^(?=FROM )", CONTAINERFILE, flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_hardened(path: Path) -> None:
    """It writes to its site only, has no privilege, and can gain none."""
    service = unit(path)["Service"]
    assert {key: service[key] for key in HARDENED} == HARDENED
    assert service["ExecStart"].startswith("/opt/newsletter/bin/newsletter --log-format json ")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_agrees(path: Path) -> None:
    """Where systemd is installed, its own score is low; 1.2 when this was written."""
    program = shutil.which("systemd-analyze")
    if program is None:
        assert HARDENED["ProtectSystem"] in path.read_text(encoding="utf-8")
        return
    answer = subprocess.run(
        [program, "security", "--offline=true", "--no-pager", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    score = re.search(r"exposure level for \S+: ([\d.]+)", answer.stdout)
    assert score is not None, answer.stderr
    assert float(score[1]) <= MOST_EXPOSED


def test_serve_may_open_as_many_files_as_its_connections_need() -> None:
    """It holds 1,000 connections, and no more than half of the files that it may open."""
    service = unit(DEPLOY / "systemd" / "newsletter.service")["Service"]
    assert int(service["LimitNOFILE"]) >= 2 * MOST_CONNECTIONS


def test_the_timer_makes_up_for_downtime() -> None:
    """Persistent: what was missed while the machine was off is looked at once."""
    timer = unit(DEPLOY / "systemd" / "newsletter-run.timer")["Timer"]
    assert timer["Persistent"] == "true"
    assert unit(DEPLOY / "systemd" / "newsletter-run.service")["Service"]["Type"] == "oneshot"


def test_the_container_is_built_in_stages_and_runs_as_nobody_special() -> None:
    """One base, hashed dependencies, no root, no shell in the entry point, a health check."""
    build, final = stages()
    base = r"^ARG PYTHON_IMAGE=docker\.io/library/python:\d+\.\d+-slim-bookworm(@sha256:[0-9a-f]{64})?$"
    assert re.search(base, CONTAINERFILE.partition("FROM ")[0], flags=re.MULTILINE)
    assert "--require-hashes -r requirements.lock" in build
    for stage in (build, final):
        assert re.match(r"FROM \$\{PYTHON_IMAGE\}( AS build)?\n", stage)
        assert "ADD " not in stage
        assert "apt-get" not in stage
    assert "COPY --from=build" in final
    user = final.index("USER 10001:10001")
    assert user < final.index("ENTRYPOINT [")
    assert "RUN" not in final[user:]
    assert "HEALTHCHECK" in final
    assert "STOPSIGNAL SIGTERM" in final
    assert not re.search(r"(?i)password|secret|token", CONTAINERFILE)


@pytest.mark.parametrize(
    ("base", "is_built"),
    [
        ("", False),
        ("python:3.11-slim-bookworm", False),
        ("python@sha256:abc", False),
        (f"python:3.11@sha256:{'a' * 64}", True),
    ],
)
def test_the_image_of_a_release_has_a_base_with_a_digest(base: str, *, is_built: bool) -> None:
    """`make image` refuses a tag, which is another image next week."""
    done = subprocess.run(
        ["make", "--silent", "image", f"PYTHON_IMAGE={base}", "CONTAINER=echo"],
        cwd=DEPLOY.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode == 0) is is_built
    assert ("build --file" in done.stdout) is is_built
    assert ("give the digest" in done.stderr) is not is_built


def test_everything_the_container_copies_is_let_through() -> None:
    """.dockerignore shuts out all but what is copied, and all that is copied exists."""
    root = DEPLOY.parent
    ignore = (root / ".dockerignore").read_text(encoding="utf-8").split()
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, flags=re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert copied == {entry[1:] for entry in ignore if entry.startswith("!")}
    assert all((root / source).exists() for source in copied)


@pytest.mark.parametrize("path", COMPOSES, ids=lambda path: path.name)
def test_a_composition_is_closed(path: Path) -> None:
    """Read-only, without capabilities, reachable from this machine only, given time to stop."""
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for service in document["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["mem_limit"]
        assert "privileged" not in service
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        assert set(service["volumes"][0].split(":")[:1]) <= set(document["volumes"])
    newsletter = document["services"]["newsletter"]
    assert (path.parent / newsletter["build"]["context"]).resolve() == DEPLOY.parent
    assert newsletter["stop_grace_period"] == "2m"


@pytest.mark.parametrize("path", ["nginx/newsletter.conf", "caddy/Caddyfile"])
def test_a_proxy_leads_to_serve_and_keeps_links_and_counts_to_itself(path: str) -> None:
    """The default port of `serve`; no path in the log; /metrics for this machine only."""
    text = (DEPLOY / path).read_text(encoding="utf-8")
    assert "127.0.0.1:8000" in text
    assert "/metrics" in text
    assert "$request_uri " not in text.replace("return 308 https://$host$request_uri;", "")
    assert text.count("{") == text.count("}")
