"""What calls answer. Secrets are left out of every repr; names of specs and algorithms are AWS KMS's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class KeyMetadata:
    """What is known of a key; algorithms are those that its usage and the token allow."""

    key_id: str
    arn: str
    account_id: str
    creation_date: datetime
    enabled: bool
    key_state: str
    description: str
    key_spec: str
    key_usage: str
    origin: str
    multi_region: bool
    encryption_algorithms: tuple[str, ...]
    signing_algorithms: tuple[str, ...]
    mac_algorithms: tuple[str, ...]
    key_agreement_algorithms: tuple[str, ...]
    encapsulation_algorithms: tuple[str, ...]
    current_key_material_id: str
    deletion_date: datetime | None
    expiration_model: str | None
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class ScheduledDeletion:
    """When a key will be deleted, unless it is cancelled before; `key_id` is its ARN."""

    key_id: str
    deletion_date: datetime
    pending_window_in_days: int


@dataclass(frozen=True, slots=True)
class KeyLastUsage:
    """When and by what a key was last used; None where no use is known since `tracking_start_date`."""

    key_id: str
    operation: str | None
    timestamp: datetime | None
    cloud_trail_event_id: str | None
    kms_request_id: str | None
    tracking_start_date: datetime
    key_creation_date: datetime


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """An entry of a list of keys."""

    key_id: str
    arn: str


@dataclass(frozen=True, slots=True)
class KeyPage:
    """A page of a list of keys; `next_marker` is empty on the last."""

    keys: tuple[KeyEntry, ...]
    next_marker: str


@dataclass(frozen=True, slots=True)
class AliasEntry:
    """A name of a key."""

    alias_name: str
    arn: str
    target_key_id: str
    creation_date: datetime
    last_updated_date: datetime


@dataclass(frozen=True, slots=True)
class AliasPage:
    """A page of a list of aliases, by name; `next_marker` is empty on the last."""

    aliases: tuple[AliasEntry, ...]
    next_marker: str


@dataclass(frozen=True, slots=True)
class TagPage:
    """A page of a key's tags, in the order in which they were set; `next_marker` is empty on the last."""

    tags: Mapping[str, str]
    next_marker: str


@dataclass(frozen=True, slots=True)
class RotationStatus:
    """Whether and when a key rotates by itself; `key_id` is its ARN."""

    key_id: str
    key_rotation_enabled: bool
    rotation_period_in_days: int | None
    next_rotation_date: datetime | None


@dataclass(frozen=True, slots=True)
class RotationEntry:
    """A material of a key; date and type are None of the first one, the rest of all that weren't imported."""

    key_material_id: str
    key_material_state: str
    rotation_date: datetime | None
    rotation_type: str | None
    import_state: str | None
    key_material_description: str | None
    expiration_model: str | None
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class ImportParameters:
    """What key material is wrapped under, and the token that goes with it; `key_id` is the key's ARN.

    Args:
        public_key: SubjectPublicKeyInfo in DER.
    """

    key_id: str
    import_token: bytes
    public_key: bytes
    parameters_valid_to: datetime


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """A material of a key; `key_material_id` is empty of keys that aren't symmetric."""

    key_id: str
    key_material_id: str


@dataclass(frozen=True, slots=True)
class RotationPage:
    """A page of a key's materials, the oldest first; `next_marker` is empty on the last."""

    rotations: tuple[RotationEntry, ...]
    next_marker: str


@dataclass(frozen=True, slots=True)
class TokenCapability:
    """What the token was tried for: a PKCS #11 mechanism or function, what was found and how."""

    name: str
    mechanism: str
    is_supported: bool
    finding: str
    detail: str


@dataclass(frozen=True, slots=True)
class KeySpecSupport:
    """Whether keys of a spec can be created for a usage, and what the token lacks if not."""

    key_spec: str
    key_usage: str
    is_supported: bool
    missing: str


@dataclass(frozen=True, slots=True)
class DataKeyPairSupport:
    """Whether data key pairs of a spec can be made; the pool is that of the worker that answered."""

    key_pair_spec: str
    is_supported: bool
    missing: str
    pooled: int
    pool_size: int
    pool_hits: int
    pool_misses: int


@dataclass(frozen=True, slots=True)
class Token:
    """What the service's token is, and what it was shown to do."""

    label: str
    serial: str
    manufacturer: str
    model: str
    capabilities: tuple[TokenCapability, ...]
    key_specs: tuple[KeySpecSupport, ...]
    data_key_pairs: tuple[DataKeyPairSupport, ...]


