"""The kinds of key material, and how PKCS#11 makes and names each: one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from pkcs11 import Attribute, KeyType, Mechanism, MLDSAParameterSet, MLKEMParameterSet, ObjectClass


class KeyKind(Enum):
    """What a key is; the value is AWS KMS's key spec."""

    AES_256 = "SYMMETRIC_DEFAULT"
    HMAC_224 = "HMAC_224"
    HMAC_256 = "HMAC_256"
    HMAC_384 = "HMAC_384"
    HMAC_512 = "HMAC_512"
    RSA_2048 = "RSA_2048"
    RSA_3072 = "RSA_3072"
    RSA_4096 = "RSA_4096"
    P256 = "ECC_NIST_P256"
    P384 = "ECC_NIST_P384"
    P521 = "ECC_NIST_P521"
    SECP256K1 = "ECC_SECG_P256K1"
    ED25519 = "ECC_NIST_EDWARDS25519"
    SM2 = "SM2"
    ML_DSA_44 = "ML_DSA_44"
    ML_DSA_65 = "ML_DSA_65"
    ML_DSA_87 = "ML_DSA_87"
    ML_KEM_512 = "ML_KEM_512"
    ML_KEM_768 = "ML_KEM_768"
    ML_KEM_1024 = "ML_KEM_1024"


class KeyPurpose(Enum):
    """What a key may do, and nothing else; the value is AWS KMS's key usage.

    The last two are those of pairs under which key material is imported; they aren't KMS keys.
    """

    ENCRYPT = "ENCRYPT_DECRYPT"
    SIGN = "SIGN_VERIFY"
    AUTHENTICATE = "GENERATE_VERIFY_MAC"
    AGREE = "KEY_AGREEMENT"
    ENCAPSULATE = "ENCAPSULATE_DECAPSULATE"
    UNWRAP = "UNWRAP"  # keys, which stay in the token
    UNWRAP_OUTSIDE = "UNWRAP_OUTSIDE"  # as bytes, which come out of it


@dataclass(frozen=True, slots=True)
class Shape:
    """How PKCS#11 sees a kind.

    Args:
        key_type: CKA_KEY_TYPE.
        generator: the mechanism that makes such keys.
        bits: of a secret key or a modulus; of an elliptic curve's field.
        curve: CKA_EC_PARAMS, an OID in DER.
        parameter_set: CKA_PARAMETER_SET.
        mechanisms: what such a key is used with, by purpose.
    """

    key_type: KeyType
    generator: Mechanism
    bits: int
    mechanisms: Mapping[KeyPurpose, tuple[Mechanism, ...]]
    curve: bytes = b""
    parameter_set: int = 0

    @property
    def is_secret(self) -> bool:
        """True for one secret key, False for a pair."""
        return self.key_type in {KeyType.AES, KeyType.GENERIC_SECRET}

    @property
    def object_class(self) -> ObjectClass:
        """CKA_CLASS of the object that stays on the token."""
        return ObjectClass.SECRET_KEY if self.is_secret else ObjectClass.PRIVATE_KEY

    @property
    def bytes(self) -> int:
        """Of a secret key, a modulus, or a coordinate."""
        return (self.bits + 7) // 8


def _rsa(bits: int) -> Shape:
    mechanisms = {
        KeyPurpose.ENCRYPT: (Mechanism.RSA_PKCS_OAEP, Mechanism.RSA_X_509),
        KeyPurpose.SIGN: (Mechanism.RSA_PKCS, Mechanism.RSA_PKCS_PSS),
        KeyPurpose.UNWRAP: (Mechanism.RSA_PKCS_OAEP,),
        KeyPurpose.UNWRAP_OUTSIDE: (Mechanism.RSA_PKCS_OAEP, Mechanism.RSA_X_509),
    }
    return Shape(KeyType.RSA, Mechanism.RSA_PKCS_KEY_PAIR_GEN, bits, mechanisms)


def _curve(bits: int, oid: str) -> Shape:
    mechanisms = {
        KeyPurpose.SIGN: (Mechanism.ECDSA,),
        KeyPurpose.AGREE: (Mechanism.ECDH1_DERIVE,),
    }
    return Shape(KeyType.EC, Mechanism.EC_KEY_PAIR_GEN, bits, mechanisms, curve=bytes.fromhex(oid))


def _hmac(mechanism: Mechanism, bits: int) -> Shape:
    mechanisms = {KeyPurpose.AUTHENTICATE: (mechanism,)}
    return Shape(KeyType.GENERIC_SECRET, Mechanism.GENERIC_SECRET_KEY_GEN, bits, mechanisms)


