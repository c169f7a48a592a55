"""Signed tokens (JWT) with which a company's own login tells who a person is and what they may see."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from kb_server.access.caller import Caller, Scope
from kb_server.errors import BadInputError, UnauthorizedError
from kb_server.index.labels import label_of
from kb_server.settings import Settings

_LEEWAY_SECONDS = 30
_MAX_ID_CHARS = 150
_ALGORITHMS: Sequence[tuple[Any, str]] = (
    (rsa.RSAPublicKey, "RS256"),
    (ec.EllipticCurvePublicKey, "ES256"),
    (ed25519.Ed25519PublicKey, "EdDSA"),
)
"""The one algorithm of each kind of key: a token cannot choose another."""


class Person(NamedTuple):
    """Who a token speaks for."""

    caller: Caller
    expires: float
    """Seconds since 1970 from which on the token is refused."""


class UserTokens:
    """Checks tokens with the keys of the settings."""

    def __init__(
        self, keys: Mapping[str | None, tuple[Any, str]], *, issuer: str | None, audience: str
    ) -> None:
        """Accept what one of ``keys`` (by the ``kid`` of the token) has signed with its algorithm."""
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    def person(self, token: str) -> Person:
        """Give the person that ``token`` speaks for; raises ``UnauthorizedError`` for a bad one."""
        try:
            key, algorithm = self._key_of(token)
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "sub", "aud", *(["iss"] if self._issuer else [])]},
            )
        except jwt.ExpiredSignatureError as error:
            raise _refused("The user token has expired.") from error
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise _refused(f"The user token is not valid: {error}.") from error
        caller = Caller(
            id=f"user:{_subject(claims)}",
            scopes=frozenset({Scope.QUERY}),
            audiences=_audiences(claims),
            customer_id=_subject(claims),
        )
        return Person(caller, float(claims["exp"]) + _LEEWAY_SECONDS)

    def _key_of(self, token: str) -> tuple[Any, str]:
        named = jwt.get_unverified_header(token).get("kid")
        if None in self._keys:  # the only key; what a token calls it does not matter
            return self._keys[None]
        if not isinstance(named, str) or named not in self._keys:
            raise jwt.InvalidKeyError("it names no key that is known here")
        return self._keys[named]


def user_tokens(settings: Settings) -> UserTokens | None:
    """Give the check that ``settings`` ask for; None without any key.

    Raises ``BadInputError`` for a file without a public key.
    """
    if settings.jwt_secret is not None:
        keys: Mapping[str | None, tuple[Any, str]] = {None: (settings.jwt_secret.get_secret_value(), "HS256")}
    elif settings.jwt_key_file is not None:
        keys = _read(settings.jwt_key_file)
    else:
        return None
    return UserTokens(keys, issuer=settings.jwt_issuer, audience=settings.jwt_audience)


def _read(file: Path) -> Mapping[str | None, tuple[Any, str]]:
    try:
        text = file.read_text(encoding="utf-8")
        if text.lstrip().startswith("{"):
            return _of_set(json.loads(text))
        return {None: _pinned(load_pem_public_key(text.encode()))}
    except (OSError, ValueError, TypeError, KeyError, jwt.PyJWTError) as error:
        raise BadInputError(
            f"KB_JWT_KEY_FILE={str(file)!r} holds no public key: {error}.",
            remedy="Name a PEM file with a public key (RSA, EC P-256 or Ed25519), or a JWKS file.",
        ) from error


def _of_set(document: Mapping[str, Any]) -> Mapping[str | None, tuple[Any, str]]:
    """Read a JWKS; symmetric keys in it are refused, as the file is meant to be public."""
    keys: dict[str | None, tuple[Any, str]] = {}
    for item in document["keys"]:
        keys[str(item["kid"])] = _pinned(jwt.PyJWK(item).key)
    if not keys:
        raise ValueError("the set is empty")
    return keys


def _pinned(key: Any) -> tuple[Any, str]:
    algorithm = next((name for kind, name in _ALGORITHMS if isinstance(key, kind)), None)
    if algorithm is None or (isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name != "secp256r1"):
        raise ValueError("it is not a public key of RSA, EC P-256 or Ed25519")
    return key, algorithm


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= _MAX_ID_CHARS or not subject.isprintable():
        raise _refused(f"The user token's sub must be a text of 1 to {_MAX_ID_CHARS} characters.")
    return subject


def _audiences(claims: Mapping[str, Any]) -> frozenset[str]:
    """Give the access labels of a token; one without any sees public pages."""
    labels = claims.get("audiences", [])
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise _refused("The user token's audiences must be a list of texts.")
    return frozenset(label_of(label) for label in labels) - {""}


def _refused(message: str) -> UnauthorizedError:
    return UnauthorizedError(
        message, remedy="Sign the person in again, and send a new token.", reason="invalid_token"
    )
