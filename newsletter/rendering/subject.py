"""The subject line: a small template of the newsletter's, over what is in the issue."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from newsletter.errors import ConfigurationError, Problem
from newsletter.issues.issue import Item
from newsletter.rendering.masthead import Masthead
from newsletter.rendering.safe_text import one_line, shorten

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST = 180
"""Characters; inboxes show some 60 of them."""


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def render_subject(
    template: str,
    *,
    masthead: Masthead,
    number: int,
    items: Sequence[Item],
    field: str = "subject",
) -> str:
    """One line over `newsletter` (its title), `number`, `lead` and `items`.

    `field` is where the template stands in newsletter.toml, for the ConfigurationError raised
    when it cannot be read, uses an unknown name, or comes to nothing.
    """
    from jinja2 import TemplateError  # slow to load: only where a template is filled in

    values = {
        "newsletter": masthead,
        "number": number,
        "lead": items[0] if items else None,
        "items": tuple(items),
    }
    try:
        text = one_line(_environment().from_string(template).render(values))
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise _wrong(f"cannot be filled in: {error}", field) from error
    if not text:
        raise _wrong("comes to nothing", field)
    return shorten(text, LONGEST)


def _wrong(message: str, field: str) -> ConfigurationError:
    fix = "write text with {{ newsletter }}, {{ number }}, {{ lead.title }} or {{ items|length }}"
    return ConfigurationError([Problem(message=message, field=field, fix=fix)])
