"""The peers: Postfix's smtp-source, nodemailer, and the usual Python libraries."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.programs import start
from benchmarks.publication import SENDER
from benchmarks.senders import Job, Launch, Sender, shares

NODEMAILER = "nodemailer@10.6.0"
_SCRIPT = Path(__file__).with_name("nodemailer.mjs")
_PYTHON_WAYS = {
    "composing": "EmailMessage + dkimpy + aiosmtplib",
    "aiosmtplib": "aiosmtplib, ready bytes",
    "smtplib": "smtplib, ready bytes",
}
_NODE_WAYS = {
    "raw": "nodemailer pooled, ready bytes",
    "composing": "nodemailer pooled, composing",
    "dkim": "nodemailer pooled, composing, RSA-2048",
}


def find_postfix_program(name: str) -> str | None:
    """The path of smtp-source or smtp-sink, which on Debian are not in a user's PATH."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def install_nodemailer(folder: Path) -> str:
    """Install nodemailer into `folder` by npm; returns "" or the reason why that failed."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "node and npm are not installed"
    if (folder / "node_modules" / "nodemailer").is_dir():
        return ""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    process = start(
        [npm, "install", "--prefix", folder, *options, NODEMAILER],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        output, _ = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        process.kill()
        return "npm did not answer within two minutes"
    return "" if process.returncode == 0 else f"npm could not install it: {output.strip()[-200:]}"


def smtp_source() -> Sender:
    """Postfix's load generator: ready content, reused sessions, no pipelining."""
    program = find_postfix_program("smtp-source")
    return Sender(
        slug="smtp-source",
        title="smtp-source, ready content",
        launch=lambda job: _launch_smtp_source(program or "", job),
        missing="" if program else "smtp-source is not installed (Debian: postfix)",
        speaks_tls=False,
    )


def nodemailer(way: str, processes: int, modules: Path, missing: str) -> Sender:
    """nodemailer's pooled transport; `way` is "raw", "composing" or "dkim"."""
    return Sender(
        slug=f"nodemailer-{way}-{processes}",
        title=_NODE_WAYS[way],
        launch=lambda job: _launch_nodemailer(way, processes, modules, job),
        processes=processes,
        key="rsa" if way == "dkim" else "",
        missing=missing,
    )


def usual_python(way: str, processes: int) -> Sender:
    """A Python sender; `way` is "composing" (with DKIM by dkimpy), "aiosmtplib" or "smtplib"."""
    return Sender(
        slug=f"python-{way}-{processes}",
        title=_PYTHON_WAYS[way],
        launch=lambda job: _launch_python(way, processes, job),
        processes=processes,
        key="rsa" if way == "composing" else "",
    )


def _launch_smtp_source(program: str, job: Job) -> Launch:
    command = [
        program, "-d", "-N", "-s", str(job.connections), "-m", str(job.count),
        "-l", str(job.publication.octets), "-f", SENDER, "-t", "reader@example.net",
        f"127.0.0.1:{job.port}",
    ]  # fmt: skip
    return Launch(commands=[[*command]], waits=False)


def _launch_nodemailer(way: str, processes: int, modules: Path, job: Job) -> Launch:
    commands = _commands(["node", _SCRIPT], way, processes, job, modules=str(modules))
    return Launch(commands=commands)


def _launch_python(way: str, processes: int, job: Job) -> Launch:
    program = [sys.executable, "-m", "benchmarks.usual_python"]
    return Launch(commands=_commands([*program], way, processes, job))


def _commands(
    program: list[str | Path], way: str, processes: int, job: Job, **extra: str
) -> list[list[str | Path]]:
    publication = job.publication
    job_values = {
        **extra,
        "way": way,
        "port": job.port,
        "connections": max(1, job.connections // processes),
        "texts": str(publication.texts),
        "message": str(publication.message),
        "key": str(publication.keys["rsa"]),
        "certificate": str(job.certificate) if job.certificate else None,
    }
    return [
        [*program, json.dumps({**job_values, "first": first, "count": count})]
        for first, count in shares(job.count, processes)
    ]
