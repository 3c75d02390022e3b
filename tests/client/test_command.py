"""The `strongroom` command as a shell uses it."""

import json
import os
import stat
from pathlib import Path

import pytest

from strongroom.client import Client
from tests.client.conftest import Command


def test_a_key_is_created_described_and_listed_in_json(strongroom: Command) -> None:
    made = json.loads(strongroom("-o", "json", "key", "create", "--description", "d", "--tag", "a=b").stdout)
    described = json.loads(strongroom("-o", "json", "key", "describe", made["key_id"]).stdout)
    assert described == made
    listed = json.loads(strongroom("--output", "json", "key", "list").stdout)
    assert made["key_id"] in [entry["key_id"] for entry in listed["keys"]]


def test_a_key_is_switched(strongroom: Command, key_id: str) -> None:
    assert strongroom("key", "disable", key_id).returncode == 0
    refused = strongroom("encrypt", key_id, stdin=b"x")
    assert refused.returncode == 1
    assert b"strongroom key enable" in refused.stderr
    assert strongroom("key", "enable", key_id).returncode == 0
    assert strongroom("encrypt", key_id, stdin=b"x").returncode == 0


def test_bytes_go_through_pipes_unchanged(strongroom: Command, key_id: str) -> None:
    plaintext = bytes(range(256))
    sealed = strongroom("encrypt", key_id, "--context", "a=b=c", stdin=plaintext)
    opened = strongroom("decrypt", "--context", "a=b=c", stdin=sealed.stdout)
    assert (sealed.returncode, opened.returncode) == (0, 0)
    assert opened.stdout == plaintext
    moved = strongroom(
        "re-encrypt", key_id, "--context", "a=b=c", "--new-context", "n=1", stdin=sealed.stdout
    )
    assert strongroom("decrypt", "--context", "n=1", stdin=moved.stdout).stdout == plaintext


@pytest.mark.parametrize("encoding", ["base64", "hex"])
def test_text_encodings_go_both_ways(strongroom: Command, key_id: str, encoding: str) -> None:
    sealed = strongroom("encrypt", key_id, "--encoding", encoding, stdin=b"x").stdout
    assert sealed.isascii()
    assert strongroom("decrypt", "--in-encoding", encoding, stdin=sealed).stdout == b"x"
    assert strongroom("decrypt", "--in-encoding", encoding, stdin=b"?!").returncode == 2


def test_files_of_secrets_are_the_callers_alone_and_nothing_is_overwritten(
    strongroom: Command, key_id: str, tmp_path: Path
) -> None:
    arguments = ["data-key", key_id, "--plaintext-out", "dk", "--ciphertext-out", "dk.enc"]
    assert strongroom(*arguments).returncode == 0
    key = (tmp_path / "dk").read_bytes()
    assert len(key) == 32
    assert not (tmp_path / "dk").stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    again = strongroom(*arguments)
    assert again.returncode == 2
    assert b"--force" in again.stderr
    assert (tmp_path / "dk").read_bytes() == key
    assert strongroom("decrypt", "--in", "dk.enc", "--out", "dk", "--force").returncode == 0
    assert (tmp_path / "dk").read_bytes() == key
    assert [f.name for f in tmp_path.iterdir() if f.name.startswith(".")] == []


def test_too_much_plaintext_is_explained_before_anything_is_sent(strongroom: Command, key_id: str) -> None:
    refused = strongroom("encrypt", key_id, stdin=bytes(4097))
    assert refused.returncode == 2
    assert b"data-key" in refused.stderr


def test_a_dry_run_has_an_exit_code_of_its_own(strongroom: Command, key_id: str) -> None:
    assert strongroom("encrypt", key_id, "--dry-run", stdin=b"x").returncode == 5


def test_a_key_that_is_not_found_may_be_another_accounts(strongroom: Command) -> None:
    refused = strongroom("key", "describe", "00000000-0000-4000-8000-000000000000")
    assert refused.returncode == 1
    assert b"another account needs its ARN" in refused.stderr


def test_what_no_policy_can_allow_is_not_said_to_be_a_matter_of_policies(
    strongroom: Command, key_id: str
) -> None:
    stranger = "arn:aws:iam::999988887777:role/r"
    for command in (
        ("policy", "explain", key_id, "--principal", stranger, "--action", "kms:Encrypt"),
        ("policy", "get-principal", stranger, "administrator"),
        ("grant", "list-retirable", stranger),
    ):
        refused = strongroom(*command)
        assert refused.returncode == 4
        assert b"No policy can allow it" in refused.stderr
        assert b"An administrator" not in refused.stderr


def test_errors_are_json_where_json_is_asked_for(strongroom: Command) -> None:
    refused = strongroom("-o", "json", "key", "describe", "nope")
    assert refused.returncode == 1
    error = json.loads(refused.stderr)
    assert (error["error"], error["reason"]) == ("NotFound", "KEY_NOT_FOUND")
    assert error["requestId"]


