"""Results as the service would give them."""

from datetime import UTC, datetime

from strongroom.client import KeyMetadata


def key_metadata(
    *, signing_algorithms: tuple[str, ...] = (), mac_algorithms: tuple[str, ...] = ()
) -> KeyMetadata:
    """A key that offers these algorithms."""
    return KeyMetadata(
        key_id="k",
        arn="arn:k",
        account_id="111122223333",
        creation_date=datetime(2026, 1, 1, tzinfo=UTC),
        enabled=True,
        key_state="Enabled",
        description="",
        key_spec="SPEC",
        key_usage="USAGE",
        origin="AWS_KMS",
        multi_region=False,
        encryption_algorithms=(),
        signing_algorithms=signing_algorithms,
        mac_algorithms=mac_algorithms,
        key_agreement_algorithms=(),
        encapsulation_algorithms=(),
        current_key_material_id="",
        deletion_date=None,
        expiration_model=None,
        valid_to=None,
    )
