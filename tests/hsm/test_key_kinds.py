"""Every kind of key, on every token that can make it, checked by another implementation."""

import hashlib
import os
from itertools import count
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from strongroom.hsm import (
    DATA_KEY_PAIRS,
    NEEDED,
    SHAPES,
    Capability,
    CiphertextRejected,
    HsmError,
    IdentityMismatch,
    KeyKind,
    KeyPurpose,
    MaterialId,
    MaterialRef,
    MechanismUnsupported,
    OaepHash,
    PublicKeyRejected,
    SignatureRejected,
    SigningAlgorithm,
    Token,
    public_keys,
    rsa_oaep,
    signatures,
)
from tests.hsm.backends import Backend

LABEL = "strongroom/test/key"
_numbers = count(1)

RSA = (KeyKind.RSA_2048, KeyKind.RSA_3072, KeyKind.RSA_4096)
RSA_SIGNING = [a for a in SigningAlgorithm if a.value.startswith("RSASSA")]
SIGNING = [
    *((kind, algorithm) for kind in RSA for algorithm in RSA_SIGNING),
    (KeyKind.P256, SigningAlgorithm.ECDSA_SHA_256),
    (KeyKind.P384, SigningAlgorithm.ECDSA_SHA_384),
    (KeyKind.P521, SigningAlgorithm.ECDSA_SHA_512),
    (KeyKind.SECP256K1, SigningAlgorithm.ECDSA_SHA_256),
    (KeyKind.ED25519, SigningAlgorithm.ED25519_SHA_512),
    (KeyKind.ML_DSA_44, SigningAlgorithm.ML_DSA_SHAKE_256),
    (KeyKind.ML_DSA_65, SigningAlgorithm.ML_DSA_SHAKE_256),
    (KeyKind.ML_DSA_87, SigningAlgorithm.ML_DSA_SHAKE_256),
]
AGREEMENT = [kind for kind, purpose in NEEDED if purpose is KeyPurpose.AGREE and kind is not KeyKind.SM2]
ENCAPSULATION = [kind for kind, purpose in NEEDED if purpose is KeyPurpose.ENCAPSULATE]
MACS = [kind for kind, purpose in NEEDED if purpose is KeyPurpose.AUTHENTICATE]


@pytest.fixture
def make(token: Token) -> Any:
    """Makes keys; skips what the token can't do."""

    def make(kind: KeyKind, purpose: KeyPurpose) -> MaterialRef:
        missing = token.capabilities.missing_for(kind, purpose)
        if missing:
            pytest.skip(missing)
        return token.generate(MaterialId(next(_numbers).to_bytes(16)), LABEL, kind, purpose)

    return make


@pytest.mark.parametrize(("kind", "purpose"), NEEDED, ids=lambda part: part.name)
def test_a_key_is_made_proved_and_found_again_or_refused(
    backend: Backend, token: Token, kind: KeyKind, purpose: KeyPurpose
) -> None:
    material_id = MaterialId(next(_numbers).to_bytes(16))
    if token.capabilities.missing_for(kind, purpose):
        with pytest.raises(MechanismUnsupported):
            token.generate(material_id, LABEL, kind, purpose)
        return
    ref = token.generate(material_id, LABEL, kind, purpose)
    assert token.exists(ref)
    token.close()
    again = backend.open()
    try:
        assert again.exists(ref)
        assert [one.material_id for one in again.objects()] == [material_id]
    finally:
        again.close()


@pytest.mark.parametrize(("kind", "algorithm"), SIGNING, ids=lambda part: part.name)
def test_signatures_are_verified_by_another_implementation(
    make: Any, token: Token, kind: KeyKind, algorithm: SigningAlgorithm
) -> None:
    ref = make(kind, KeyPurpose.SIGN)
    public_key = public_keys.load(ref.check)
    prepared = signatures.prepared(algorithm, b"message")
    signature = token.use(token.signing(ref, algorithm, prepared))
    signatures.verify(public_key, algorithm, signature, prepared)
    for altered in (
        signature[:-1],
        signature + b"\0",
        bytes([signature[0] ^ 1]) + signature[1:],
        signature[:-1] + bytes([signature[-1] ^ 1]),
        b"",
        bytes(len(signature)),
    ):
        with pytest.raises(SignatureRejected):
            signatures.verify(public_key, algorithm, altered, prepared)
    with pytest.raises(SignatureRejected):
        signatures.verify(public_key, algorithm, signature, signatures.prepared(algorithm, b"other"))