@dataclass(frozen=True, slots=True)
class Encrypted:
    """The answer of encrypt."""

    ciphertext_blob: bytes
    key_id: str
    encryption_algorithm: str


@dataclass(frozen=True, slots=True)
class Decrypted:
    """The answer of decrypt."""

    plaintext: bytes = field(repr=False)
    key_id: str
    encryption_algorithm: str
    key_material_id: str


@dataclass(frozen=True, slots=True)
class ReEncrypted:
    """The answer of re_encrypt."""

    ciphertext_blob: bytes
    source_key_id: str
    key_id: str
    source_key_material_id: str
    destination_key_material_id: str
    source_encryption_algorithm: str
    destination_encryption_algorithm: str


@dataclass(frozen=True, slots=True)
class DataKey:
    """A data key: use the plaintext and forget it, keep the blob; empty where none was asked for."""

    plaintext: bytes = field(repr=False)
    ciphertext_blob: bytes
    key_id: str
    key_material_id: str


@dataclass(frozen=True, slots=True)
class DataKeyPair:
    """A key pair for the caller's own use: use the private key and forget it, keep its blob.

    The private key is PKCS #8 in DER, empty where none was asked for; the public key is SPKI in DER (RFC 5280
    §4.1). Decrypting the blob gives the private key.
    """

    private_key_plaintext: bytes = field(repr=False)
    private_key_ciphertext_blob: bytes
    public_key: bytes
    key_id: str
    key_pair_spec: str
    key_material_id: str


@dataclass(frozen=True, slots=True)
class Signed:
    """The answer of sign: DER for ECDSA and SM2DSA, otherwise as the algorithm's standard says."""

    signature: bytes = field(repr=False)
    key_id: str
    signing_algorithm: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The answer of verify; `signature_valid` is always true, since any other signature is an error."""

    signature_valid: bool
    key_id: str
    signing_algorithm: str


@dataclass(frozen=True, slots=True)
class Mac:
    """The answer of generate_mac: an HMAC as long as its hash."""

    mac: bytes = field(repr=False)
    key_id: str
    mac_algorithm: str


@dataclass(frozen=True, slots=True)
class MacVerified:
    """The answer of verify_mac; `mac_valid` is always true, since any other MAC is an error."""

    mac_valid: bool
    key_id: str
    mac_algorithm: str


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public key of a key, a SubjectPublicKeyInfo in DER (RFC 5280 §4.1)."""

    public_key: bytes
    key_id: str
    key_spec: str
    key_usage: str
    encryption_algorithms: tuple[str, ...]
    signing_algorithms: tuple[str, ...]
    key_agreement_algorithms: tuple[str, ...]
    encapsulation_algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """The raw secret of a key agreement, 32, 48 or 66 bytes: derive a key from it."""

    shared_secret: bytes = field(repr=False)
    key_id: str
    key_agreement_algorithm: str
    key_origin: str


@dataclass(frozen=True, slots=True)
class Encapsulated:
    """A fresh secret of 32 bytes, and the ciphertext that decapsulate takes."""

    shared_secret: bytes = field(repr=False)
    shared_secret_ciphertext_blob: bytes
    key_id: str
    encapsulation_algorithm: str


@dataclass(frozen=True, slots=True)
class Decapsulated:
    """The secret of 32 bytes that was encapsulated; another one if the ciphertext was tampered with."""

    shared_secret: bytes = field(repr=False)
    key_id: str
    encapsulation_algorithm: str


@dataclass(frozen=True, slots=True)
class PrincipalEntry:
    """A principal that has policies."""

    principal: str
    policy_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrincipalPage:
    """A page of principals; `next_marker` is empty on the last one."""

    principals: tuple[PrincipalEntry, ...]
    next_marker: str


@dataclass(frozen=True, slots=True)
class AccessExplained:
    """The answer of explain_access; `reason` is empty if it is allowed, `decided_by` if nothing decides."""

    allowed: bool
    reason: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class GrantCreated:
    """A new grant; it works without its token, which names it to retire_grant."""

    grant_id: str
    grant_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GrantEntry:
    """A grant on the key with this ARN; `name` is empty if it has none."""

    key_id: str
    grant_id: str
    name: str
    creation_date: datetime
    grantee_principal: str
    retiring_principal: str | None
    issuing_account: str
    operations: tuple[str, ...]
    encryption_context_equals: Mapping[str, str] | None
    encryption_context_subset: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class GrantPage:
    """A page of grants; `next_marker` is empty on the last one."""

    grants: tuple[GrantEntry, ...]
    next_marker: str
