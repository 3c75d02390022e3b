"""`strongroom policy`."""

import json

import pytest

from tests.client.conftest import Command

SOMEBODY = "arn:aws:iam::111122223333:role/somebody"
ME = "arn:aws:iam::111122223333:role/client/admin"


@pytest.mark.parametrize(
    ("principal", "verdict", "checked"), [(ME, "allowed", 0), (SOMEBODY, "denied because", 6)]
)
def test_both_verdicts_are_answers_unless_they_are_to_be_checked(
    strongroom: Command, key_id: str, principal: str, verdict: str, checked: int
) -> None:
    asked = ("policy", "explain", key_id, "--principal", principal, "--action", "kms:Decrypt")
    told, exits = strongroom(*asked), strongroom(*asked, "--check")
    assert told.stdout == exits.stdout
    assert told.stdout.decode().startswith(verdict)
    assert (told.returncode, exits.returncode) == (0, checked)
    found = json.loads(strongroom("-o", "json", *asked, "--check").stdout)
    assert found["allowed"] is (checked == 0)


def test_a_key_is_explained_by_its_alias(strongroom: Command, key_id: str) -> None:
    strongroom("alias", "create", "explained", key_id)
    done = strongroom(
        *("policy", "explain", "alias/explained", "--principal", ME, "--action", "kms:Decrypt", "--check")
    )
    assert done.returncode == 0, done.stderr
    assert b"alias" in strongroom("policy", "explain", "--help").stdout


def test_an_action_that_is_none_is_refused(strongroom: Command, key_id: str) -> None:
    done = strongroom("policy", "explain", key_id, "--principal", ME, "--action", "kms:Decript", "--check")
    assert done.returncode == 1
    assert b"kms:Decrypt" in done.stderr
