"""Key material that comes from elsewhere, on every token that takes it."""

import os
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from math import gcd
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongroom.hsm import (
    CiphertextRejected,
    IdentityMismatch,
    KeyKind,
    KeyMaterialRejected,
    KeyPurpose,
    MaterialId,
    MaterialMissing,
    MechanismUnsupported,
    Token,
    WrappedKey,
    WrappingAlgorithm,
    signatures,
)
from strongroom.hsm.signatures import SigningAlgorithm
from tests.hsm.backends import Backend, softhsm
from tests.support.wrapping import pkcs8, pkcs8_of_rsa, rsa_numbers, wrap

LABEL = "strongroom/test/key"
_numbers = count(1)

RSA_KEY = rsa.generate_private_key(65537, 2048)
MATERIALS: dict[tuple[KeyKind, KeyPurpose], bytes] = {
    (KeyKind.AES_256, KeyPurpose.ENCRYPT): os.urandom(32),
    (KeyKind.HMAC_224, KeyPurpose.AUTHENTICATE): os.urandom(28),
    (KeyKind.HMAC_256, KeyPurpose.AUTHENTICATE): os.urandom(128),
    (KeyKind.HMAC_512, KeyPurpose.AUTHENTICATE): os.urandom(64),
    (KeyKind.RSA_2048, KeyPurpose.SIGN): pkcs8(RSA_KEY),
    (KeyKind.RSA_2048, KeyPurpose.ENCRYPT): pkcs8(RSA_KEY),
    (KeyKind.P256, KeyPurpose.SIGN): pkcs8(ec.generate_private_key(ec.SECP256R1())),
    (KeyKind.P384, KeyPurpose.AGREE): pkcs8(ec.generate_private_key(ec.SECP384R1())),
    (KeyKind.P521, KeyPurpose.SIGN): pkcs8(ec.generate_private_key(ec.SECP521R1())),
    (KeyKind.SECP256K1, KeyPurpose.SIGN): pkcs8(ec.generate_private_key(ec.SECP256K1())),
    (KeyKind.ED25519, KeyPurpose.SIGN): pkcs8(ed25519.Ed25519PrivateKey.generate()),
}
OAEP = (WrappingAlgorithm.RSAES_OAEP_SHA_1, WrappingAlgorithm.RSAES_OAEP_SHA_256)
CASES = [
    (*choice, algorithm)
    for choice in MATERIALS
    for algorithm in WrappingAlgorithm
    if algorithm not in OAEP or choice[0] not in {KeyKind.RSA_2048, KeyKind.P521}
]

Wrap = Callable[..., WrappedKey]


def _fresh_id() -> MaterialId:
    return MaterialId(next(_numbers).to_bytes(16))


@pytest.fixture
def wrapped(token: Token) -> Wrap:
    """Wraps under a fresh pair; skips what the token can't do."""

    def wrapped(
        kind: KeyKind, purpose: KeyPurpose, algorithm: WrappingAlgorithm, material: bytes
    ) -> WrappedKey:
        missing = token.capabilities.missing_for(kind, purpose)
        if missing:
            pytest.skip(missing)
        try:
            of_pair = token.purpose_of_pair(kind, algorithm)
        except MechanismUnsupported as error:
            pytest.skip(str(error))
        pair = token.generate_wrapping_pair(_fresh_id(), "strongroom/test/pair", KeyKind.RSA_2048, of_pair)
        return WrappedKey(pair, algorithm, wrap(pair.check, algorithm.value, material))

    return wrapped


@pytest.mark.parametrize(("kind", "purpose", "algorithm"), CASES, ids=lambda part: part.name)
def test_wrapped_material_becomes_a_key_that_can_not_leave(
    token: Token,
    backend: Backend,
    wrapped: Wrap,
    kind: KeyKind,
    purpose: KeyPurpose,
    algorithm: WrappingAlgorithm,
) -> None:
    material = MATERIALS[kind, purpose]
    incoming = wrapped(kind, purpose, algorithm, material)
    identity = token.identify(incoming, kind, purpose)
    ref = token.import_key(incoming, _fresh_id(), LABEL, kind, purpose)
    assert ref.is_imported
    assert token.exists(ref)
    assert token.identify(incoming, kind, purpose) == identity
    # What is said of keys that were made in the token isn't true of it.
    with pytest.raises(IdentityMismatch):
        token.exists(replace(ref, is_imported=False))
    token.close()
    again = backend.open()
    try:
        assert again.exists(ref)
    finally:
        again.close()