def test_pss_salts_are_as_long_as_the_hash(make: Any, token: Token) -> None:
    ref = make(KeyKind.RSA_2048, KeyPurpose.SIGN)
    key = public_keys.load(ref.check)
    for algorithm in (a for a in RSA_SIGNING if "PSS" in a.value):
        hash_ = signatures.SCHEMES[algorithm].hash
        assert hash_ is not None
        signature = token.use(token.signing(ref, algorithm, signatures.prepared(algorithm, b"m")))
        key.verify(signature, b"m", padding.PSS(padding.MGF1(hash_), hash_.digest_size), hash_)


@pytest.mark.parametrize("kind", MACS, ids=lambda kind: kind.name)
def test_macs_have_the_hashs_length_and_tell_messages_apart(make: Any, token: Token, kind: KeyKind) -> None:
    ref = make(kind, KeyPurpose.AUTHENTICATE)
    mac = token.use(token.authentication(ref, b"message"))
    assert len(mac) == SHAPES[kind].bytes
    assert mac == token.use(token.authentication(ref, b"message"))
    assert mac != token.use(token.authentication(ref, b"messagf"))


@pytest.mark.parametrize("kind", RSA, ids=lambda kind: kind.name)
@pytest.mark.parametrize("hash_", OaepHash, ids=lambda hash_: hash_.name)
def test_what_was_encrypted_outside_is_decrypted_in_the_token(
    make: Any, token: Token, kind: KeyKind, hash_: OaepHash
) -> None:
    ref = make(kind, KeyPurpose.ENCRYPT)
    key = public_keys.load(ref.check)
    longest = rsa_oaep.longest_plaintext(key, hash_)
    for length in (0, 1, 32, longest):
        plaintext = os.urandom(length)
        assert (
            token.use(token.oaep_decryption(ref, hash_, rsa_oaep.encrypt(key, hash_, plaintext))) == plaintext
        )
    ciphertext = rsa_oaep.encrypt(key, hash_, b"x")
    other = next(h for h in OaepHash if h is not hash_)
    modulus = key.public_numbers().n.to_bytes(len(ciphertext))
    for altered in (
        bytes([ciphertext[0] ^ 1]) + ciphertext[1:],
        ciphertext[:-1] + bytes([ciphertext[-1] ^ 1]),
        rsa_oaep.encrypt(key, other, b"x"),
        bytes(len(ciphertext)),
        modulus,
        b"\xff" * len(ciphertext),
    ):
        with pytest.raises(CiphertextRejected):
            token.use(token.oaep_decryption(ref, hash_, altered))
        assert token.use(token.oaep_decryption(ref, hash_, ciphertext)) == b"x"


@pytest.mark.parametrize("kind", AGREEMENT, ids=lambda kind: kind.name)
def test_shared_secrets_are_another_implementations_with_their_leading_zeros(
    make: Any, token: Token, kind: KeyKind
) -> None:
    ref = make(kind, KeyPurpose.AGREE)
    public_key, size, saw_zero = public_keys.load(ref.check), SHAPES[kind].bytes, False
    for _ in range(400):
        mine = ec.generate_private_key(public_keys.CURVES[kind])
        expected = mine.exchange(ec.ECDH(), public_key)
        saw_zero = saw_zero or expected[0] == 0
        assert token.use(token.agreement(ref, public_keys.point_of(mine.public_key()))) == expected
        assert len(expected) == size
        if saw_zero:
            break


