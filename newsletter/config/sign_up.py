"""The settings that protect the sign-up form from robots."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from newsletter.config.durations import Duration
from newsletter.config.table import Table


class SignUpSettings(Table):
    """[sign_up]: how the sign-up form tells people from robots, and its limits.

    A form is answered by a mail that asks for confirmation, so these protect strangers from
    unwanted mail, and the site from being used for it.
    """

    proof_bits: int = Field(default=14, ge=0, le=20)
    """How much a browser has to calculate before it sends the form: each further bit doubles it; 14 takes about a second. 0: nothing."""
    wait: Duration = timedelta(seconds=5)
    """How long a form without that calculation has to have been open: browsers without JavaScript send one."""
    per_network: int = Field(default=20, ge=1)
    """The most sign-ups and requests for links from one network in an hour."""
    per_address: int = Field(default=3, ge=1)
    """The most questions that the form mails to an address that does not answer; one a day."""
    per_day: int = Field(default=5000, ge=1)
    """The most sign-ups and requests for links in a day, from all networks together."""
