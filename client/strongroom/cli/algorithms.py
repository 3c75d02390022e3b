"""Which algorithm is meant if none is given."""

from collections.abc import Callable, Mapping

from strongroom.cli.digests import HASHES
from strongroom.cli.failures import usage
from strongroom.client import KeyMetadata

_USUAL = "RSASSA_PSS_SHA_256"

_FITS: Mapping[str, Callable[[str], bool]] = {
    "RAW": lambda algorithm: algorithm != "ED25519_PH_SHA_512",
    "DIGEST": lambda algorithm: algorithm in HASHES,
    "EXTERNAL_MU": lambda algorithm: algorithm == "ML_DSA_SHAKE_256",
}


def signing_algorithm(key: KeyMetadata, message_type: str) -> str:
    """The key's only algorithm for messages of a type, or RSASSA_PSS_SHA_256; otherwise the command ends."""
    fitting = [algorithm for algorithm in key.signing_algorithms if _FITS[message_type](algorithm)]
    if len(fitting) != 1 and _USUAL not in fitting:
        usage(_none_fits(key, fitting, f"signs nothing of type {message_type}"))
    return _USUAL if _USUAL in fitting else fitting[0]


def mac_algorithm(key: KeyMetadata) -> str:
    """The key's only algorithm; a key that has none ends the command."""
    if len(key.mac_algorithms) != 1:
        usage(_none_fits(key, key.mac_algorithms, "makes no MACs"))
    return key.mac_algorithms[0]


def _none_fits(key: KeyMetadata, fitting: list[str] | tuple[str, ...], lack: str) -> str:
    if fitting:
        return f"Give --algorithm, one of: {', '.join(fitting)}."
    return f"This key {lack}: it is {key.key_spec} for {key.key_usage}."
