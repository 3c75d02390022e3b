"""Whether key material can be brought along and is protected then, with keys that everybody knows."""

from functools import partial
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import Attribute

from strongroom.hsm import aes_gcm, key_import, key_material, public_keys, rsa_oaep, signatures, templates
from strongroom.hsm.capabilities import Capability, Finding
from strongroom.hsm.errors import KeyNotProtected
from strongroom.hsm.identifiers import MaterialId, MaterialRef
from strongroom.hsm.key_generation import NewKey
from strongroom.hsm.key_kinds import KeyKind, KeyPurpose
from strongroom.hsm.probing.attempts import Attempt, Fault, Shown, is_refused
from strongroom.hsm.probing.protection import attack
from strongroom.hsm.probing.rsa import known_key, known_pair
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.signatures import SigningAlgorithm
from strongroom.hsm.token_profiles import TokenProfile
from strongroom.hsm.wrapping import WrappedKey, WrappingAlgorithm

_SECRET = bytes(range(32))
_SHORT_SECRET = _SECRET[:16]
_KEK = bytes(range(100, 132))
_MESSAGE = b"strongroom tries what a token can do"
_IV = bytes(12)
_SIGNING = SigningAlgorithm.RSASSA_PSS_SHA_256
_AES = NewKey(MaterialId(b""), "", KeyKind.AES_256, KeyPurpose.ENCRYPT)
_RSA = NewKey(MaterialId(b""), "", KeyKind.RSA_2048, KeyPurpose.SIGN)
_SESSION_OBJECT: dict[str, Any] = {"store": False}


class _Unwrapper:
    """A pair of the token that unwraps what is wrapped here."""

    def __init__(self, session: PooledSession, profile: TokenProfile, algorithm: WrappingAlgorithm) -> None:
        self._session = session
        self._profile = profile
        self._algorithm = algorithm
        self._handle, self._public_key = known_pair(session, Attribute.UNWRAP)

    def unwrap(self, material: bytes, new: NewKey) -> Any:  # noqa: ANN401 # a pkcs11 object
        wrapped = WrappedKey(self._pair(), self._algorithm, self._wrap(material))
        return key_import.unwrap_in_token(
            self._session, self._profile, self._handle, wrapped, new, _SESSION_OBJECT
        )

    def _wrap(self, material: bytes) -> bytes:
        hash_ = self._algorithm.hash
        if not self._algorithm.has_two_steps:
            return rsa_oaep.encrypt(self._public_key, hash_, material)
        return rsa_oaep.encrypt(self._public_key, hash_, _KEK) + aes_key_wrap_with_padding(_KEK, material)

    def _pair(self) -> MaterialRef:
        spki = public_keys.encode(self._public_key)
        return MaterialRef(MaterialId(b""), "", KeyKind.RSA_2048, KeyPurpose.UNWRAP, spki)


def _try_secrets(algorithm: WrappingAlgorithm, session: PooledSession, profile: TokenProfile) -> Shown:
    unwrapper = _Unwrapper(session, profile, algorithm)
    key = unwrapper.unwrap(_SECRET, _AES)
    _require_known_answer(session, key)
    _require_protection(session, key, _AES)
    if not is_refused(partial(_unwrap_short, unwrapper)):
        raise Fault(Finding.FAILED, "it takes 16 bytes for a key of 32, or doesn't say how long a key is")
    return Shown("another implementation's answer, and what is unwrapped can't be taken out")


def _unwrap_short(unwrapper: _Unwrapper) -> None:
    """Succeeds if nobody would notice that a key is too short."""
    key = unwrapper.unwrap(_SHORT_SECRET, _AES)
    try:
        length = key[Attribute.VALUE_LEN]
    except pkcs11.PKCS11Error:
        return
    if length == len(_SHORT_SECRET):
        raise pkcs11.exceptions.AttributeValueInvalid


def _try_rsa(algorithm: WrappingAlgorithm, session: PooledSession, profile: TokenProfile) -> Shown:
    unwrapper = _Unwrapper(session, profile, algorithm)
    key = unwrapper.unwrap(_known_pkcs8(), _RSA)
    public_key = known_key().public_numbers.public_key()
    if int.from_bytes(key[Attribute.MODULUS]) != known_key().public_numbers.n:
        raise Fault(Finding.FAILED, "what is unwrapped has another modulus")
    prepared = signatures.prepared(_SIGNING, _MESSAGE)
    signatures.verify(
        public_key, _SIGNING, signatures.sign(session, key.handle, _SIGNING, prepared), prepared
    )
    _require_protection(session, key, _RSA)
    return Shown("another implementation verifies, and what is unwrapped can't be taken out")


def _try_known(session: PooledSession, profile: TokenProfile) -> Shown:
    if not profile.import_outside:
        raise Fault(Finding.SWITCHED_OFF, "import_outside of the token profile isn't set")
    for new, material in ((_AES, _SECRET), (_RSA, _known_pkcs8())):
        parts = key_material.take_apart(new.kind, material)
        template = key_import.object_template(profile, parts, new) | {Attribute.TOKEN: False}
        key = session.raw.create_object(template)
        _require_protection(session, key, new)
    return Shown("what is made of known values can't be taken out any more")


def _known_pkcs8() -> bytes:
    key = known_key().private_key(unsafe_skip_rsa_key_validation=True)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _require_known_answer(session: PooledSession, key: Any) -> None:  # noqa: ANN401 # a pkcs11 object
    sealed = aes_gcm.seal_with(session, key.handle, _IV, _MESSAGE, b"")
    if sealed != AESGCM(_SECRET).encrypt(_IV, _MESSAGE, b""):
        raise Fault(Finding.FAILED, "what is unwrapped isn't what was wrapped")


def _require_protection(session: PooledSession, key: Any, new: NewKey) -> None:  # noqa: ANN401 # a pkcs11 object
    try:
        templates.prove(templates.read_facts(key), new.kind, new.purpose, is_imported=True)
    except KeyNotProtected as error:
        raise Fault(Finding.LYING, str(error)) from None
    attack(session, key)


_ALGORITHMS = WrappingAlgorithm
ATTEMPTS = (
    Attempt(
        Capability.UNWRAP_SECRETS_SHA_1,
        "C_UnwrapKey, CKM_RSA_PKCS_OAEP",
        partial(_try_secrets, _ALGORITHMS.RSAES_OAEP_SHA_1),
    ),
    Attempt(
        Capability.UNWRAP_SECRETS_SHA_256,
        "C_UnwrapKey, CKM_RSA_PKCS_OAEP",
        partial(_try_secrets, _ALGORITHMS.RSAES_OAEP_SHA_256),
    ),
    Attempt(
        Capability.UNWRAP_RSA_SHA_1,
        "C_UnwrapKey, CKM_RSA_PKCS_OAEP and CKM_AES_KEY_WRAP_KWP",
        partial(_try_rsa, _ALGORITHMS.RSA_AES_KEY_WRAP_SHA_1),
    ),
    Attempt(
        Capability.UNWRAP_RSA_SHA_256,
        "C_UnwrapKey, CKM_RSA_PKCS_OAEP and CKM_AES_KEY_WRAP_KWP",
        partial(_try_rsa, _ALGORITHMS.RSA_AES_KEY_WRAP_SHA_256),
    ),
    Attempt(Capability.KNOWN_KEYS, "C_CreateObject", _try_known),
)
