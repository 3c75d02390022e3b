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


@dataclass(frozen=True, slots=True)
class KeySpecRules:
    """The rules of one key spec.

    Args:
        algorithms: what a key of this spec offers, by its usage.
        default_usage: the usage when CreateKey names none, or None when it must.
        is_asymmetric: True if there is a public key.
    """

    algorithms: Mapping[int, tuple[int, ...]]
    default_usage: "names.KeyUsageValue | None" = None
    is_asymmetric: bool = True

    @property
    def usages(self) -> frozenset[int]:
        """The usages that a key of this spec may be created for."""
        return frozenset(self.algorithms)


_ECDH = (v1.KEY_AGREEMENT_ALGORITHM_ECDH,)
_RSA = KeySpecRules(
    {
        _ENCRYPT: (v1.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_1, v1.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_256),
        _SIGN: (
            v1.SIGNING_ALGORITHM_RSASSA_PKCS1_V1_5_SHA_256,
            v1.SIGNING_ALGORITHM_RSASSA_PKCS1_V1_5_SHA_384,
            v1.SIGNING_ALGORITHM_RSASSA_PKCS1_V1_5_SHA_512,
            v1.SIGNING_ALGORITHM_RSASSA_PSS_SHA_256,
            v1.SIGNING_ALGORITHM_RSASSA_PSS_SHA_384,
            v1.SIGNING_ALGORITHM_RSASSA_PSS_SHA_512,
        ),
    }
)
_ML_DSA = KeySpecRules({_SIGN: (v1.SIGNING_ALGORITHM_ML_DSA_SHAKE_256,)})
_ML_KEM = KeySpecRules({_ENCAPSULATE: (v1.ENCAPSULATION_ALGORITHM_ML_KEM,)})


def _nist_curve(algorithm: int) -> KeySpecRules:
    return KeySpecRules({_SIGN: (algorithm,), _AGREE: _ECDH})


def _hmac(algorithm: int) -> KeySpecRules:
    return KeySpecRules({_MAC: (algorithm,)}, is_asymmetric=False)


RULES: Mapping[int, KeySpecRules] = {
    v1.KEY_SPEC_SYMMETRIC_DEFAULT: KeySpecRules(
        {_ENCRYPT: (v1.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT,)},
        default_usage=_ENCRYPT,
        is_asymmetric=False,
    ),
    v1.KEY_SPEC_RSA_2048: _RSA,
    v1.KEY_SPEC_RSA_3072: _RSA,
    v1.KEY_SPEC_RSA_4096: _RSA,
    v1.KEY_SPEC_ECC_NIST_P256: _nist_curve(v1.SIGNING_ALGORITHM_ECDSA_SHA_256),
    v1.KEY_SPEC_ECC_NIST_P384: _nist_curve(v1.SIGNING_ALGORITHM_ECDSA_SHA_384),
    v1.KEY_SPEC_ECC_NIST_P521: _nist_curve(v1.SIGNING_ALGORITHM_ECDSA_SHA_512),
    v1.KEY_SPEC_ECC_SECG_P256K1: KeySpecRules({_SIGN: (v1.SIGNING_ALGORITHM_ECDSA_SHA_256,)}),
    v1.KEY_SPEC_ECC_NIST_EDWARDS25519: KeySpecRules(
        {_SIGN: (v1.SIGNING_ALGORITHM_ED25519_SHA_512, v1.SIGNING_ALGORITHM_ED25519_PH_SHA_512)}
    ),
    v1.KEY_SPEC_HMAC_224: _hmac(v1.MAC_ALGORITHM_HMAC_SHA_224),
    v1.KEY_SPEC_HMAC_256: _hmac(v1.MAC_ALGORITHM_HMAC_SHA_256),
    v1.KEY_SPEC_HMAC_384: _hmac(v1.MAC_ALGORITHM_HMAC_SHA_384),
    v1.KEY_SPEC_HMAC_512: _hmac(v1.MAC_ALGORITHM_HMAC_SHA_512),
    v1.KEY_SPEC_SM2: KeySpecRules(
        {
            _ENCRYPT: (v1.ENCRYPTION_ALGORITHM_SM2PKE,),
            _SIGN: (v1.SIGNING_ALGORITHM_SM2DSA,),
            _AGREE: _ECDH,
        }
    ),
    v1.KEY_SPEC_ML_DSA_44: _ML_DSA,
    v1.KEY_SPEC_ML_DSA_65: _ML_DSA,
    v1.KEY_SPEC_ML_DSA_87: _ML_DSA,
    v1.KEY_SPEC_ML_KEM_512: _ML_KEM,
    v1.KEY_SPEC_ML_KEM_768: _ML_KEM,
    v1.KEY_SPEC_ML_KEM_1024: _ML_KEM,
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


def algorithms_of(spec: int, usage: int) -> tuple[int, ...]:
    """What a key of this spec and usage offers."""
    return RULES[spec].algorithms[usage]
