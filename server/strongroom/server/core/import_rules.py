"""What key material may be wrapped with.

Source: AWS KMS developer guide, "Select a wrapping key spec and algorithm".
"""

from collections.abc import Mapping

from strongroom.server.core import names
from strongroom.server.core.errors import UnsupportedOperation
from strongroom.v1 import resources_pb2 as v1

_NOT_OFFERED: Mapping[int, str] = {
    v1.WRAPPING_ALGORITHM_RSAES_PKCS1_V1_5: "its errors would tell what was encrypted",
    v1.WRAPPING_ALGORITHM_SM2PKE: "PKCS#11 has no mechanism for it",
}
_DIRECT: Mapping[int, int] = {
    v1.WRAPPING_ALGORITHM_RSAES_OAEP_SHA_1: v1.WRAPPING_ALGORITHM_RSA_AES_KEY_WRAP_SHA_1,
    v1.WRAPPING_ALGORITHM_RSAES_OAEP_SHA_256: v1.WRAPPING_ALGORITHM_RSA_AES_KEY_WRAP_SHA_256,
}
"""What encrypts the material itself, which must be short, and what takes any."""
_RSA = frozenset({v1.KEY_SPEC_RSA_2048, v1.KEY_SPEC_RSA_3072, v1.KEY_SPEC_RSA_4096})


def check_wrapping(key_spec: int, algorithm: int, wrapping_key_spec: int) -> None:
    """Returns if material of this kind can be wrapped so.

    Raises:
        UnsupportedOperation: it can't; the text says what can be used.
    """
    if algorithm in _NOT_OFFERED:
        raise UnsupportedOperation(
            f"WrappingAlgorithm {_name(algorithm)} is not offered: {_NOT_OFFERED[algorithm]}. "
            "Use RSAES_OAEP_SHA_256 or RSA_AES_KEY_WRAP_SHA_256."
        )
    if wrapping_key_spec == v1.WRAPPING_KEY_SPEC_SM2:
        raise UnsupportedOperation("WrappingKeySpec SM2 is not offered. Use RSA_4096.")
    is_long = key_spec in _RSA or (
        key_spec == v1.KEY_SPEC_ECC_NIST_P521 and wrapping_key_spec == v1.WRAPPING_KEY_SPEC_RSA_2048
    )
    if is_long and algorithm in _DIRECT:
        raise UnsupportedOperation(
            f"Key material of {names.KEY_SPECS[key_spec]} is too long for {_name(algorithm)} with "
            f"{names.WRAPPING_KEY_SPECS[wrapping_key_spec]}. Use {_name(_DIRECT[algorithm])}."
        )


def _name(algorithm: int) -> str:
    return names.WRAPPING_ALGORITHMS[algorithm]
