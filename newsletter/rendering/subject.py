"""Renders the subject line from the newsletter's subject template and the issue's items."""

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
"""Characters; inboxes show about 60 of them."""


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
    """Render the template with `newsletter` (its title), `number`, `lead` and `items`.

    Raises ConfigurationError for `field`, the template's key in newsletter.toml, if the template
    is invalid, uses an unknown name, or renders to an empty line.
    """
    from jinja2 import TemplateError  # slow to load: only when something is rendered

    values = {
        "newsletter": masthead,
        "number": number,
        "lead": items[0] if items else None,
        "items": tuple(items),
    }
    try:
        text = one_line(_environment().from_string(template).render(values))
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise _template_error(f"cannot be rendered: {error}", field) from error
    if not text:
        raise _template_error("renders to an empty line", field)
    return shorten(text, LONGEST)


def _template_error(message: str, field: str) -> ConfigurationError:
    fix = "write text with {{ newsletter }}, {{ number }}, {{ lead.title }} or {{ items|length }}"
    return ConfigurationError([Problem(message=message, field=field, fix=fix)])
