"""Of a JSON Web Key Set, public keys for signatures are taken, and nothing else."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from strongroom.server.core.key_sets import MAX_BYTES, KeySetInvalid, parse_key_set
from tests.support.bearers import jwk_of, make_key

EC = make_key("ES256")
RSA = make_key("RS256")
GOOD = jwk_of(EC, "ES256", kid="good")


def _parsed(*keys: Any) -> Any:
    return parse_key_set(json.dumps({"keys": keys}).encode())


@pytest.mark.parametrize(
    ("algorithm", "algorithms"),
    [
        ("ES256", {"ES256"}),
        ("ES384", {"ES384"}),
        ("ES512", {"ES512"}),
        ("EdDSA", {"EdDSA"}),
        ("RS256", {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    ],
)
def test_a_key_is_for_the_algorithms_of_its_kind(algorithm: str, algorithms: set[str]) -> None:
    (key,) = _parsed(jwk_of(make_key(algorithm), algorithm, kid="one")).keys
    assert set(key.algorithms) == algorithms
    assert key.key_id == "one"


def test_a_key_that_says_its_algorithm_is_for_no_other() -> None:
    keys = _parsed(jwk_of(RSA, "RS256", kid="one", alg="PS256"))
    assert keys.find("one", "PS256")
    assert keys.find("one", "RS256") is None


SMALL = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505 # too small is the point
K1 = ec.generate_private_key(ec.SECP256K1()).public_key()
ED448 = ed448.Ed448PrivateKey.generate().public_key()
LEFT_ASIDE: dict[str, Any] = {
    "a secret key": {"kty": "oct", "k": "AAAA", "kid": "x", "alg": "HS256"},
    "a key for encryption": jwk_of(EC, "ES256", use="enc"),
    "a key that only signs": jwk_of(EC, "ES256", key_ops=["sign"]),
    "a key with strange operations": jwk_of(EC, "ES256", key_ops="verify"),
    "a key of an algorithm for secrets": jwk_of(RSA, "RS256", alg="HS256"),
    "a key of another kind's algorithm": jwk_of(EC, "ES256", alg="RS256"),
    "a key whose algorithm is a list": jwk_of(EC, "ES256", alg=["ES256"]),
    "a key for a curve that no algorithm has": ECAlgorithm.to_jwk(K1, as_dict=True),
    "Ed448": OKPAlgorithm.to_jwk(ED448, as_dict=True),
    "RSA of 1024 bits": RSAAlgorithm.to_jwk(SMALL, as_dict=True),
    "a point that isn't on the curve": {**GOOD, "y": GOOD["x"]},
    "a coordinate that is too short": {**GOOD, "x": "AAAA"},
    "no text": {**GOOD, "x": 1},
    "no base64": {**GOOD, "x": "?"},
    "an unreadable name": {**GOOD, "kid": 1},
    "a kind that is a list": {**GOOD, "kty": ["EC"]},
    "a missing member": {name: value for name, value in GOOD.items() if name != "y"},
    "no object": "key",
}


@pytest.mark.parametrize("entry", LEFT_ASIDE.values(), ids=LEFT_ASIDE)
def test_what_cannot_verify_is_left_aside(entry: Any) -> None:
    assert len(_parsed(GOOD, entry).keys) == 1
    assert _parsed(entry).keys == ()


def test_a_set_without_keys_says_that_there_are_none() -> None:
    none = _parsed()
    assert none.keys == ()
    assert none.find(None, "ES256") is None
    assert not none.has("good")


def test_a_private_key_is_taken_for_its_public_part() -> None:
    private = {**ECAlgorithm.to_jwk(EC, as_dict=True), "kid": "one"}
    assert "d" in private
    (key,) = _parsed(private).keys
    assert isinstance(key.public_key, ec.EllipticCurvePublicKey)


def test_a_name_that_two_keys_have_means_none() -> None:
    twice = _parsed(GOOD, jwk_of(make_key("ES256"), "ES256", kid="good"))
    assert twice.find("good", "ES256") is None
    assert twice.has("good")
    of_two_kinds = _parsed(GOOD, jwk_of(RSA, "RS256", kid="good"))
    assert of_two_kinds.find("good", "ES256")
    assert of_two_kinds.find("good", "RS256")


def test_without_a_name_only_a_single_key_is_meant() -> None:
    assert _parsed(GOOD).find(None, "ES256")
    assert _parsed(GOOD, jwk_of(make_key("ES256"), "ES256", kid="other")).find(None, "ES256") is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"keys": 1}',
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"keys": [%s]}' % b",".join([json.dumps(GOOD).encode()] * 101),
        b" " * MAX_BYTES + json.dumps({"keys": [GOOD]}).encode(),
    ],
    ids=["empty", "torn", "list", "null", "number", "deep", "no text", "many keys", "large"],
)
def test_what_is_no_key_set_is_refused(data: bytes) -> None:
    with pytest.raises(KeySetInvalid):
        parse_key_set(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)
MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use", "key_ops", "d", "k"])


@given(st.dictionaries(MEMBERS, JSON | st.sampled_from(["EC", "RSA", "OKP", "P-256", "Ed25519", "AAAA"])))
def test_no_entry_harms_the_others(changes: dict[str, Any]) -> None:
    assert _parsed(GOOD, {**GOOD, **changes}, changes).find("good", "ES256") or "kid" not in changes
