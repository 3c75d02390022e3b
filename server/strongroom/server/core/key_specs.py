"""What each key spec may be used for, and with which algorithms.

Source: AWS KMS developer guide, "Key spec reference".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.server.core import names
from strongroom.server.core.errors import ValidationFailed
from strongroom.v1 import resources_pb2 as v1

_ENCRYPT = v1.KEY_USAGE_ENCRYPT_DECRYPT
_SIGN = v1.KEY_USAGE_SIGN_VERIFY
_MAC = v1.KEY_USAGE_GENERATE_VERIFY_MAC
_AGREE = v1.KEY_USAGE_KEY_AGREEMENT
_ENCAPSULATE = v1.KEY_USAGE_ENCAPSULATE_DECAPSULATE

_OAEP = (v1.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_1, v1.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_256)


@dataclass(frozen=True, slots=True)
class KeySpecRules:
    """The rules of one key spec.

    Args:
        usages: the usages that a key of this spec may be created for.
        encryption_algorithms: what an ENCRYPT_DECRYPT key of this spec offers.
        default_usage: the usage when CreateKey names none, or None when it must.
    """

    usages: frozenset[names.KeyUsageValue]
    encryption_algorithms: tuple[names.EncryptionAlgorithmValue, ...] = ()
    default_usage: "names.KeyUsageValue | None" = None


_RSA = KeySpecRules(frozenset({_ENCRYPT, _SIGN}), _OAEP)
_NIST_CURVE = KeySpecRules(frozenset({_SIGN, _AGREE}))
_SIGNING_ONLY = KeySpecRules(frozenset({_SIGN}))
_HMAC = KeySpecRules(frozenset({_MAC}))
_KEM = KeySpecRules(frozenset({_ENCAPSULATE}))

RULES: Mapping[int, KeySpecRules] = {
    v1.KEY_SPEC_SYMMETRIC_DEFAULT: KeySpecRules(
        frozenset({_ENCRYPT}), (v1.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT,), default_usage=_ENCRYPT
    ),
    v1.KEY_SPEC_RSA_2048: _RSA,
    v1.KEY_SPEC_RSA_3072: _RSA,
    v1.KEY_SPEC_RSA_4096: _RSA,
    v1.KEY_SPEC_ECC_NIST_P256: _NIST_CURVE,
    v1.KEY_SPEC_ECC_NIST_P384: _NIST_CURVE,
    v1.KEY_SPEC_ECC_NIST_P521: _NIST_CURVE,
    v1.KEY_SPEC_ECC_SECG_P256K1: _SIGNING_ONLY,
    v1.KEY_SPEC_ECC_NIST_EDWARDS25519: _SIGNING_ONLY,
    v1.KEY_SPEC_HMAC_224: _HMAC,
    v1.KEY_SPEC_HMAC_256: _HMAC,
    v1.KEY_SPEC_HMAC_384: _HMAC,
    v1.KEY_SPEC_HMAC_512: _HMAC,
    v1.KEY_SPEC_SM2: KeySpecRules(frozenset({_ENCRYPT, _SIGN, _AGREE}), (v1.ENCRYPTION_ALGORITHM_SM2PKE,)),
    v1.KEY_SPEC_ML_DSA_44: _SIGNING_ONLY,
    v1.KEY_SPEC_ML_DSA_65: _SIGNING_ONLY,
    v1.KEY_SPEC_ML_DSA_87: _SIGNING_ONLY,
    v1.KEY_SPEC_ML_KEM_512: _KEM,
    v1.KEY_SPEC_ML_KEM_768: _KEM,
    v1.KEY_SPEC_ML_KEM_1024: _KEM,
}


def usage_for(spec: int, usage: names.KeyUsageValue) -> names.KeyUsageValue:
    """The usage of a new key: the one asked for, or the spec's default.

    Raises:
        ValidationFailed: the spec has no default, or can't be used so.
    """
    rules = RULES[spec]
    chosen = usage or rules.default_usage
    if chosen is None:
        raise ValidationFailed(
            "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
        )
    if chosen not in rules.usages:
        raise ValidationFailed(
            f"KeyUsage {names.KEY_USAGES[chosen]} is not compatible with KeySpec {names.KEY_SPECS[spec]}"
        )
    return chosen
