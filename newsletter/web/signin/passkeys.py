"""Passkeys (WebAuthn Level 3): what a browser is asked, and whether its answer is right.

The library py_webauthn loads with the first question.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from newsletter.errors import InputError
from newsletter.store.passkeys import NewPasskey, Passkey

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

LONGEST_ANSWER = 20_000
"""Characters of a browser's answer; without attestation it has about one thousand."""

_TIMEOUT = 120_000
"""Milliseconds for which a browser waits for its user."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


class PasskeyError(InputError):
    """A browser's answer cannot be read, or does not prove what it should."""

    code = "passkey"


@dataclass(frozen=True, kw_only=True, slots=True)
class RelyingParty:
    """For whom passkeys are made: the site's host. Browsers use them at its `origin` only."""

    id: str
    origin: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """Which passkey an answer claims to be of, before anything of it is checked."""

    credential_id: str
    user_handle: str


def relying_party(url: str, name: str) -> RelyingParty | None:
    """The party for a site at this URL; None where browsers make no passkeys, as for an IP address.

    Passkeys belong to a host, so the path of a site below one does not matter.
    """
    place = urlsplit(url)
    host = (place.hostname or "").rstrip(".")
    if place.scheme != "https" and host != "localhost":
        return None
    try:
        ip_address(host)
    except ValueError:
        port = f":{place.port}" if place.port not in (None, _DEFAULT_PORTS[place.scheme]) else ""
        return RelyingParty(id=host, origin=f"{place.scheme}://{host}{port}", name=name)
    return None


def questions_for_new(
    party: RelyingParty,
    *,
    handle: str,
    address: str,
    name: str,
    challenge: str,
    known: Sequence[str],
) -> dict[str, Any]:
    """What a browser needs to make a passkey; a device that has one of the `known` makes none.

    The passkey is kept by the device with the name of its owner, and the device checks who uses it.
    """
    from webauthn import base64url_to_bytes, generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=base64url_to_bytes(handle),
        user_name=address,
        user_display_name=name or address,
        challenge=base64url_to_bytes(challenge),
        timeout=_TIMEOUT,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(known),
    )
    return dict(json.loads(options_to_json(options)))


def questions_for_sign_in(party: RelyingParty, challenge: str) -> dict[str, Any]:
    """What a browser needs to sign in; the same for everybody, so it tells of nobody."""
    from webauthn import base64url_to_bytes, generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=party.id,
        challenge=base64url_to_bytes(challenge),
        timeout=_TIMEOUT,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(options_to_json(options)))


def new_passkey(party: RelyingParty, challenge: str, answer: str) -> NewPasskey:
    """The passkey that a browser has made. Raises PasskeyError."""
    from webauthn import base64url_to_bytes, verify_registration_response
    from webauthn.helpers import bytes_to_base64url

    try:
        made = verify_registration_response(
            credential=_document(answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except Exception as error:  # the library's readers of CBOR and keys have errors of their own
        raise PasskeyError(f"the new passkey cannot be used: {error}") from error
    return NewPasskey(
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
    )


def claimed_by(answer: str) -> Claimed:
    """Which passkey the answer claims to be of. Raises PasskeyError."""
    document = _document(answer)
    response = document.get("response")
    handle = response.get("userHandle") if isinstance(response, dict) else None
    credential_id = document.get("id")
    if not isinstance(credential_id, str) or not isinstance(handle, str):
        raise PasskeyError("the answer names no passkey")
    return Claimed(credential_id=credential_id, user_handle=handle)


def signed_count(party: RelyingParty, challenge: str, answer: str, passkey: Passkey) -> int:
    """How often the device says that it has signed. Raises PasskeyError unless the passkey signed."""
    from webauthn import base64url_to_bytes, verify_authentication_response

    try:
        verified = verify_authentication_response(
            credential=_document(answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,  # compared by `may_be_copied`
            require_user_verification=True,
        )
    except Exception as error:  # the library's readers of CBOR and keys have errors of their own
        raise PasskeyError(f"the passkey did not sign in: {error}") from error
    return verified.new_sign_count


def may_be_copied(*, before: int, now: int) -> bool:
    """Whether another device has signed with the same key, as the count has not grown (section 6.1.1)."""
    return (before > 0 or now > 0) and now <= before


def _document(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST_ANSWER:
        raise PasskeyError("the answer is too long")
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise PasskeyError("the answer is not JSON") from error
    if not isinstance(document, dict):
        raise PasskeyError("the answer is not an object")
    return document


def _descriptors(known: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    from webauthn import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known]
