"""A site as every verb needs it: its folder, settings, database and secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from newsletter.config.loading import FILE_NAME, load_settings
from newsletter.config.settings import NewsletterSettings, Settings
from newsletter.errors import ConfigurationError, Problem, UnknownNameError
from newsletter.rendering.masthead import Masthead
from newsletter.rendering.theme import Theme, open_theme
from newsletter.store.database import Database, open_database
from newsletter.store.migrations import upgrade
from newsletter.store.seal import seal_of
from subscribers.inbound.list_addresses import ReturnPaths
from subscribers.tokens import LinkTokens

SECRET_FILE = "secret.key"  # noqa: S105 - the name of the file, not what is in it


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """One folder with its newsletter.toml, opened."""

    folder: Path
    settings: Settings
    database: Database
    secret: str

    def newsletter(self, slug: str) -> NewsletterSettings:
        """The newsletter's settings; raises UnknownNameError naming those there are."""
        try:
            return self.settings.newsletters[slug]
        except KeyError as error:
            known = ", ".join(self.settings.newsletters)
            raise UnknownNameError(
                f"there is no newsletter {slug!r}", fix=f"this site has: {known}"
            ) from error

    @property
    def tokens(self) -> LinkTokens:
        """The maker and reader of links' tokens."""
        return LinkTokens(self._secrets)

    @property
    def return_paths(self) -> ReturnPaths:
        """The maker and reader of the addresses that bounces and answers come to."""
        return ReturnPaths(self._secrets)

    @property
    def _secrets(self) -> list[str]:
        """The keys that signed links and addresses, the newest first."""
        return [self.secret, *self.settings.site.former_secret_keys]

    def theme(self, slug: str) -> Theme:
        """The templates of the newsletter's issues, the site's own before ours."""
        own = self.folder / "templates"
        return open_theme(
            own if own.is_dir() else None,
            self.newsletter(slug).theme,
            field=f"newsletters.{slug}.theme",
        )

    def masthead(self, slug: str) -> Masthead:
        """What every issue of the newsletter says about itself."""
        site = self.settings.site
        return Masthead(
            newsletter=slug,
            title=self.newsletter(slug).title,
            tagline=self.newsletter(slug).tagline,
            site_url=site.url,
            postal_address=site.postal_address,
            language=site.language,
            timezone=site.timezone,
        )

    def keyed(self, purpose: str) -> str:
        """A hex digest of `purpose` that nobody without the secret can compute."""
        return hmac.new(self.secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def open_site(folder: Path, environment: Mapping[str, str], *, even_if_moved: bool = False) -> Site:
    """Read the configuration, open the database and bring its schema up to date.

    Raises ConfigurationError, also for a database from which the site has moved away unless
    `even_if_moved`, and DatabaseUnavailableError.
    """
    settings = load_settings(folder, environment)
    secret = read_secret(folder, settings)
    database = open_database(settings.site.database, folder)
    upgrade(database)
    if not even_if_moved:
        _require_not_moved(database, folder)
    return Site(folder=folder, settings=settings, database=database, secret=secret)


def _require_not_moved(database: Database, folder: Path) -> None:
    with database.transaction(read_only=True) as connection:
        seal = seal_of(connection)
    if seal is not None:
        database.close()
        raise ConfigurationError(
            [
                Problem(
                    message=f"this site has moved to {seal.to}",
                    file=str(folder / FILE_NAME),
                    field="site.database",
                    fix=f'write database = "{seal.to}"',
                )
            ]
        )


def read_secret(folder: Path, settings: Settings) -> str:
    """The key that signs links: site.secret_key, else the file that `init` wrote."""
    if settings.site.secret_key is not None:
        return settings.site.secret_key
    path = folder / SECRET_FILE
    try:
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _no_secret(f"the site's secret key cannot be read: {error}", path) from error
    if len(secret) < 32:
        raise _no_secret("the site's secret key is shorter than 32 characters", path)
    return secret


def _no_secret(message: str, path: Path) -> ConfigurationError:
    return ConfigurationError(
        [
            Problem(
                message=message,
                file=str(path),
                field="site.secret_key",
                fix="restore the file from your backup (links in sent mails depend on it), "
                "or set NEWSLETTER__SITE__SECRET_KEY",
            )
        ]
    )
