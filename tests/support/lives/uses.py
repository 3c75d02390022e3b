"""What is done with keys."""

import uuid
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.support.kms_model import MAC, SIGNING, SYMMETRIC, Blob
from tests.support.lives.world import Life

CONTEXTS: list[dict[str, str]] = [{}, {"a": "b"}, {"a": "b", "c": "d"}]


class Uses(Life):
    """Cryptographic operations."""

    @rule(key_id=Life.ids, context=st.sampled_from(CONTEXTS), with_data_key=st.booleans())
    def encrypt(self, key_id: str, context: dict[str, str], with_data_key: bool) -> None:  # noqa: FBT001 # drawn
        plaintext = uuid.uuid4().bytes

        def call() -> Any:
            if with_data_key:
                return self.client.generate_data_key(key_id, encryption_context=context)
            return self.client.encrypt(key_id, plaintext, encryption_context=context)

        both = self.both(lambda: self.model.use(key_id, SYMMETRIC), call)
        if both is not None:
            key, answer = both
            assert key.current is not None
            secret = answer.plaintext if with_data_key else plaintext
            key.blobs.append(Blob(answer.ciphertext_blob, secret, context, key.current))

    @rule(
        key_id=Life.ids, number=st.integers(0, 50), context=st.sampled_from([None, *CONTEXTS]),
        other=st.none() | Life.ids,
    )  # fmt: skip
    def decrypt(self, key_id: str, number: int, context: dict[str, str] | None, other: str | None) -> None:
        key = self.model.keys.get(key_id)
        known = [(blob, key_id) for blob in key.blobs] if key else self.gone
        if not known:
            return
        blob, owner = known[number % len(known)]
        given = blob.context if context is None else context
        self._open(blob, owner, other, given)

    def _open(self, blob: Blob, owner: str, named: str | None, context: dict[str, str]) -> None:
        both = self.both(
            lambda: self.model.open(blob, owner, named, context),
            lambda: self.client.decrypt(blob.data, key_id=named, encryption_context=context),
        )
        if both is not None:
            assert both[0] == both[1].plaintext
            assert both[1].key_material_id == blob.material.name

    @rule(key_id=Life.ids)
    def sign(self, key_id: str) -> None:
        self.both(
            lambda: self.model.use(key_id, SIGNING),
            lambda: self.client.sign(key_id, b"message", signing_algorithm="ECDSA_SHA_256"),
        )

    @rule(key_id=Life.ids)
    def authenticate(self, key_id: str) -> None:
        self.both(
            lambda: self.model.use(key_id, MAC),
            lambda: self.client.generate_mac(key_id, b"message", mac_algorithm="HMAC_SHA_256"),
        )

    def teardown(self) -> None:
        """All that was encrypted decrypts while its key is enabled, and nothing else does."""
        for key in self.model.keys.values():
            for blob in key.blobs:
                self._open(blob, key.key_id, None, blob.context)
        for name in self.model.aliases:
            self.client.delete_alias(name)
