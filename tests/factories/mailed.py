"""Newsletters of others, as they come by mail."""

from __future__ import annotations

from email.message import EmailMessage

SENDER = "daily@digest.example"


def digest(*stories: tuple[str, str, str]) -> str:
    """The HTML of a digest: headline, link and text of each story."""
    told = "".join(
        f'<tr><td><a href="{link}"><strong>{title}</strong></a><br><br><span>{text}</span></td></tr>'
        for title, link, text in stories
    )
    leave = '<tr><td>To stop, <a href="https://digest.example/unsubscribe?u=1">unsubscribe</a></td></tr>'
    return f"<html><body><table>{told}{leave}</table></body></html>"


def mail(
    html: str,
    *,
    to: str,
    sender: str = SENDER,
    subject: str = "Today",
    number: int = 1,
    text: str = "See the HTML.",
    **headers: str,
) -> bytes:
    """A newsletter to that address."""
    message = EmailMessage()
    message["From"] = f"The Daily <{sender}>"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = f"<{number}@digest.example>"
    message["Date"] = "Sun, 08 Mar 2026 07:00:00 +0000"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message.as_bytes()
