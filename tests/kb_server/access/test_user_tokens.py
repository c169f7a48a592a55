"""User tokens: signed by the company's own login, believed only for what they prove."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError

from kb_server.app import create_app
from kb_server.errors import BadInputError
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings
from tests.kb_server.published import running, wait_until_ready

from .making import QUESTION, bearer, key_of

SECRET = "a secret of the login, long enough"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def claims(**more: Any) -> dict[str, Any]:
    said = {"sub": "customer-17", "aud": "kb-server", "exp": int(time.time()) + 300, "audiences": ["Staff"]}
    return {name: value for name, value in (said | more).items() if value is not None}


@asynccontextmanager
async def serving(settings: Settings, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    configured = Settings(**(settings.model_dump() | changes))
    async with running(create_app(configured, encoder=HashEncoder)) as client:
        await wait_until_ready(client)
        yield client


async def status_of(client: httpx.AsyncClient, token: str) -> int:
    return (await client.post("/v1/query", json=QUESTION, headers=bearer(token))).status_code


async def test_a_person_sees_public_pages_and_those_of_their_labels(settings: Settings) -> None:
    async with serving(settings, jwt_secret=SECRET) as client:
        for said, total in ((claims(), 8), (claims(audiences=None), 5), (claims(audiences=["인사"]), 7)):
            headers = bearer(jwt.encode(said, SECRET, "HS256"))
            assert (await client.get("/v1/documents", headers=headers)).json()["total"] == total
        assert (await client.get("/metrics", headers=headers)).status_code == 403
        assert (await client.post("/v1/query", json=QUESTION)).status_code == 401
        key = key_of(settings)
        assert await status_of(client, key) == 200


PROVES_TOO_LITTLE: list[dict[str, Any]] = [
    {"exp": 1_700_000_000},
    {"exp": None},
    {"exp": "soon"},
    {"aud": None},
    {"aud": "another"},
    {"sub": None},
    {"sub": ""},
    {"sub": "x" * 500},
    {"sub": "a\nb"},
    {"iss": None},
    {"iss": "https://evil.example"},
    {"nbf": 4_000_000_000},
    {"audiences": "staff"},
    {"audiences": [1]},
    {"audiences": {"staff": True}},
]


async def test_a_token_that_proves_too_little_is_refused(settings: Settings) -> None:
    issuer = "https://login.example"
    async with serving(settings, jwt_secret=SECRET, jwt_issuer=issuer) as client:
        assert await status_of(client, jwt.encode(claims(iss=issuer), SECRET, "HS256")) == 200
        for change in PROVES_TOO_LITTLE:
            said = claims(**({"iss": issuer} | change))
            assert await status_of(client, jwt.encode(said, SECRET, "HS256")) == 401, change


async def test_the_algorithm_is_the_keys_whatever_a_token_says(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "login.pem"
    file.write_bytes(PEM)
    good = jwt.encode(claims(), RSA, "RS256")
    head, body, _ = good.split(".")
    unsigned = jwt.encode(claims(), None, "none")
    # The public key taken for the secret of HS256: the classical confusion.
    confused = jwt.api_jws.PyJWS()
    confused._algorithms["HS256"].prepare_key = lambda key: key  # type: ignore[method-assign]
    forged = confused.encode(json.dumps(claims()).encode(), PEM, "HS256", headers={"typ": "JWT"})
    other = jwt.encode(claims(), rsa.generate_private_key(public_exponent=65537, key_size=2048), "RS256")
    embedded = jwt.encode(claims(), RSA, "RS384")

    async with serving(settings, jwt_key_file=file) as client:
        assert await status_of(client, good) == 200
        for attempt in (
            unsigned,
            forged,
            other,
            embedded,
            f"{head}.{body}.",
            "a.b.c",
            f"{head}.{body}.{body}",
        ):
            assert await status_of(client, attempt) == 401, attempt


async def test_a_set_of_keys_is_searched_by_name(settings: Settings, tmp_path: Path) -> None:
    elliptic, edwards = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
    listed = [
        jwt.algorithms.RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True) | {"kid": "r"},
        jwt.algorithms.ECAlgorithm.to_jwk(elliptic.public_key(), as_dict=True) | {"kid": "e"},
        jwt.algorithms.OKPAlgorithm.to_jwk(edwards.public_key(), as_dict=True) | {"kid": "o"},
    ]
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": listed}))

    async with serving(settings, jwt_key_file=file) as client:
        for key, algorithm, kid in ((RSA, "RS256", "r"), (elliptic, "ES256", "e"), (edwards, "EdDSA", "o")):
            signed = jwt.encode(claims(), key, algorithm, headers={"kid": kid})
            assert await status_of(client, signed) == 200, kid
            assert await status_of(client, jwt.encode(claims(), key, algorithm)) == 401
            wrong = jwt.encode(claims(), key, algorithm, headers={"kid": "r" if kid != "r" else "e"})
            assert await status_of(client, wrong) == 401


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no key",
        "{}",
        '{"keys": []}',
        json.dumps({"keys": [{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "s"}]}),
    ],
)
def test_a_file_without_a_public_key_stops_the_start(
    settings: Settings, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "key"
    file.write_text(content)

    with pytest.raises(BadInputError, match="KB_JWT_KEY_FILE"):
        create_app(settings.model_copy(update={"jwt_key_file": file}), encoder=HashEncoder)


def test_a_short_secret_is_refused(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="32 bytes"):
        Settings(data_dir=settings.data_dir, jwt_secret="short")


async def test_without_a_key_to_check_with_no_token_is_believed(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    key_of(settings)

    assert await status_of(client, jwt.encode(claims(), SECRET, "HS256")) == 401