@pytest.mark.parametrize(("kind", "purpose", "algorithm"), CASES, ids=lambda part: part.name)
def test_altered_or_foreign_material_is_refused_and_leaves_nothing(
    token: Token, wrapped: Wrap, kind: KeyKind, purpose: KeyPurpose, algorithm: WrappingAlgorithm
) -> None:
    incoming = wrapped(kind, purpose, algorithm, MATERIALS[kind, purpose])
    before = set(token.objects())
    spki = incoming.pair.check
    altered = incoming.data[:-1] + bytes([incoming.data[-1] ^ 1])
    for data, error in (
        (altered, CiphertextRejected),
        (bytes(len(incoming.data)), CiphertextRejected),
        (wrap(spki, algorithm.value, b"sixteen bytes..."), (KeyMaterialRejected, CiphertextRejected)),
        (os.urandom(len(incoming.data)), CiphertextRejected),
    ):
        for do in (
            lambda bad: token.identify(bad, kind, purpose),
            lambda bad: token.import_key(bad, _fresh_id(), LABEL, kind, purpose),
        ):
            with pytest.raises(error):
                do(incoming._replace(data=data))
    assert set(token.objects()) == before


def test_an_imported_key_does_what_the_same_key_does_elsewhere(token: Token, wrapped: Wrap) -> None:
    algorithm = WrappingAlgorithm.RSAES_OAEP_SHA_256
    secret = MATERIALS[KeyKind.AES_256, KeyPurpose.ENCRYPT]
    aes = (KeyKind.AES_256, KeyPurpose.ENCRYPT)
    ref = token.import_key(wrapped(*aes, algorithm, secret), _fresh_id(), LABEL, *aes)
    sealed = token.use(token.encryption(ref, b"plaintext", b"aad"))
    assert AESGCM(secret).decrypt(sealed.iv, sealed.ciphertext, b"aad") == b"plaintext"
    mac_key = MATERIALS[KeyKind.HMAC_256, KeyPurpose.AUTHENTICATE]
    mac = (KeyKind.HMAC_256, KeyPurpose.AUTHENTICATE)
    ref = token.import_key(wrapped(*mac, algorithm, mac_key), _fresh_id(), LABEL, *mac)
    expected = hmac.HMAC(mac_key, hashes.SHA256())
    expected.update(b"message")
    assert token.use(token.authentication(ref, b"message")) == expected.finalize()


def test_an_imported_rsa_key_signs_for_its_public_key(token: Token, wrapped: Wrap) -> None:
    choice = (KeyKind.RSA_2048, KeyPurpose.SIGN)
    incoming = wrapped(*choice, WrappingAlgorithm.RSA_AES_KEY_WRAP_SHA_1, pkcs8(RSA_KEY))
    ref = token.import_key(incoming, _fresh_id(), LABEL, *choice)
    prepared = signatures.prepared(SigningAlgorithm.RSASSA_PSS_SHA_256, b"message")
    signature = token.use(token.signing(ref, SigningAlgorithm.RSASSA_PSS_SHA_256, prepared))
    signatures.verify(RSA_KEY.public_key(), SigningAlgorithm.RSASSA_PSS_SHA_256, signature, prepared)


def test_the_same_material_is_known_again_and_no_other(token: Token, wrapped: Wrap) -> None:
    algorithm = WrappingAlgorithm.RSAES_OAEP_SHA_256
    choice = (KeyKind.AES_256, KeyPurpose.ENCRYPT)
    one, other = os.urandom(32), os.urandom(32)
    identity = token.identify(wrapped(*choice, algorithm, one), *choice)
    assert token.identify(wrapped(*choice, algorithm, one), *choice) == identity
    assert token.identify(wrapped(*choice, algorithm, other), *choice) != identity
    assert one not in identity


