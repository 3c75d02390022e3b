"""Principals and their policies."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from strongroom.client import Client, errors

ACCOUNT = "111122223333"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def document(*statements: dict[str, object]) -> str:
    """A policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(effect: str, actions: object, **more: object) -> dict[str, object]:
    """A statement about all resources unless `more` says otherwise."""
    return {"Effect": effect, "Action": actions, "Resource": "*", **more}


def allow(actions: object, **more: object) -> dict[str, object]:
    return statement("Allow", actions, **more)


def deny(actions: object, **more: object) -> dict[str, object]:
    return statement("Deny", actions, **more)


DELEGATION = allow("kms:*", Principal=ROOT)


def denied(call: Callable[[], object]) -> None:
    """The call is refused, because the caller isn't allowed to make it."""
    with pytest.raises(errors.AccessDenied):
        call()


@dataclass(frozen=True)
class Principal:
    """A principal, its client, and one that may give it policies."""

    arn: str
    client: Client
    administrator: Client

    def may(self, *statements: dict[str, object], name: str = "test") -> None:
        self.administrator.put_principal_policy(self.arn, name, document(*statements))

    def clear(self) -> None:
        for entry in self.administrator.all_principals():
            if entry.principal == self.arn:
                for name in entry.policy_names:
                    self.administrator.delete_principal_policy(self.arn, name)
