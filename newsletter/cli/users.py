"""users …: who may sign in to the desk, and their API keys."""

from __future__ import annotations

import sys
from datetime import timedelta

import click

from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.errors import InputError
from newsletter.result_codes import OK
from newsletter.store import audit
from newsletter.store.api_tokens import EVERY_SCOPE, ApiScope, make_api_token, revoke_api_token
from newsletter.store.audit import OPERATOR
from newsletter.store.users import Role, all_users, find_user, remove_user, save_user
from newsletter.web.signin.passwords import hash_password


@click.group()
def users() -> None:
    """Editors who may sign in: add, remove, list, token, reset."""


@users.command("add")
@click.argument("address")
@click.option("--name", default="", help="The editor's name.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.EDITOR.value,
    show_default=True,
    help="A publisher may also approve and send.",
)
@click.option(
    "--password", is_flag=True, help="Ask for a password (piped: read one line of stdin)."
)
@json_option
@now_option
@pass_invocation
def add_user(invocation: Invocation, address: str, name: str, role: str, password: bool) -> int:
    """Allow somebody to sign in, or change their name, role or password.

    Without a password the editor signs in with a link sent by mail. A new password ends the
    editor's API keys.

    \b
    Example: newsletter users add ed@example.org --name Ed --role publisher
    """
    password_hash = hash_password(_ask_password()) if password else None
    with invocation.site.database.transaction() as connection:
        user, is_new = save_user(
            connection,
            address,
            name=name,
            role=Role(role),
            now=invocation.now,
            password_hash=password_hash,
        )
        done = "added" if is_new else "updated"
        audit.record(
            connection,
            who=OPERATOR,
            what="add user" if is_new else "change user",
            detail=f"{user.address} ({user.role})",
            now=invocation.now,
        )
    invocation.report(
        {"address": user.address, "name": user.name, "role": user.role, "outcome": done},
        f"{user.address}: {done} as {user.role}",
    )
    return OK


@users.command("remove")
@click.argument("address")
@json_option
@now_option
@pass_invocation
def remove_one(invocation: Invocation, address: str) -> int:
    """Remove an account; its sessions, links and keys end immediately.

    \b
    Example: newsletter users remove ed@example.org
    """
    with invocation.site.database.transaction() as connection:
        user = find_user(connection, address)
        remove_user(connection, user)
        audit.record(
            connection, who=OPERATOR, what="remove user", detail=user.address, now=invocation.now
        )
    invocation.report({"address": user.address, "removed": True}, f"{user.address}: removed")
    return OK


@users.command("list")
@json_option
@pass_invocation
def list_users(invocation: Invocation) -> int:
    """List the editors who may sign in.

    \b
    Example: newsletter users list
    """
    with invocation.site.database.transaction(read_only=True) as connection:
        found = all_users(connection)
    invocation.answer(
        {
            "users": [
                {"address": user.address, "name": user.name, "role": user.role} for user in found
            ]
        },
        *[f"{user.address}  {user.role}  {user.name}".rstrip() for user in found],
    )
    return OK


@users.command("reset")
@click.argument("address")
@json_option
@now_option
@pass_invocation
def reset(invocation: Invocation, address: str) -> int:
    """Remove somebody's passkeys, authenticator app and recovery codes.

    For an editor who has lost them. They are signed out everywhere and told by mail, and sign in
    with their password or by a link. Make sure that the request is theirs.

    \b
    Example: newsletter users reset ed@example.org
    """
    from newsletter.pipeline.sign_in import reset_second_factors

    done = reset_second_factors(invocation.site, address, now=invocation.now)
    invocation.report(
        {"address": done.address, "passkeys": done.passkeys, "app": done.app},
        f"{done.address}: {done.passkeys} passkeys removed, "
        f"{'the authenticator app turned off' if done.app else 'there was no authenticator app'}",
    )
    return OK


@users.command("token")
@click.argument("address")
@click.option("--name", default="command line", show_default=True, help="What the key is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in ApiScope]),
    help="What it may be used for; may be repeated.  [default: everything]",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    help="How many days it works.  [default: until it is revoked]",
)
@click.option("--revoke", is_flag=True, help="Revoke the key with that name.")
@json_option
@now_option
@pass_invocation
def make_token(
    invocation: Invocation,
    address: str,
    name: str,
    scopes: tuple[str, ...],
    days: int | None,
    revoke: bool,
) -> int:
    """Make an API key for an editor; it is shown only once.

    A key with the same name is replaced. Scopes: read (newsletters, issues, lists, growth), people
    (subscribers and suppressions), issues (to change and send them), admin (who did what), metrics
    (/metrics for monitoring, and nothing else).

    \b
    Example: newsletter users token ed@example.org --name "nightly report" --scope read
    """
    given = frozenset(map(ApiScope, scopes)) or EVERY_SCOPE
    with invocation.site.database.transaction() as connection:
        user = find_user(connection, address)
        token = None
        if revoke:
            revoke_api_token(connection, user, name)
        else:
            lasts = timedelta(days=days) if days is not None else None
            token = make_api_token(
                connection, user, name=name, now=invocation.now, scopes=given, lasts=lasts
            )
        audit.record(
            connection,
            who=OPERATOR,
            what="revoke API key" if revoke else "make API key",
            detail=f"{name} of {user.address}",
            now=invocation.now,
        )
    invocation.answer(
        {
            "address": user.address,
            "name": name,
            "scopes": sorted(given) if token else [],
            "token": token,
        },
        *[token] if token else [],
    )
    return OK


def _ask_password() -> str:
    if sys.stdin.isatty():
        answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return answer
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise InputError("there is no password on stdin", fix="pipe the password in as one line")
    return line
