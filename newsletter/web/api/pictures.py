"""The operation that gives an article or a block of an issue a picture, or crops the one it has."""

from __future__ import annotations

from base64 import b64decode

from newsletter.errors import InputError
from newsletter.issues.crop import Crop
from newsletter.pipeline.edit import edit
from newsletter.pipeline.upload_picture import crop_picture, keep_upload
from newsletter.web.api import issue_models
from newsletter.web.api.calls import OfIssue
from newsletter.web.api.issues import edit_request, issue_of
from newsletter.web.api.operation import UploadOperation, make_router
from newsletter.web.editor.picture_subject import subject_of

editors = make_router(UploadOperation, group="Issues")


@editors.post("/newsletters/{newsletter}/issues/{number}/pictures", name="set picture")
def set_picture(call: OfIssue, body: issue_models.PictureDocument) -> issue_models.Edited:
    """Give an article or a block a picture, or crop the one it has."""
    issue = issue_of(call)
    subject = subject_of(issue, {"item": body.item, "block": body.block})
    crop = Crop(shape=body.shape, size=body.size, across=body.across, down=body.down)
    if body.picture:
        octets = _decoded(body.picture)
        kept = keep_upload(call.site, octets, alt=body.alt, now=call.now, crop=crop)
        image = kept.image
    elif subject.image is None:
        raise InputError("there is no picture to crop", field="picture", fix="send one")
    else:
        image = crop_picture(call.site, subject.image, crop, now=call.now)
    request = edit_request(call, issue.number, body.version)
    done = edit(call.site, request, [subject.edit(image)], now=call.now)
    return issue_models.Edited(issue=done.issue.name, version=done.issue.version, said=done.said)


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise InputError(
            "the picture is not in base64", field="picture", fix="encode the file's octets"
        ) from error