@pytest.mark.parametrize("kind", ENCAPSULATION, ids=lambda kind: kind.name)
def test_encapsulated_secrets_are_another_implementations(make: Any, token: Token, kind: KeyKind) -> None:
    ref = make(kind, KeyPurpose.ENCAPSULATE)
    secret, ciphertext = public_keys.load(ref.check).encapsulate()
    assert token.use(token.decapsulation(ref, ciphertext)) == secret
    altered = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    rejected = token.use(token.decapsulation(ref, altered))
    assert len(rejected) == 32
    assert rejected != secret


@pytest.mark.parametrize("kind", DATA_KEY_PAIRS, ids=lambda kind: kind.name)
def test_data_key_pairs_leave_nothing_behind(token: Token, kind: KeyKind) -> None:
    if token.capabilities.missing(DATA_KEY_PAIRS[kind]):
        with pytest.raises(MechanismUnsupported):
            token.generate_data_key_pair(kind)
        return
    pair = token.generate_data_key_pair(kind)
    key: Any = load_der_private_key(pair.private_key, None)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert spki == pair.public_key
    assert token.objects() == ()
    assert pair.private_key.hex() not in repr(pair)
    if isinstance(key, rsa.RSAPrivateKey):
        key.private_numbers().private_key()  # which proves that the primes are primes


def test_a_key_does_nothing_but_its_purpose(make: Any, token: Token) -> None:
    signing, agreeing = make(KeyKind.P256, KeyPurpose.SIGN), make(KeyKind.P256, KeyPurpose.AGREE)
    point = public_keys.point_of(ec.generate_private_key(ec.SECP256R1()).public_key())
    digest = hashlib.sha256(b"m").digest()
    with pytest.raises(HsmError):
        token.use(token.agreement(signing, point))
    with pytest.raises(HsmError):
        token.use(token.signing(agreeing, SigningAlgorithm.ECDSA_SHA_256, digest))


def test_a_private_key_that_is_not_the_public_keys_is_refused(
    backend: Backend, make: Any, token: Token
) -> None:
    ref, other = make(KeyKind.P256, KeyPurpose.SIGN), make(KeyKind.P256, KeyPurpose.SIGN)
    token.close()
    again = backend.open()
    try:
        with pytest.raises(IdentityMismatch):
            again.use(
                again.signing(
                    MaterialRef(ref.material_id, LABEL, ref.kind, ref.purpose, other.check),
                    SigningAlgorithm.ECDSA_SHA_256,
                    bytes(32),
                )
            )
        assert again.use(again.signing(ref, SigningAlgorithm.ECDSA_SHA_256, bytes(32)))
    finally:
        again.close()


@pytest.mark.parametrize(
    "spki",
    [
        b"",
        b"\x30",
        os.urandom(91),
        ec.generate_private_key(ec.SECP384R1())
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        rsa.generate_private_key(65537, 2048)
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ],
    ids=["empty", "cut", "random", "another curve", "RSA"],
)
def test_what_is_no_public_key_on_the_curve_is_refused(spki: bytes) -> None:
    with pytest.raises(PublicKeyRejected):
        public_keys.peer_point(spki, KeyKind.P256)


def test_a_point_off_the_curve_is_refused() -> None:
    spki = bytearray(
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    spki[-1] ^= 1
    with pytest.raises(PublicKeyRejected):
        public_keys.peer_point(bytes(spki), KeyKind.P256)


def test_ed25519ph_never_comes_out_as_pure_ed25519(make: Any, token: Token) -> None:
    ref = make(KeyKind.ED25519, KeyPurpose.SIGN)
    if not token.capabilities.supports(Capability.ED25519PH):
        return  # the operation refuses it
    signature = token.use(token.signing(ref, SigningAlgorithm.ED25519_PH_SHA_512, bytes(64)))
    token.verify_ed25519ph(ref.check, bytes(64), signature)
    with pytest.raises(SignatureRejected):
        token.verify_ed25519ph(ref.check, bytes(63) + b"\1", signature)
    with pytest.raises(SignatureRejected):
        signatures.verify(public_keys.load(ref.check), SigningAlgorithm.ED25519_SHA_512, signature, bytes(64))