def test_importing_takes_the_place_of_what_bears_the_name(token: Token, wrapped: Wrap) -> None:
    choice = (KeyKind.AES_256, KeyPurpose.ENCRYPT)
    incoming = wrapped(*choice, WrappingAlgorithm.RSAES_OAEP_SHA_256, os.urandom(32))
    name = _fresh_id()
    token.import_key(incoming, name, LABEL, *choice)
    ref = token.import_key(incoming, name, LABEL, *choice)
    assert token.exists(ref)
    assert token.destroy(name, LABEL)
    assert not token.exists(ref)


def test_without_its_pair_nothing_can_be_unwrapped(token: Token, wrapped: Wrap) -> None:
    choice = (KeyKind.AES_256, KeyPurpose.ENCRYPT)
    incoming = wrapped(*choice, WrappingAlgorithm.RSAES_OAEP_SHA_256, os.urandom(32))
    token.destroy(incoming.pair.material_id, incoming.pair.label)
    with pytest.raises(MaterialMissing):
        token.identify(incoming, *choice)


@pytest.mark.parametrize(
    ("kind", "material"),
    [
        (KeyKind.AES_256, bytes(31)),
        (KeyKind.AES_256, bytes(33)),
        (KeyKind.HMAC_256, bytes(31)),
        (KeyKind.HMAC_256, bytes(129)),
        (KeyKind.P256, pkcs8(ec.generate_private_key(ec.SECP384R1()))),
        (KeyKind.P256, pkcs8(ec.generate_private_key(ec.SECP256K1()))),
        (KeyKind.P256, pkcs8(ec.generate_private_key(ec.SECP256R1())) + b"\0"),
        (KeyKind.ED25519, pkcs8(ec.generate_private_key(ec.SECP256R1()))),
        (KeyKind.RSA_2048, pkcs8(rsa.generate_private_key(65537, 3072))),
        (KeyKind.RSA_2048, pkcs8(dsa.generate_private_key(2048))),
        (KeyKind.RSA_2048, b""),
    ],
)
def test_material_of_another_kind_or_length_is_refused(
    token: Token, wrapped: Wrap, kind: KeyKind, material: bytes
) -> None:
    purpose = next(purpose for known, purpose in MATERIALS if known is kind)
    incoming = wrapped(kind, purpose, WrappingAlgorithm.RSA_AES_KEY_WRAP_SHA_256, material or b"nothing!")
    with pytest.raises((KeyMaterialRejected, CiphertextRejected)):
        token.identify(incoming, kind, purpose)


def _altered(**numbers: int) -> bytes:
    return pkcs8_of_rsa(**{**rsa_numbers(RSA_KEY), **numbers})


_P, _Q = rsa_numbers(RSA_KEY)["prime1"], rsa_numbers(RSA_KEY)["prime2"]
_N, _PHI = _P * _Q, (_P - 1) * (_Q - 1)
_LONG = next(e for e in count(2**100 + 1, 2) if gcd(e, _PHI) == 1)
_HUGE = 2**9689 - 1  # a prime: to find that out takes a processor half a minute
NO_RSA_KEYS = {
    "a huge prime": _altered(prime1=_HUGE, prime2=3, modulus=3 * _HUGE),
    "huge numbers that don't belong": _altered(prime1=_HUGE, exponent1=_HUGE),
    "an even modulus": _altered(modulus=_N - 1),
    "the prime 2": _altered(prime1=2),
    "equal primes": _altered(prime1=_P, prime2=_P, modulus=_P * _P),
    "another modulus": _altered(modulus=_N + 2),
    "another public exponent": _altered(public_exponent=3),
    "an even public exponent": _altered(public_exponent=65536),
    "a long public exponent": _altered(
        public_exponent=_LONG,
        private_exponent=pow(_LONG, -1, _PHI),
        exponent1=pow(_LONG, -1, _P - 1),
        exponent2=pow(_LONG, -1, _Q - 1),
    ),
}
ONLY_OUTSIDE = {
    "another exponent of p": _altered(exponent1=5),
    "another coefficient": _altered(coefficient=7),
    "negative primes": _altered(prime1=-_P, prime2=-_Q),
    "no private exponent": _altered(private_exponent=0),
    "a negative private exponent": _altered(private_exponent=-5),
    "bytes behind it": pkcs8(RSA_KEY) + b"\0",
}
"""What a token may take, since it doesn't need these numbers, or looks itself; the key does what it should."""


