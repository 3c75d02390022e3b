"""The families of requests that share a rate, and how many a second an account may make of each.

Source: AWS KMS developer guide, "Request quotas": the cryptographic families and their numbers are AWS's.
Its management operations have a bucket each, most with 5 or 15 a second; here they share one by what they
cost: a query, a page, a transaction, an object on the token.
"""

from collections.abc import Mapping
from enum import StrEnum

from strongroom.server.core import names


class Family(StrEnum):
    """A family; the value is its name in the configuration and in QuotaFailure."""

    SYMMETRIC = "symmetric"
    RSA = "rsa"
    ECC = "ecc"
    ML_DSA = "ml_dsa"
    ML_KEM = "ml_kem"
    PAIR_RSA_2048 = "data_key_pair_rsa_2048"
    PAIR_RSA_3072 = "data_key_pair_rsa_3072"
    PAIR_RSA_4096 = "data_key_pair_rsa_4096"
    PAIR_ECC_NIST_P256 = "data_key_pair_ecc_nist_p256"
    PAIR_ECC_NIST_P384 = "data_key_pair_ecc_nist_p384"
    PAIR_ECC_NIST_P521 = "data_key_pair_ecc_nist_p521"
    PAIR_ECC_SECG_P256K1 = "data_key_pair_ecc_secg_p256k1"
    PAIR_ECC_NIST_EDWARDS25519 = "data_key_pair_ecc_nist_edwards25519"
    PAIR_SM2 = "data_key_pair_sm2"
    PAIR_ML_KEM_512 = "data_key_pair_ml_kem_512"
    PAIR_ML_KEM_768 = "data_key_pair_ml_kem_768"
    PAIR_ML_KEM_1024 = "data_key_pair_ml_kem_1024"
    READS = "reads"
    LISTS = "lists"
    CHANGES = "changes"
    KEY_CREATION = "key_creation"
    IMPORT_PARAMETERS = "import_parameters"

    __hash__ = str.__hash__  # Enum's own is written in Python, and is on the way of every request


DEFAULT_RATES: Mapping[Family, float] = {
    Family.SYMMETRIC: 10_000,
    Family.RSA: 1_000,
    Family.ECC: 1_000,
    Family.ML_DSA: 1_000,
    Family.ML_KEM: 1_000,
    Family.PAIR_RSA_2048: 20,
    Family.PAIR_RSA_3072: 4,
    Family.PAIR_RSA_4096: 1,
    Family.PAIR_ECC_NIST_P256: 100,
    Family.PAIR_ECC_NIST_P384: 100,
    Family.PAIR_ECC_NIST_P521: 100,
    Family.PAIR_ECC_SECG_P256K1: 100,
    Family.PAIR_ECC_NIST_EDWARDS25519: 100,
    Family.PAIR_SM2: 25,
    Family.PAIR_ML_KEM_512: 100,
    Family.PAIR_ML_KEM_768: 100,
    Family.PAIR_ML_KEM_1024: 100,
    Family.READS: 2_000,
    Family.LISTS: 500,
    Family.CHANGES: 100,
    Family.KEY_CREATION: 50,
    Family.IMPORT_PARAMETERS: 5,
}
"""Requests a second."""

_BY_SPEC_PREFIX: Mapping[str, Family] = {
    "SYMMETRIC": Family.SYMMETRIC,
    "HMAC": Family.SYMMETRIC,
    "RSA": Family.RSA,
    "ECC": Family.ECC,
    "SM2": Family.ECC,
    "ML_DSA": Family.ML_DSA,
    "ML_KEM": Family.ML_KEM,
}

OF_KEY_SPEC: Mapping[int, Family] = {
    number: next(family for prefix, family in _BY_SPEC_PREFIX.items() if name.startswith(prefix))
    for number, name in names.KEY_SPECS.items()
}
"""The family of a use of a key, by the key's spec."""

OF_PAIR_SPEC: Mapping[int, Family] = {
    number: Family(f"data_key_pair_{name.lower()}") for number, name in names.DATA_KEY_PAIR_SPECS.items()
}
"""The family of a data key pair, by its spec."""
