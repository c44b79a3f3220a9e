"""Our own sender: the product's complete `send`, with the ledger on SQLite and DKIM.

As a program it is one sending process: `python -m benchmarks.send FOLDER [PROFILE]`.
"""

from __future__ import annotations

import cProfile
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.programs import answer, begin_together, cpu_seconds
from benchmarks.publication import DOMAIN, SLUG
from benchmarks.senders import Command, Job, Launch, Sender
from benchmarks.threads import CpuTime, watched_threads
from newsletter.delivery.rates.claim_size import MOST
from newsletter.pipeline.send import SendOutcome, send
from newsletter.site.site import Site, open_site

SELECTOR = "s1"
KEYS = {"rsa": "RSA-2048", "ed25519": "Ed25519", "": "no DKIM"}


def our_sender(key: str, processes: int) -> Sender:
    """`newsletter send` with a key ("rsa", "ed25519", or "" for none) in `processes` processes."""
    return Sender(
        slug=f"newsletter-{key or 'plain'}-{processes}",
        title=f"newsletter, {KEYS[key]}",
        launch=lambda job: _launch(job, key, processes),
        processes=processes,
        key=key,
        least=3 * MOST * (processes - 1),
    )


def _launch(job: Job, key: str, processes: int) -> Launch:
    site = job.publication.with_readers(job.folder, job.count)
    environment = {
        "NEWSLETTER__RELAYS__0__PORT": str(job.port),
        "NEWSLETTER__RELAYS__0__CONNECTIONS": str(max(1, job.connections // processes)),
    }
    if key:
        environment |= {
            "NEWSLETTER__DKIM__DOMAIN": DOMAIN,
            "NEWSLETTER__DKIM__SELECTOR": SELECTOR,
            "NEWSLETTER__DKIM__KEY_FILE": str(job.publication.keys[key]),
        }
    if job.certificate:
        environment |= {
            "NEWSLETTER__RELAYS__0__SECURITY": "starttls",
            "NEWSLETTER__RELAYS__0__CA_FILE": str(job.certificate),
        }
    command: Command = [sys.executable, "-m", "benchmarks.send", site]
    return Launch(commands=[command] * processes, environment=environment)


def main(folder: Path, profile: str | None) -> None:
    """Send the issue from this process, alone or in parallel with others."""
    site = open_site(folder, os.environ)
    used_before = begin_together()
    threads: dict[str, CpuTime] = {}
    if profile:
        with cProfile.Profile() as profiler:
            outcome = _send(site)
        profiler.dump_stats(profile)
    else:
        with watched_threads() as threads:
            outcome = _send(site)
    report = outcome.report
    answer(
        accepted=report.accepted if report else 0,
        seconds=report.seconds if report else 0.0,
        cpu_seconds=cpu_seconds() - used_before,
        threads={name: asdict(used) for name, used in threads.items()},
    )


def _send(site: Site) -> SendOutcome:
    return send(site, SLUG, 1, clock=lambda: datetime.now(UTC))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