def _ml_dsa(parameter_set: int) -> Shape:
    mechanisms = {KeyPurpose.SIGN: (Mechanism.ML_DSA,)}
    generator = Mechanism.ML_DSA_KEY_PAIR_GEN
    return Shape(KeyType.ML_DSA, generator, 0, mechanisms, parameter_set=parameter_set)


def _ml_kem(parameter_set: int) -> Shape:
    mechanisms = {KeyPurpose.ENCAPSULATE: (Mechanism.ML_KEM,)}
    generator = Mechanism.ML_KEM_KEY_PAIR_GEN
    return Shape(KeyType.ML_KEM, generator, 0, mechanisms, parameter_set=parameter_set)


# SM2 has no row: PKCS#11 v3.2 has neither key type nor mechanism for it, and no token can be asked.
SHAPES: Mapping[KeyKind, Shape] = {
    KeyKind.AES_256: Shape(
        KeyType.AES, Mechanism.AES_KEY_GEN, 256, {KeyPurpose.ENCRYPT: (Mechanism.AES_GCM,)}
    ),
    KeyKind.HMAC_224: _hmac(Mechanism.SHA224_HMAC, 224),
    KeyKind.HMAC_256: _hmac(Mechanism.SHA256_HMAC, 256),
    KeyKind.HMAC_384: _hmac(Mechanism.SHA384_HMAC, 384),
    KeyKind.HMAC_512: _hmac(Mechanism.SHA512_HMAC, 512),
    KeyKind.RSA_2048: _rsa(2048),
    KeyKind.RSA_3072: _rsa(3072),
    KeyKind.RSA_4096: _rsa(4096),
    KeyKind.P256: _curve(256, "06082a8648ce3d030107"),  # 1.2.840.10045.3.1.7
    KeyKind.P384: _curve(384, "06052b81040022"),  # 1.3.132.0.34
    KeyKind.P521: _curve(521, "06052b81040023"),  # 1.3.132.0.35
    KeyKind.SECP256K1: _curve(256, "06052b8104000a"),  # 1.3.132.0.10
    KeyKind.ED25519: Shape(
        KeyType.EC_EDWARDS,
        Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
        256,
        {KeyPurpose.SIGN: (Mechanism.EDDSA,)},
        curve=bytes.fromhex("06032b6570"),  # 1.3.101.112
    ),
    KeyKind.ML_DSA_44: _ml_dsa(MLDSAParameterSet.ML_DSA_44),
    KeyKind.ML_DSA_65: _ml_dsa(MLDSAParameterSet.ML_DSA_65),
    KeyKind.ML_DSA_87: _ml_dsa(MLDSAParameterSet.ML_DSA_87),
    KeyKind.ML_KEM_512: _ml_kem(MLKEMParameterSet.ML_KEM_512),
    KeyKind.ML_KEM_768: _ml_kem(MLKEMParameterSet.ML_KEM_768),
    KeyKind.ML_KEM_1024: _ml_kem(MLKEMParameterSet.ML_KEM_1024),
}

_SECRET_FLAGS: Mapping[KeyPurpose, frozenset[Attribute]] = {
    KeyPurpose.ENCRYPT: frozenset({Attribute.ENCRYPT, Attribute.DECRYPT}),
    KeyPurpose.AUTHENTICATE: frozenset({Attribute.SIGN}),
}
_PRIVATE_FLAGS: Mapping[KeyPurpose, frozenset[Attribute]] = {
    KeyPurpose.ENCRYPT: frozenset({Attribute.DECRYPT}),
    KeyPurpose.SIGN: frozenset({Attribute.SIGN}),
    KeyPurpose.AGREE: frozenset({Attribute.DERIVE}),
    KeyPurpose.ENCAPSULATE: frozenset({Attribute.DECAPSULATE}),
    KeyPurpose.UNWRAP: frozenset({Attribute.UNWRAP}),
    KeyPurpose.UNWRAP_OUTSIDE: frozenset({Attribute.DECRYPT}),
}


def usage_flags(kind: KeyKind, purpose: KeyPurpose) -> frozenset[Attribute]:
    """The usage attributes that the object on the token has; all others are false.

    An HMAC is verified by making it again and comparing it here, so its key needs no CKA_VERIFY.
    """
    return (_SECRET_FLAGS if SHAPES[kind].is_secret else _PRIVATE_FLAGS)[purpose]
