"""Amazon Resource Names and the forms in which a request may name a key.

Forms and failures: AWS KMS developer guide, "Key identifiers (KeyId)".
"""

import re
from dataclasses import dataclass

from strongroom.server.core.errors import InvalidArn

_KEY_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")
_ARN = re.compile(
    r"arn:(?P<partition>[a-z0-9-]+):kms:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12})"
    r":(?P<kind>key|alias)/(?P<name>[a-zA-Z0-9:/_-]+)"
)
_ALIAS = re.compile(r"alias/[a-zA-Z0-9/_-]+")


@dataclass(frozen=True, slots=True)
class Realm:
    """Where a deployment's resources live: the parts that all its ARNs share.

    Args:
        partition: `aws` unless configured otherwise.
        region: the deployment's Region name.
        account_id: the account that owns the deployment's keys, 12 digits.
    """

    partition: str
    region: str
    account_id: str

    def key_arn(self, key_id: str, account_id: str | None = None) -> str:
        """The ARN of a key of this Region, by default of the deployment's own account."""
        return self._arn(account_id or self.account_id, f"key/{key_id}")

    def alias_arn(self, alias: str, account_id: str | None = None) -> str:
        """The ARN of an alias of this Region; `alias` begins with `alias/`."""
        return self._arn(account_id or self.account_id, alias)

    def root_arn(self, account_id: str | None = None) -> str:
        """The ARN that stands for a whole account in policies."""
        return f"arn:{self.partition}:iam::{account_id or self.account_id}:root"

    def _arn(self, account_id: str, resource: str) -> str:
        return f"arn:{self.partition}:kms:{self.region}:{account_id}:{resource}"


@dataclass(frozen=True, slots=True)
class ResourceArn:
    """The ARN of a key or an alias, taken apart."""

    partition: str
    region: str
    account_id: str
    kind: str
    name: str


def is_key_id(text: str) -> bool:
    """True for a well-formed key id: a UUID in lowercase with dashes, or `mrk-` and 32 hex digits."""
    return _KEY_ID.fullmatch(text) is not None


def is_alias_name(text: str) -> bool:
    """True for a well-formed alias name, `alias/…`."""
    return _ALIAS.fullmatch(text) is not None


def parse_arn(text: str) -> ResourceArn:
    """Takes the ARN of a key or an alias apart.

    Raises:
        InvalidArn: it isn't one.
    """
    match = _ARN.fullmatch(text)
    if match is None:
        raise InvalidArn("Not the ARN of a KMS key or alias.")
    return ResourceArn(*match.group("partition", "region", "account", "kind", "name"))
