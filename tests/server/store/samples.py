"""Keys and materials to put into stores, and a clock that stands still."""

from datetime import UTC, datetime, timedelta

from strongroom.server.store import KeyRecord, NewKey, NewMaterial, Store, Tag

ACCOUNT = "111122223333"
OWNER = "boot-1"
CHECK = b"check"
TAGS = (Tag("team", "red"), Tag("app", "vault"))


class Clock:
    """Time for a store: it passes only when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def material_id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def key_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def new_key(number: int, account_id: str = ACCOUNT) -> NewKey:
    return NewKey(
        key_id=key_id(number),
        account_id=account_id,
        description=f"key {number}",
        key_spec="SYMMETRIC_DEFAULT",
        key_usage="ENCRYPT_DECRYPT",
        origin="AWS_KMS",
        multi_region=False,
        created_at=Clock().now,
        policy="{}",
        created_by="arn:aws:iam::111122223333:root",
        tags=TAGS,
    )


def new_material(number: int) -> NewMaterial:
    label = f"strongroom/test/{key_id(number)}"
    return NewMaterial(material_id(number), f"{number:064x}", label, Clock().now)


def begin(store: Store, number: int = 1, account_id: str = ACCOUNT) -> None:
    store.begin_create(new_key(number, account_id), new_material(number), OWNER)


def create(store: Store, number: int = 1, account_id: str = ACCOUNT) -> KeyRecord:
    """A key as CreateKey makes it."""
    begin(store, number, account_id)
    return store.complete_create(key_id(number), material_id(number), CHECK)
