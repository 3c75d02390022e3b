# Made by scripts/gen-client from _aio/key_pairs.py; change that, not this.
"""Key agreement, encapsulation and data key pairs."""

from strongroom.client._answers import key_pairs as answers
from strongroom.client._connections import SLOW_TIMEOUT_S
from strongroom.client._requests import key_pairs as requests
from strongroom.client._sync.calls import Calls
from strongroom.client.items import Context
from strongroom.client.results import DataKeyPair, Decapsulated, Encapsulated, SharedSecret


class KeyPairCalls(Calls):
    """The operations that agree on secrets, and those that make key pairs."""

    def derive_shared_secret(
        self,
        key_id: str,
        public_key: bytes,
        *,
        key_agreement_algorithm: str = "ECDH",
        dry_run: bool = False,
    ) -> SharedSecret:
        """The raw secret that a KEY_AGREEMENT key shares with a peer, whose public key is SPKI in DER."""
        request = requests.derive_shared_secret(
            key_id, public_key, key_agreement_algorithm=key_agreement_algorithm, dry_run=dry_run
        )
        return answers.shared_secret(self._call(self._crypto.DeriveSharedSecret, request))

    def encapsulate(
        self, key_id: str, *, encapsulation_algorithm: str = "ML_KEM", dry_run: bool = False
    ) -> Encapsulated:
        """A fresh secret, in the clear and encapsulated for an ENCAPSULATE_DECAPSULATE key."""
        request = requests.encapsulate(
            key_id, encapsulation_algorithm=encapsulation_algorithm, dry_run=dry_run
        )
        return answers.encapsulated(self._call(self._crypto.Encapsulate, request))

    def decapsulate(
        self,
        key_id: str,
        shared_secret_ciphertext_blob: bytes,
        *,
        encapsulation_algorithm: str = "ML_KEM",
        dry_run: bool = False,
    ) -> Decapsulated:
        """The secret that was encapsulated; confirm it: a ciphertext that was altered gives another."""
        request = requests.decapsulate(
            key_id,
            shared_secret_ciphertext_blob,
            encapsulation_algorithm=encapsulation_algorithm,
            dry_run=dry_run,
        )
        return answers.decapsulated(self._call(self._crypto.Decapsulate, request))

    def generate_data_key_pair(
        self,
        key_id: str,
        key_pair_spec: str,
        *,
        encryption_context: Context | None = None,
        dry_run: bool = False,
    ) -> DataKeyPair:
        """A key pair of one of `names.DATA_KEY_PAIR_SPECS`, its private key in the clear and encrypted."""
        request = requests.generate_data_key_pair(
            key_id, key_pair_spec, encryption_context=encryption_context, dry_run=dry_run
        )
        answer = self._call(self._crypto.GenerateDataKeyPair, request, at_least_s=SLOW_TIMEOUT_S)
        return answers.data_key_pair(answer)

    def generate_data_key_pair_without_plaintext(
        self,
        key_id: str,
        key_pair_spec: str,
        *,
        encryption_context: Context | None = None,
        dry_run: bool = False,
    ) -> DataKeyPair:
        """A key pair of one of `names.DATA_KEY_PAIR_SPECS`, its private key encrypted only."""
        request = requests.generate_data_key_pair_without_plaintext(
            key_id, key_pair_spec, encryption_context=encryption_context, dry_run=dry_run
        )
        call = self._crypto.GenerateDataKeyPairWithoutPlaintext
        answer = self._call(call, request, at_least_s=SLOW_TIMEOUT_S)
        return answers.data_key_pair_without_plaintext(answer)
