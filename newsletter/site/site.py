"""A site as every command needs it: its folder, settings, database and secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.config.loading import FILE_NAME, load_settings
from newsletter.config.settings import NewsletterSettings, Settings
from newsletter.errors import ConfigurationError, Problem, UnknownNameError
from newsletter.rendering.masthead import Masthead
from newsletter.rendering.theme import Theme, open_theme
from newsletter.site.picture_addresses import PictureAddresses
from newsletter.store.database import Database, open_database
from newsletter.store.migrations import upgrade
from newsletter.store.seal import seal_of
from subscribers.inbound.list_addresses import ReturnPaths
from subscribers.tokens import LinkTokens

if TYPE_CHECKING:
    from newsletter.site.edition_addresses import EditionAddresses
    from newsletter.site.hosted_pictures import HostedPictures
    from newsletter.site.uploaded_pictures import UploadedPictures

SECRET_FILE = "secret.key"  # noqa: S105 - the name of the file, not what is in it


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """An open site: a folder with a newsletter.toml."""

    folder: Path
    settings: Settings
    database: Database
    secret: str

    def newsletter(self, slug: str) -> NewsletterSettings:
        """The newsletter's settings; raises UnknownNameError, which lists the known newsletters."""
        try:
            return self.settings.newsletters[slug]
        except KeyError as error:
            known = ", ".join(self.settings.newsletters)
            raise UnknownNameError(
                f"there is no newsletter {slug!r}", fix=f"this site has: {known}"
            ) from error

    @property
    def tokens(self) -> LinkTokens:
        """Makes and checks the tokens in readers' links."""
        return LinkTokens(self._secrets, self.current_list)

    @property
    def return_paths(self) -> ReturnPaths:
        """Makes and checks the addresses that bounces and replies are sent to."""
        return ReturnPaths(self._secrets)

    def current_list(self, name: str) -> str:
        """The present name of a list that has, or once had, this name."""
        if any(newsletter.list == name for newsletter in self.settings.newsletters.values()):
            return name
        from subscribers.lists import former_names  # hardly any name is a former one

        with self.database.transaction(read_only=True) as connection:
            return former_names(connection).get(name, name)

    @property
    def _secrets(self) -> list[str]:
        """The keys that sign links and addresses, the newest first."""
        return [self.secret, *self.settings.site.former_secret_keys]

    @property
    def _formerly_keyed(self) -> list[Callable[[str], str]]:
        """`keyed` with each secret that the site had before, for addresses that stand in sent mails."""
        return [partial(_keyed, secret) for secret in self.settings.site.former_secret_keys]

    @property
    def picture_addresses(self) -> PictureAddresses:
        """Where this site serves strangers' pictures."""
        return PictureAddresses(
            sign=self.keyed,
            base=self.settings.site.base_path,
            former=self._formerly_keyed,
            kept=self.settings.site.url,
        )

    @property
    def edition_addresses(self) -> EditionAddresses:
        """Where the readers of an issue read it in a browser."""
        from newsletter.site.edition_addresses import EditionAddresses  # few commands need it

        return EditionAddresses(
            url=self.settings.site.url,
            sign=self.keyed,
            former=self._formerly_keyed,
        )

    @property
    def hosted_pictures(self) -> HostedPictures:
        """The pictures of sent issues that this site keeps."""
        from newsletter.site.hosted_pictures import FOLDER, HostedPictures  # few commands need it

        folder, url = self.folder / FOLDER, self.settings.site.url
        return HostedPictures(folder=folder, url=url, keyed=self.keyed)

    @property
    def uploaded_pictures(self) -> UploadedPictures:
        """The pictures that editors have uploaded or cropped."""
        from newsletter.site.uploaded_pictures import UploadedPictures  # few commands need it

        return UploadedPictures(hosted=self.hosted_pictures)

    def theme(self, slug: str) -> Theme:
        """The newsletter's theme; the site's own templates override ours."""
        own, newsletter = self.folder / "templates", self.newsletter(slug)
        return open_theme(
            own if own.is_dir() else None,
            newsletter.theme,
            palette=newsletter.palette,
            font=newsletter.font,
            density=newsletter.density,
            field=f"newsletters.{slug}.theme",
        )

    def masthead(self, slug: str) -> Masthead:
        """The masthead of the newsletter's issues."""
        # Only when something is rendered.
        from newsletter.site.lists import join_url, public_newsletters

        site = self.settings.site
        pictures = self.picture_addresses
        return Masthead(
            newsletter=slug,
            title=self.newsletter(slug).title,
            tagline=self.newsletter(slug).tagline,
            logo=self.newsletter(slug).logo or "",
            logo_width=self.newsletter(slug).logo_width,
            site_url=site.url,
            postal_address=site.postal_address,
            language=site.language,
            timezone=site.timezone,
            reply_address=self.newsletter(slug).reply_to or self.newsletter(slug).sender.address,
            join_url=join_url(self.settings, self.newsletter(slug).list),
            still_of=lambda url: f"{site.url}{pictures.of_still(url)}",
            annotated=self.newsletter(slug).annotations,
            is_public=slug in public_newsletters(self.settings),
            full_sections=frozenset(
                section.title
                for section in self.newsletter(slug).sections
                if section.show == "full"
            ),
        )

    def keyed(self, purpose: str) -> str:
        """An HMAC-SHA256 of `purpose` under the site's secret, as a hex digest."""
        return _keyed(self.secret, purpose)


def _keyed(secret: str, purpose: str) -> str:
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def open_site(folder: Path, environment: Mapping[str, str], *, even_if_moved: bool = False) -> Site:
    """Read the configuration, open the database and bring its schema up to date.

    Raises DatabaseUnavailableError, and ConfigurationError for a wrong configuration or, unless
    `even_if_moved`, for a database from which the site has moved away.
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
    """The key that signs links: the setting site.secret_key, or else the file that `init` wrote.

    Raises ConfigurationError if the file cannot be read or the key is too short.
    """
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


def site_title(site: Site) -> str:
    """What editors call the site: its newsletters' titles."""
    return " & ".join(newsletter.title for newsletter in site.settings.newsletters.values())
