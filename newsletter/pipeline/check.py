"""check: read everything that a send needs, and list every mistake with file, field and fix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from shutil import which
from zoneinfo import ZoneInfo

from newsletter.articles.identity.addresses import location_key
from newsletter.config.loading import FILE_NAME, load_settings
from newsletter.config.providers import LIMITS
from newsletter.config.proxies import trusted_proxies
from newsletter.config.settings import (
    ImapSettings,
    NewsletterSettings,
    RelaySettings,
    Settings,
)
from newsletter.errors import ConfigurationError, NewsletterError, Problem
from newsletter.issues.due import next_due
from newsletter.pipeline.check_mail_sources import in_mail_sources
from newsletter.pipeline.check_waves import due_in_a_send
from newsletter.rendering.lint import ALWAYS, RULES
from newsletter.rendering.sample import SAMPLE_MASTHEAD, sample_items
from newsletter.rendering.subject import render_subject
from newsletter.site.recipients import frequency_of, readers_of
from newsletter.site.site import Site, open_site, read_secret
from subscribers.audience import audience


def check(folder: Path, environment: Mapping[str, str], *, now: datetime) -> list[Problem]:
    """Every problem of the site in `folder`; empty if it is ready to send."""
    try:
        trusted_proxies(environment)
        settings = load_settings(folder, environment)
        read_secret(folder, settings)
    except ConfigurationError as error:
        return list(error.problems)
    file = str(folder / FILE_NAME)
    problems = list(_in_settings(settings, folder, file, now))
    try:
        site = open_site(folder, environment)
        problems += _in_themes(site)
        problems += _in_segments(site, file, now)
        problems += _in_lists(site, file, now)
        site.database.close()
    except NewsletterError as error:
        problems.append(error.problem)
    return problems


def remarks(folder: Path, environment: Mapping[str, str], *, now: datetime) -> list[Problem]:
    """What is not wrong, but may not be meant: sources that are listed twice and differ, and issues
    that may fall due while the last readers of the one before still wait for their hour.

    For a site of which `check` finds no problem.
    """
    settings, file = load_settings(folder, environment), str(folder / FILE_NAME)
    found: list[Problem] = []
    for slug, newsletter in settings.newsletters.items():
        found += _listed_twice(slug, newsletter, file)
        found += due_in_a_send(slug, newsletter, settings.site.zone, now, file)
    return found


def _listed_twice(slug: str, newsletter: NewsletterSettings, file: str) -> Iterator[Problem]:
    first: dict[tuple[str, str], int] = {}
    for number, source in enumerate(newsletter.sources):
        before = first.setdefault((source.kind, location_key(source.location)), number)
        other = newsletter.sources[before]
        differing = [
            key
            for key in type(source).model_fields
            if key not in (source.kind, "name") and getattr(source, key) != getattr(other, key)
        ]
        if before == number or not differing:
            continue
        ignored = [key for key in differing if key != "tags"]
        what = "the tags of both apply" if "tags" in differing else "it is read once"
        if ignored:
            what += f", and {', '.join(ignored)} of the first alone"
        yield Problem(
            message=f"it is the same source as sources[{before}]: {what}",
            file=file,
            field=f"newsletters.{slug}.sources[{number}]",
            fix="write it once",
        )


def _in_settings(settings: Settings, folder: Path, file: str, now: datetime) -> Iterator[Problem]:
    if not settings.relays:
        yield Problem(
            message="there is no relay to send through",
            file=file,
            field="relays",
            fix='add [[relays]] with name, host and port, such as host = "127.0.0.1"',
        )
    names = [relay.name for relay in settings.relays]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(
            message=f"two relays are called {name!r}",
            file=file,
            field="relays.name",
            fix="give each relay its own name",
        )
    yield from _in_ports(settings, file)
    yield from _in_tokens(settings, file)
    yield from _in_hooks(settings, file)
    if settings.dkim is not None:
        from newsletter.delivery.dkim import open_signer  # cryptography loads slowly

        try:
            open_signer(settings.dkim, folder)
        except NewsletterError as error:
            yield error.problem
    for rule in settings.lint:
        yield from _in_rule(rule, file)
    for slug, newsletter in settings.newsletters.items():
        yield from newsletter_problems(slug, newsletter, folder, file, now)
        yield from _in_digest(slug, newsletter, settings, file)
        yield from in_mail_sources(slug, newsletter, settings, file)
        if newsletter.suggestions and not (newsletter.public or settings.inbound):
            yield Problem(
                message="readers cannot suggest anything: the newsletter has no public page, "
                "and the site takes no mail",
                file=file,
                field=f"newsletters.{slug}.suggestions",
                fix="add [inbound], or remove suggestions",
            )


def _in_ports(settings: Settings, file: str) -> Iterator[Problem]:
    from newsletter.delivery.transport import IMPLICIT_TLS, security_of  # loads asyncio

    for number, relay in enumerate(settings.relays):
        if relay.port == IMPLICIT_TLS and security_of(relay) != "tls":
            yield Problem(
                message=f"port 465 speaks TLS from its first byte, and security is "
                f"{relay.security!r}: the connection would wait until it times out",
                file=file,
                field=f"relays[{number}].security",
                fix='security = "tls", or port = 587 for STARTTLS',
            )


def _in_tokens(settings: Settings, file: str) -> Iterator[Problem]:
    """The files of refresh tokens, and the programs that print access tokens."""
    accounts: dict[str, RelaySettings | ImapSettings] = {
        f"relays[{number}]": relay for number, relay in enumerate(settings.relays)
    }
    if settings.inbound is not None and settings.inbound.imap is not None:
        accounts["inbound.imap"] = settings.inbound.imap
    for table, account in accounts.items():
        if account.oauth is not None and not Path(account.oauth.refresh_token_file).is_file():
            yield Problem(
                message=f"there is no file {account.oauth.refresh_token_file}",
                file=file,
                field=f"{table}.oauth.refresh_token_file",
                fix="sign in to the provider once, and write the refresh token to this file",
            )
        program = next(iter(account.token_command.split()), "") if account.token_command else None
        if program is not None and which(program) is None:
            yield Problem(
                message=f"there is no program {program!r}",
                file=file,
                field=f"{table}.token_command",
                fix="name a program that prints an access token, with its full path",
            )


def _in_hooks(settings: Settings, file: str) -> Iterator[Problem]:
    """Providers that report, but whose messages do not carry what identifies them in a report."""
    providers = {relay.provider for relay in settings.relays}
    for provider in LIMITS:
        if settings.hooks.takes(provider) and provider not in providers:
            yield Problem(
                message=f"{provider} reports bounces, but no relay is said to be its own: its reports"
                " would identify readers by their address only",
                file=file,
                field=f"hooks.{provider}",
                fix=f'add provider = "{provider}" to the relay that leads there',
            )


def _in_rule(rule: str, file: str) -> Iterator[Problem]:
    if rule not in RULES:
        near = get_close_matches(rule, RULES, n=1, cutoff=0.5)
        fix = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(RULES)}"
        yield Problem(message="lint has no such rule", file=file, field=f"lint.{rule}", fix=fix)
    elif rule in ALWAYS:
        yield Problem(
            message="this rule cannot be changed",
            file=file,
            field=f"lint.{rule}",
            fix="remove it: every issue must pass this rule",
        )


def newsletter_problems(
    slug: str, newsletter: NewsletterSettings, folder: Path, file: str, now: datetime
) -> Iterator[Problem]:
    """What is wrong with a newsletter whose settings are valid one by one."""
    table = f"newsletters.{slug}"
    if newsletter.digest_of is None and not newsletter.sources:
        yield Problem(
            message="the newsletter has no sources",
            file=file,
            field=f"{table}.sources",
            fix=f"add [[{table}.sources]] with a feed, page, textdump, folder or mail",
        )
    titles = [section.title for section in newsletter.sections]
    for title in sorted({title for title in titles if titles.count(title) > 1}):
        yield Problem(
            message=f"two sections are called {title!r}",
            file=file,
            field=f"{table}.sections",
            fix="give each section its own title",
        )
    for number, source in enumerate(newsletter.sources):
        local = source.kind not in ("feed", "mail") and "://" not in source.location
        if local and not (folder / source.location).exists():
            yield Problem(
                message=f"{source.location} does not exist",
                file=file,
                field=f"{table}.sources[{number}].{source.kind}",
                fix=f"create it, or correct the path (it is relative to {folder})",
            )
    try:
        next_due(newsletter.schedule, ZoneInfo("UTC"), now)
    except ValueError:
        yield Problem(
            message=f"the schedule {newsletter.schedule!r} never matches a date",
            file=file,
            field=f"{table}.schedule",
            fix="name a day that exists in the month",
        )
    yield from _in_subject(newsletter, file, table)


def _in_subject(newsletter: NewsletterSettings, file: str, table: str) -> Iterator[Problem]:
    if "subject" not in newsletter.model_fields_set:
        return  # the default subject is valid
    try:
        render_subject(
            newsletter.subject, masthead=SAMPLE_MASTHEAD, number=1, items=sample_items(3)
        )
    except NewsletterError as error:
        yield Problem(
            message=error.problem.message,
            file=file,
            field=f"{table}.subject",
            fix=error.problem.fix,
        )


def _in_themes(site: Site) -> Iterator[Problem]:
    newsletters = site.settings.newsletters
    slugs = {(each.theme, each.palette): slug for slug, each in newsletters.items()}
    for slug in slugs.values():
        theme = site.theme(slug)
        if theme.is_shipped:
            continue  # our tests check the shipped themes, and rendering is slow to import
        from newsletter.rendering.check_theme import check_theme

        yield from check_theme(theme)


def _in_digest(
    slug: str, digest: NewsletterSettings, settings: Settings, file: str
) -> Iterator[Problem]:
    if digest.digest_of is None:
        return
    field = f"newsletters.{slug}.digest_of"
    source = settings.newsletters.get(digest.digest_of)
    if source is None or source.digest_of is not None:
        plain = [name for name, other in settings.newsletters.items() if other.digest_of is None]
        yield Problem(
            message=f"{digest.digest_of!r} is not a newsletter that a digest can be made of",
            file=file,
            field=field,
            fix=f"name one of: {', '.join(plain)}",
        )
    elif source.list != digest.list:
        yield Problem(
            message=f"a digest goes to the list of its newsletter, but {digest.digest_of!r} has another list",
            file=file,
            field=f"newsletters.{slug}.list",
            fix=f'write list = "{source.list}"',
        )
    if digest.sources:
        yield Problem(
            message="a digest takes its articles from issues and cannot have sources",
            file=file,
            field=f"newsletters.{slug}.sources",
            fix="remove its sources, or remove digest_of",
        )


def _in_segments(site: Site, file: str, now: datetime) -> Iterator[Problem]:
    for newsletter in site.settings.newsletters.values():
        if newsletter.segment or any(section.only for section in newsletter.sections):
            from newsletter.pipeline.check_segments import in_segments  # few sites need it

            return in_segments(site, file, now)
    return iter(())


def _in_lists(site: Site, file: str, now: datetime) -> Iterator[Problem]:
    with site.database.transaction(read_only=True) as connection:
        for slug, newsletter in site.settings.newsletters.items():
            if newsletter.digest_of is not None:
                continue  # a digest that no reader has chosen yet is not a mistake
            whole = audience(newsletter.list, now, frequency=frequency_of(site, slug))
            if connection.execute(whole.limit(1)).first() is None:
                yield Problem(
                    message=f"the list {newsletter.list!r} has no active subscribers",
                    file=file,
                    field=f"newsletters.{slug}.list",
                    fix=f"import some: newsletter subscribers import FILE --list {newsletter.list}",
                )
            elif connection.execute(readers_of(site, slug)(now).limit(1)).first() is None:
                yield Problem(
                    message=f"nobody on the list {newsletter.list!r} is in the segment "
                    f"{newsletter.segment!r}",
                    file=file,
                    field=f"newsletters.{slug}.segment",
                    fix="see who would be: newsletter subscribers list --list "
                    f'{newsletter.list} --segment "…"',
                )
