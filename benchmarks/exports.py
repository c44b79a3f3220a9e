"""Measures the import of each tool's export, at any number of rows; checks every state.

The files are the golden ones of the tests, repeated with other addresses:
`python -m benchmarks.exports [ROWS]` prints the table of docs/how-to/take-subscribers.md.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from benchmarks.programs import ROOT, BenchmarkError, run_together
from benchmarks.publication import SLUG, Publication, make_publication
from newsletter.site.site import open_site
from subscribers import tables
from subscribers.audience import audience

EXPORTS = ROOT / "tests" / "data" / "subscribers" / "exports"
ROWS = 100_000
_ADDRESS = re.compile(r"([a-z]+)@example\.net")


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportImport:
    """The import of one tool's export; `peak_bytes` is the peak memory of its two processes."""

    name: str
    rows: int
    cpu_seconds: float
    peak_bytes: int


def expected_statuses() -> Mapping[str, Mapping[str, list[str]]]:
    """The people of each golden file by the status that they must get, and `from`."""
    found: dict[str, dict[str, list[str]]] = json.loads((EXPORTS / "expected.json").read_text())
    return found


def write_export(name: str, rows: int, file: Path) -> Counter[str]:
    """Write the golden file `name` with at least `rows` people; return how many get each status."""
    people = {
        status: len(who) for status, who in expected_statuses()[name].items() if status != "from"
    }
    copies = -(-rows // sum(people.values()))
    text = (EXPORTS / name).read_text("utf-8")
    with file.open("w", encoding="utf-8") as out:
        out.writelines(_json(text, copies) if text.startswith(("{", "[")) else _lines(text, copies))
    return Counter({status: count * copies for status, count in people.items()})


def _lines(text: str, copies: int) -> Iterator[str]:
    """The lines above the first person once, and the others `copies` times."""
    lines = text.splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if _ADDRESS.search(line))
    yield "".join(lines[:first])
    people = "".join(lines[first:]) + ("\n" if first == 0 and "\n\n" in text else "")
    for copy in range(copies):
        yield _renamed(people, copy)


def _json(text: str, copies: int) -> Iterator[str]:
    document = json.loads(text)
    if isinstance(document, list):
        before, people, after = "", document, ""
    else:
        before, people, after = _around_the_people(document)
    one = ",".join(json.dumps(person) for person in people)
    yield before + "["
    for copy in range(copies):
        yield ("," if copy else "") + _renamed(one, copy)
    yield "]" + after


def _around_the_people(document: object) -> tuple[str, list[object], str]:
    """What stands before the only list of objects of a JSON document, that list, and the rest."""
    mark = "@@people@@"
    found: list[list[object]] = []

    def without(value: object) -> object:
        if isinstance(value, list) and value and not found and isinstance(value[0], dict):
            found.append(value)
            return mark
        return {k: without(v) for k, v in value.items()} if isinstance(value, dict) else value

    before, _, after = json.dumps(without(document)).partition(f'"{mark}"')
    return before, found[0], after


def _renamed(text: str, copy: int) -> str:
    return _ADDRESS.sub(rf"\g<1>{copy}@example.net", text)


def import_export(publication: Publication, folder: Path, name: str, rows: int) -> ExportImport:
    """Import one export into an empty list on SQLite; raises BenchmarkError for a wrong state."""
    site = publication.with_readers(folder / "site", 0)
    expected = write_export(name, rows, folder / name)
    ended = run_together([[sys.executable, "-m", "benchmarks.importing", site, folder / name]])
    statuses, mailed = _states(site)
    if statuses != expected or mailed != expected["active"]:
        raise BenchmarkError(f"{name}: {dict(statuses)}, {mailed} mailed, not {dict(expected)}")
    return ExportImport(
        name=name,
        rows=expected.total(),
        cpu_seconds=ended.cpu_seconds,
        peak_bytes=int(ended.answers[0]["peak_bytes"]),
    )


def _states(folder: Path) -> tuple[Counter[str], int]:
    """The subscriptions by status, and the recipients of an issue."""
    with open_site(folder, {}).database.transaction(read_only=True) as connection:
        status = tables.subscriptions.c.status
        rows = connection.execute(sa.select(status, sa.func.count()).group_by(status)).all()
        recipients = audience(SLUG, datetime.now(UTC)).subquery()
        mailed = connection.scalar(sa.select(sa.func.count()).select_from(recipients)) or 0
        return Counter({str(row[0]): int(row[1]) for row in rows}), mailed


def main(rows: int) -> None:
    """Import every export, and print a table."""
    print("| export | rows | CPU s | peak memory, MB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as made:
        publication = make_publication(Path(made) / "site")
        for name in expected_statuses():
            with tempfile.TemporaryDirectory() as folder:
                done = import_export(publication, Path(folder), name, rows)
            _print(done)


def _print(done: ExportImport) -> None:
    megabytes = done.peak_bytes / 1e6
    row = f"| `{done.name}` | {done.rows:,} | {done.cpu_seconds:.1f} | {megabytes:.0f} |"
    print(row, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else ROWS)
