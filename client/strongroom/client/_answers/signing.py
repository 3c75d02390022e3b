"""The answers of signatures, MACs and public keys."""

from strongroom.client import errors, names
from strongroom.client.results import Mac, MacVerified, PublicKey, Signed, Verified
from strongroom.v1 import signing_pb2 as messages


def signed(message: messages.SignResponse) -> Signed:
    """The answer of Sign."""
    algorithm = names.SIGNING_ALGORITHMS.name(message.signing_algorithm)
    return Signed(message.signature, message.key_id, algorithm)


def verified(message: messages.VerifyResponse) -> Verified:
    """The answer of Verify; InvalidSignature if it doesn't say that the signature is valid."""
    if not message.signature_valid:
        raise errors.InvalidSignature
    algorithm = names.SIGNING_ALGORITHMS.name(message.signing_algorithm)
    return Verified(signature_valid=True, key_id=message.key_id, signing_algorithm=algorithm)


def mac(message: messages.GenerateMacResponse) -> Mac:
    """The answer of GenerateMac."""
    return Mac(message.mac, message.key_id, names.MAC_ALGORITHMS.name(message.mac_algorithm))


def mac_verified(message: messages.VerifyMacResponse) -> MacVerified:
    """The answer of VerifyMac; InvalidMac if it doesn't say that the MAC is valid."""
    if not message.mac_valid:
        raise errors.InvalidMac
    algorithm = names.MAC_ALGORITHMS.name(message.mac_algorithm)
    return MacVerified(mac_valid=True, key_id=message.key_id, mac_algorithm=algorithm)


def public_key(message: messages.GetPublicKeyResponse) -> PublicKey:
    """The answer of GetPublicKey."""
    return PublicKey(
        public_key=message.public_key,
        key_id=message.key_id,
        key_spec=names.KEY_SPECS.name(message.key_spec),
        key_usage=names.KEY_USAGES.name(message.key_usage),
        encryption_algorithms=names.ENCRYPTION_ALGORITHMS.names(message.encryption_algorithms),
        signing_algorithms=names.SIGNING_ALGORITHMS.names(message.signing_algorithms),
        key_agreement_algorithms=names.KEY_AGREEMENT_ALGORITHMS.names(message.key_agreement_algorithms),
        encapsulation_algorithms=names.ENCAPSULATION_ALGORITHMS.names(message.encapsulation_algorithms),
    )
