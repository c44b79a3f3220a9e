"""The operations on mail to sources that waits for an editor."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Annotated

from fastapi import Path

from newsletter.pipeline import source_mails as operations
from newsletter.web.api import source_mail_models as models
from newsletter.web.api.calls import HIGHEST, SiteWide
from newsletter.web.api.operation import Operation, PublisherOperation, make_router
from newsletter.web.api.sources import OneNewsletter

editors = make_router(Operation, group="Sources")
publishers = make_router(PublisherOperation, group="Sources")

MailPath = Annotated[int, Path(alias="mail", description="The mail's id", ge=1, le=HIGHEST)]


@editors.get("/source-mail", name="held mail")
def list_held(call: SiteWide, newsletter: OneNewsletter = None) -> models.HeldMails:
    """The mail to sources that waits for an editor."""
    if newsletter is not None:
        call.site.newsletter(newsletter)
    held = operations.list_held(call.site, newsletter)
    return models.HeldMails(mail=[models.HeldMailDocument(**asdict(mail)) for mail in held])


@editors.get("/source-mail/{mail}", name="text of held mail")
def show_held(call: SiteWide, mail: MailPath) -> models.HeldMailText:
    """What a waiting mail says."""
    held, text = operations.text_of_held(call.site, mail)
    return models.HeldMailText(**asdict(held), text=text)


@publishers.post("/source-mail/{mail}", name="decide over held mail")
def decide(call: SiteWide, mail: MailPath, body: models.DecideMail) -> models.DecidedMail:
    """Confirm the sender of a waiting mail, take this mail only, or drop it."""
    done = operations.decide(
        call.site, mail, body.decision, os.environ, editor=call.editor.address, now=call.now
    )
    return models.DecidedMail(
        id=mail,
        decision=done.decision,
        sender=done.mail.sender,
        released=done.released,
        diff=done.diff,
    )