@pytest.mark.parametrize("name", [*NO_RSA_KEYS, *ONLY_OUTSIDE])
@pytest.mark.parametrize("hash_", ["SHA_1", "SHA_256"])
@pytest.mark.parametrize("purpose", [KeyPurpose.SIGN, KeyPurpose.ENCRYPT])
def test_numbers_that_make_no_rsa_key_are_refused_quickly(
    token: Token, wrapped: Wrap, name: str, hash_: str, purpose: KeyPurpose
) -> None:
    choice, algorithm = (KeyKind.RSA_2048, purpose), WrappingAlgorithm(f"RSA_AES_KEY_WRAP_{hash_}")
    incoming = wrapped(*choice, algorithm, {**NO_RSA_KEYS, **ONLY_OUTSIDE}[name])
    before = set(token.objects())
    if name in ONLY_OUTSIDE and incoming.pair.purpose is KeyPurpose.UNWRAP:
        pytest.skip("the token decides")
    with pytest.raises((KeyMaterialRejected, CiphertextRejected)):
        token.identify(incoming, *choice)
    with pytest.raises((KeyMaterialRejected, CiphertextRejected)):
        token.import_key(incoming, _fresh_id(), LABEL, *choice)
    assert set(token.objects()) == before


NO_EC_KEYS = {
    "no parameters": "30130201003007 06072a8648ce3d0201 0405 3003020101",
    "an empty sequence": "3000",
    "indefinite and endless": "3080" * 60,
    "Ed25519 of 31 bytes": "302d020100300506032b6570 0421 041f" + "01" * 31,
    "Ed25519 of 33 bytes": "302f020100300506032b6570 0423 0421" + "01" * 33,
}


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.ED25519, KeyKind.RSA_2048])
@pytest.mark.parametrize("name", NO_EC_KEYS)
def test_bytes_that_are_no_key_are_refused(token: Token, wrapped: Wrap, kind: KeyKind, name: str) -> None:
    data = bytes.fromhex(NO_EC_KEYS[name])
    incoming = wrapped(kind, KeyPurpose.SIGN, WrappingAlgorithm.RSA_AES_KEY_WRAP_SHA_256, data)
    with pytest.raises((KeyMaterialRejected, CiphertextRejected)):
        token.identify(incoming, kind, KeyPurpose.SIGN)


def test_a_profile_that_does_not_allow_it_unwraps_nothing_outside(tmp_path: Any) -> None:
    backend = softhsm(tmp_path)
    strict = replace(backend, profile=replace(backend.profile, import_outside=False))
    token = strict.open()
    try:
        with pytest.raises(MechanismUnsupported, match="import_outside"):
            token.purpose_of_pair(KeyKind.AES_256, WrappingAlgorithm.RSAES_OAEP_SHA_256)
        in_token = token.purpose_of_pair(KeyKind.RSA_2048, WrappingAlgorithm.RSA_AES_KEY_WRAP_SHA_1)
        assert in_token is KeyPurpose.UNWRAP
    finally:
        token.close()


def test_what_is_wrapped_is_not_shown(token: Token, wrapped: Wrap) -> None:
    incoming = wrapped(
        KeyKind.AES_256, KeyPurpose.ENCRYPT, WrappingAlgorithm.RSAES_OAEP_SHA_1, os.urandom(32)
    )
    assert "256 bytes" in repr(incoming)
    assert repr(incoming.data) not in repr(incoming)
