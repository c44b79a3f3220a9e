"""picture: gives an article of the coming issue a picture from a file."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.invocation import (
    Invocation,
    issue_argument,
    json_option,
    now_option,
    pass_invocation,
)
from newsletter.errors import InputError
from newsletter.issues.crop import read_crop
from newsletter.pipeline.set_picture import MOST_READ, PictureRequest, set_picture
from newsletter.result_codes import OK
from newsletter.store.audit import OPERATOR


@click.command()
@issue_argument
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--story",
    required=True,
    metavar="WORDS",
    help="The article: a part of its headline, its address or its key.",
)
@click.option(
    "--alt", default="", metavar="TEXT", help="What the picture shows, for those who do not see it."
)
@click.option(
    "--crop",
    default="as-is",
    show_default=True,
    metavar="SHAPE[,SIZE[,ACROSS[,DOWN]]]",
    help="The part that is shown: as-is, wide (16 to 9), classic (3 to 2) or square; its size as a "
    "percentage of the largest such part; where it is, from left and top (0) to right and bottom (100).",
)
@json_option
@now_option
@pass_invocation
def picture(
    invocation: Invocation,
    issue: tuple[str, int | None],
    file: Path,
    story: str,
    alt: str,
    crop: str,
) -> int:
    """Give an article of the coming issue a picture from a file: JPEG, PNG, GIF, WebP or AVIF.

    It is drawn anew, without what the file says of its maker and place, and kept in the site's
    folder, from where `serve` shows it. The desk can crop it anew, and undo it.

    \b
    Example: newsletter picture weekly bridge.jpg --story "one hand" --alt "A stone bridge"
             newsletter picture weekly/12 bridge.jpg --story "one hand" --crop wide,80,50,20
    """
    part = dict(zip(("shape", "size", "across", "down"), crop.split(",", 3), strict=False))
    request = PictureRequest(
        story=story, body=_read(file), alt=alt, crop=read_crop(part), editor=OPERATOR
    )
    done = set_picture(invocation.site, *issue, request, now=invocation.now)
    image = done.image
    invocation.report(
        {
            "issue": done.issue,
            "story": done.title,
            "url": image.url,
            "width": image.width,
            "height": image.height,
            "first_frame": done.moved,
        },
        f"{done.issue}: “{done.title}” has a picture of {image.width} × {image.height} pixels",
        *(["the picture moves, so its first frame is shown"] if done.moved else []),
    )
    return OK


def _read(path: Path) -> bytes:
    """The file's octets, of one that is too large the first. Raises InputError."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_READ)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", field="FILE", fix="name another file"
        ) from error
