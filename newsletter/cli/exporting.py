"""export: the whole site as one archive."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.cli.printing import say
from newsletter.pipeline.site_archive.pack import pack_site
from newsletter.result_codes import OK


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@now_option
@pass_invocation
def export(invocation: Invocation, file: Path) -> int:
    """Write the whole site into one archive, of which `init --from` makes it again.

    A ZIP file with the database, the site's folder, and a manifest with the hash of each file.
    It has passwords, keys and readers' addresses: keep it where nobody else can read it.

    \b
    Example: newsletter export site.zip
    """
    packed = pack_site(invocation.site, file, now=invocation.now)
    manifest = packed.manifest
    rows = sum(table.rows for table in manifest.tables)
    for name in packed.left_out:
        say(f"not in the archive: {name}", err=True)
    invocation.report(
        {
            "file": str(file),
            "files": {name: asdict(listed) for name, listed in manifest.files.items()},
            "tables": [asdict(table) for table in manifest.tables],
            "left_out": list(packed.left_out),
        },
        f"wrote {file}: {len(manifest.files)} files, {rows:,} rows in {len(manifest.tables)} tables",
    )
    return OK
