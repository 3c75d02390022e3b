"""`strongroom grant`."""

import json
from pathlib import Path

import pytest

from tests.client.conftest import Command

SOMEBODY = "arn:aws:iam::111122223333:role/somebody"
ME = "arn:aws:iam::111122223333:role/client/admin"


def test_a_grant_is_made_listed_and_revoked(strongroom: Command, key_id: str) -> None:
    create = (
        "grant",
        "create",
        key_id,
        "--to",
        SOMEBODY,
        "--operation",
        "decrypt",
        "--operation",
        "DescribeKey",
    )
    grant_id = strongroom(*create, "--context-has", "tenant=a", "--name", "n").stdout.decode().strip()
    assert len(grant_id) == 64
    assert strongroom(*create, "--context-has", "tenant=a", "--name", "n").stdout.decode().strip() == grant_id
    listed = json.loads(strongroom("-o", "json", "grant", "list", key_id, "--grantee", SOMEBODY).stdout)
    (entry,) = listed["grants"]
    assert (entry["grant_id"], entry["encryption_context_subset"]) == (grant_id, {"tenant": "a"})
    assert entry["operations"] == ["Decrypt", "DescribeKey"]
    assert grant_id in strongroom("grant", "list", key_id).stdout.decode()
    assert strongroom("grant", "revoke", key_id, grant_id).returncode == 0
    assert strongroom("grant", "list", key_id).stdout == b""


def test_a_grant_is_retired_by_whom_it_names(strongroom: Command, key_id: str) -> None:
    made = strongroom(
        *("-o", "json", "grant", "create", key_id, "--to", SOMEBODY, "--operation", "Encrypt"),
        *("--retiring-principal", ME, "--context-is", "a=b"),
    )
    grant = json.loads(made.stdout)
    assert grant["grant_token"]
    assert grant["grant_id"] in strongroom("grant", "list-retirable", ME).stdout.decode()
    assert strongroom("grant", "retire", key_id, grant["grant_id"]).returncode == 0
    assert strongroom("grant", "list-retirable", ME).stdout == b""


def test_a_grant_is_retired_by_its_token(strongroom: Command, key_id: str, tmp_path: Path) -> None:
    create = ("-o", "json", "grant", "create", key_id, "--to", ME, "--operation", "RetireGrant")
    tokens = [json.loads(strongroom(*create).stdout)["grant_token"].encode() for _ in range(2)]
    (tmp_path / "token").write_bytes(tokens[0] + b"\n")
    assert strongroom("grant", "retire", "--grant-token", "token", "--dry-run").returncode == 5
    assert strongroom("grant", "retire", "--grant-token", "token").returncode == 0
    assert strongroom("grant", "retire", "--grant-token", "-", stdin=tokens[1]).returncode == 0
    assert strongroom("grant", "list", key_id).stdout == b""


@pytest.mark.parametrize(
    "arguments", [(), ("KEY",), ("KEY", "GRANT", "--grant-token", "-"), ("KEY", "--grant-token", "-")]
)
def test_a_grant_to_retire_is_named_in_one_way(strongroom: Command, arguments: tuple[str, ...]) -> None:
    done = strongroom("grant", "retire", *arguments, stdin=b"x")
    assert done.returncode == 2
    assert b"KEY and GRANT, or --grant-token" in done.stderr


def test_an_empty_file_is_no_token(strongroom: Command) -> None:
    done = strongroom("grant", "retire", "--grant-token", "-", stdin=b"\n")
    assert done.returncode == 2
    assert b"is no grant token" in done.stderr


def test_an_operation_that_is_none_is_wrong_usage(strongroom: Command, key_id: str) -> None:
    done = strongroom("grant", "create", key_id, "--to", SOMEBODY, "--operation", "ReEncrypt")
    assert done.returncode == 2
    assert b"ReEncryptFrom" in done.stderr
