# Made by scripts/gen-client from _aio/signing.py; change that, not this.
"""Signatures, message authentication codes and public keys."""

from strongroom.client._answers import signing as answers
from strongroom.client._requests import signing as requests
from strongroom.client._sync.calls import Calls
from strongroom.client.items import GenerateMacItem, SignItem, VerifyItem
from strongroom.client.results import Mac, MacVerified, PublicKey, Signed, Verified
from strongroom.v1 import signing_pb2 as messages


class SigningCalls(Calls):
    """The operations with SIGN_VERIFY and GENERATE_VERIFY_MAC keys, and GetPublicKey."""

    def sign(
        self,
        key_id: str,
        message: bytes,
        *,
        signing_algorithm: str,
        message_type: str | None = None,
        dry_run: bool = False,
    ) -> Signed:
        """Signs a message of 1 to 4096 bytes, or its digest.

        Args:
            key_id: id, ARN, alias name or alias ARN of a SIGN_VERIFY key.
            message: what to sign.
            signing_algorithm: one of `names.SIGNING_ALGORITHMS` that goes with the key's spec.
            message_type: what `message` is: RAW unless DIGEST or EXTERNAL_MU is given.
            dry_run: True to make every check, then raise DryRunOperation.
        """
        item = SignItem(key_id, message, signing_algorithm, message_type, dry_run)
        return answers.signed(self._call(self._crypto.Sign, requests.sign(item)))

    def verify(
        self,
        key_id: str,
        message: bytes,
        signature: bytes,
        *,
        signing_algorithm: str,
        message_type: str | None = None,
        dry_run: bool = False,
    ) -> Verified:
        """Verifies a signature of a message, or of its digest; see `sign`.

        Raises:
            InvalidSignature: it isn't valid; there is no answer that says so.
        """
        item = VerifyItem(key_id, message, signature, signing_algorithm, message_type, dry_run)
        return answers.verified(self._call(self._crypto.Verify, requests.verify(item)))

    def generate_mac(self, key_id: str, message: bytes, *, mac_algorithm: str, dry_run: bool = False) -> Mac:
        """The HMAC of 1 to 4096 bytes, by the one of `names.MAC_ALGORITHMS` that goes with the key."""
        item = GenerateMacItem(key_id, message, mac_algorithm, dry_run)
        return answers.mac(self._call(self._crypto.GenerateMac, requests.generate_mac(item)))

    def verify_mac(
        self, key_id: str, message: bytes, mac: bytes, *, mac_algorithm: str, dry_run: bool = False
    ) -> MacVerified:
        """Verifies an HMAC of 1 to 4096 bytes.

        Raises:
            InvalidMac: it isn't valid; there is no answer that says so.
        """
        request = requests.verify_mac(key_id, message, mac, mac_algorithm=mac_algorithm, dry_run=dry_run)
        return answers.mac_verified(self._call(self._crypto.VerifyMac, request))

    def get_public_key(self, key_id: str) -> PublicKey:
        """The public key of an asymmetric key, in DER."""
        request = messages.GetPublicKeyRequest(key_id=key_id)
        return answers.public_key(self._call(self._crypto.GetPublicKey, request))