def test_a_service_that_is_not_there_is_exit_code_3(strongroom: Command) -> None:
    for timeout in ("1", "20"):  # before and after the last try to reach it
        away = strongroom("--endpoint", "127.0.0.1:1", "--timeout", timeout, "random", "3")
        assert away.returncode == 3
        assert b"--endpoint" in away.stderr


def test_missing_options_are_named(strongroom: Command) -> None:
    missing = strongroom("random", "3", STRONGROOM_CA="")
    assert missing.returncode in {2, 3}
    assert b"ca" in missing.stderr.lower()


@pytest.mark.parametrize("pair", ["novalue", "=x"])
def test_a_context_that_is_no_pair_is_wrong_usage(strongroom: Command, key_id: str, pair: str) -> None:
    assert strongroom("encrypt", key_id, "--context", pair, stdin=b"x").returncode == 2


def test_a_context_key_given_twice_is_wrong_usage(strongroom: Command, key_id: str) -> None:
    assert strongroom("encrypt", key_id, "--context", "a=1", "--context", "a=2", stdin=b"x").returncode == 2


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["key"],
        ["key", "create"],
        ["key", "list"],
        ["encrypt"],
        ["decrypt"],
        ["re-encrypt"],
        ["data-key"],
        ["random"],
        ["sign"],
        ["verify"],
        ["mac"],
        ["public-key"],
        ["derive"],
        ["data-key-pair"],
        ["encapsulate"],
        ["decapsulate"],
        ["token"],
    ],
)
def test_every_command_has_help_with_an_example_or_exit_codes(
    strongroom: Command, command: list[str]
) -> None:
    helped = strongroom(*command, "--help")
    assert helped.returncode == 0
    if len(command) > 1 or (command and command != ["key"]):
        assert b"Example" in helped.stdout


def test_the_version_is_told(strongroom: Command) -> None:
    assert strongroom("--version").stdout.startswith(b"strongroom ")


@pytest.mark.parametrize("option", [["--force"], []])
def test_a_pipe_is_written_to_and_stays_a_pipe(
    strongroom: Command, tmp_path: Path, option: list[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert strongroom("random", "3", "--out", "pipe", *option).returncode == 0
    assert len(os.read(reader, 10)) == 3
    os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_devices_and_links_stay_what_they_are(strongroom: Command, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "nothing").symlink_to("/dev/null")
    for name in ("link", "nothing"):
        assert strongroom("random", "3", "--out", name, "--force").returncode == 0
        assert (tmp_path / name).is_symlink()
    assert len((tmp_path / "real").read_bytes()) == 3
    assert len(strongroom("random", "3", "--out", "/dev/stdout").stdout) == 3


def test_output_that_can_not_be_written_is_an_error_without_traceback(
    strongroom: Command, tmp_path: Path
) -> None:
    with Path("/dev/full").open("wb") as full:
        lost = strongroom("key", "list", "--help", stdout=full)
    assert lost.returncode == 2
    assert lost.stderr.startswith(b"strongroom: input or output failed")
    assert b"Traceback" not in lost.stderr


def test_text_that_is_no_utf_8_is_wrong_usage(strongroom: Command) -> None:
    refused = strongroom("key", "create", "--description", "\udcff")  # the byte 0xFF
    assert refused.returncode == 2
    assert b"UTF-8" in refused.stderr
    assert b"Traceback" not in refused.stderr


def test_a_description_does_not_command_the_terminal(strongroom: Command, client: Client) -> None:
    key = client.create_key(description="\x1b[2Jred\nkey id  another")
    shown = strongroom("key", "describe", key.key_id).stdout
    assert b"\x1b" not in shown
    assert rb"\x1b[2Jred\nkey id" in shown


def test_a_certificate_that_can_not_be_read_is_wrong_usage(strongroom: Command) -> None:
    missing = strongroom("random", "3", STRONGROOM_CERT="gone.pem")
    assert missing.returncode == 2
    assert b"gone.pem" in missing.stderr


def test_a_data_key_in_files_is_told_about_in_json(strongroom: Command, key_id: str, tmp_path: Path) -> None:
    made = strongroom("-o", "json", "data-key", key_id, "--ciphertext-out", "c", "--plaintext-out", "p")
    told = json.loads(made.stdout)
    assert told["key_id"].endswith(key_id)
    assert set(told) == {"key_id", "key_material_id"}
    shown = strongroom("-o", "json", "data-key", key_id, "--ciphertext-out", "d", "--plaintext-out", "-")
    assert set(json.loads(shown.stdout)) == {"key_id", "key_material_id", "plaintext"}
    assert {len((tmp_path / name).read_bytes()) for name in "cd"} == {(tmp_path / "c").stat().st_size}
