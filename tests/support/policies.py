"""Requests and documents for tests of policies."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from strongroom.server.core.policies import (
    Answer,
    Policy,
    PolicyRequest,
    parse_key_policy,
    parse_principal_policy,
)

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/orders"
OTHER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/cards"
FOREIGN_ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/orders"
KEY = f"arn:aws:kms:local:{ACCOUNT}:key/0d990263-018e-4e65-a703-eff731de951e"
OTHER_KEY = f"arn:aws:kms:local:{ACCOUNT}:key/1d990263-018e-4e65-a703-eff731de951e"

Values = Mapping[str, str | Sequence[str]]


def request(
    action: str = "kms:Encrypt",
    *,
    names: Sequence[str] = (ROLE,),
    account: str = ACCOUNT,
    resource: str = KEY,
    values: Values | None = None,
) -> PolicyRequest:
    """A request with these values of condition keys."""
    found = {
        key.lower(): (value,) if isinstance(value, str) else tuple(value)
        for key, value in (values or {}).items()
    }
    return PolicyRequest(frozenset(names), account, action.lower(), resource, found.get)


def statement(**elements: Any) -> dict[str, Any]:
    """An Allow for everybody and everything, but for these elements; None leaves one out."""
    default = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    return {name: value for name, value in {**default, **elements}.items() if value is not None}


def document(*statements: Mapping[str, Any], version: str | None = "2012-10-17") -> str:
    head = {} if version is None else {"Version": version}
    return json.dumps({**head, "Statement": list(statements)})


def key_policy(*statements: Mapping[str, Any], version: str | None = "2012-10-17") -> Policy:
    return parse_key_policy(document(*statements, version=version))


def principal_policy(*statements: Mapping[str, Any]) -> Policy:
    without = [{name: value for name, value in one.items() if name != "Principal"} for one in statements]
    return parse_principal_policy(document(*without))


def verdict(answer: Answer) -> str:
    """The answer in a word."""
    if answer.denied_by:
        return "denied"
    if answer.allowed_by:
        return "allowed"
    return "delegated" if answer.delegated_by else "silent"
