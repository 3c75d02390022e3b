"""The requests of signatures and MACs. ValueError for an algorithm or message type that doesn't exist."""

from strongroom.client import names
from strongroom.client.items import GenerateMacItem, SignItem, VerifyItem
from strongroom.v1 import signing_pb2 as messages


def sign(item: SignItem) -> messages.SignRequest:
    """The request of Sign."""
    return messages.SignRequest(
        key_id=item.key_id,
        message=item.message,
        message_type=names.MESSAGE_TYPES.number_if_given(item.message_type),
        signing_algorithm=names.SIGNING_ALGORITHMS.number(item.signing_algorithm),
        dry_run=item.dry_run,
    )


def verify(item: VerifyItem) -> messages.VerifyRequest:
    """The request of Verify."""
    return messages.VerifyRequest(
        key_id=item.key_id,
        message=item.message,
        message_type=names.MESSAGE_TYPES.number_if_given(item.message_type),
        signature=item.signature,
        signing_algorithm=names.SIGNING_ALGORITHMS.number(item.signing_algorithm),
        dry_run=item.dry_run,
    )


def generate_mac(item: GenerateMacItem) -> messages.GenerateMacRequest:
    """The request of GenerateMac."""
    return messages.GenerateMacRequest(
        key_id=item.key_id,
        message=item.message,
        mac_algorithm=names.MAC_ALGORITHMS.number(item.mac_algorithm),
        dry_run=item.dry_run,
    )


def verify_mac(
    key_id: str, message: bytes, mac: bytes, *, mac_algorithm: str, dry_run: bool
) -> messages.VerifyMacRequest:
    """The request of VerifyMac."""
    return messages.VerifyMacRequest(
        key_id=key_id,
        message=message,
        mac=mac,
        mac_algorithm=names.MAC_ALGORITHMS.number(mac_algorithm),
        dry_run=dry_run,
    )
