import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from strongroom.server.cli.development_pki import issue_server, make_authority
from strongroom.server.config import ConfigInvalid, Problem, load_settings
from strongroom.server.config.service_settings import TlsSettings
from strongroom.server.config.tls_files import check_tls, examine_authorities, usable, warn_of_authorities
from tests.support.authorities import DAY, make_root, revocation_list

Write = Callable[[str], Path]


def _problems(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(ConfigInvalid) as caught:
        load_settings(path, check_files=True)
    return caught.value.problems


def _tls(directory: Path) -> TlsSettings:
    return TlsSettings(
        certificate=directory / "server.pem",
        private_key=directory / "server.key",
        client_ca=directory / "ca.pem",
    )


def test_files_that_are_all_right_are_accepted(write: Write, valid: str, files: Path) -> None:
    assert load_settings(write(valid), check_files=True).deployment.name == "test"
    assert files.is_dir()


def test_files_are_looked_at_only_when_asked(write: Write, valid: str) -> None:
    assert load_settings(write(valid)).deployment.name == "test"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ca.pem", "tls.client_ca"),
        ("server.pem", "tls.certificate"),
        ("server.key", "tls.private_key"),
        ("pin", "token.pin"),
        ("module.so", "token.module"),
        ("strongroom.db", "store.url"),
    ],
)
def test_a_missing_file_is_told_at_its_option(
    write: Write, valid: str, files: Path, name: str, key: str
) -> None:
    (files / name).unlink()
    path = write(valid)
    (problem,) = _problems(path)
    assert problem.key == key
    assert name in path.read_text().splitlines()[problem.line - 1]


@pytest.mark.parametrize("name", ["ca.pem", "server.pem", "server.key"])
def test_a_file_that_is_not_pem_is_refused_without_its_content(
    write: Write, valid: str, files: Path, name: str
) -> None:
    (files / name).write_bytes(b"secret nonsense")
    (problem,) = _problems(write(valid))
    assert "PEM" in problem.text
    assert "nonsense" not in problem.text


@pytest.mark.parametrize(
    ("name", "key"),
    [("server.key", "tls.private_key"), ("pin", "token.pin"), ("strongroom.db", "store.url")],
)
def test_a_secret_open_to_others_is_refused_with_the_remedy(
    write: Write, valid: str, files: Path, name: str, key: str
) -> None:
    (files / name).chmod(0o604)
    (problem,) = _problems(write(valid))
    assert problem.key == key
    assert f"chmod 600 {files / name}" in problem.text


@pytest.mark.parametrize("name", ["ca.pem", "server.pem"])
def test_a_file_that_ends_within_a_certificate_is_refused(
    write: Write, valid: str, files: Path, name: str
) -> None:
    whole = (files / name).read_bytes()
    (files / name).write_bytes(whole + whole[: len(whole) // 2])
    (problem,) = _problems(write(valid))
    assert "being written" in problem.text


def test_a_key_of_another_certificate_is_refused(write: Write, valid: str, files: Path) -> None:
    other = issue_server(make_authority("other"), ("localhost",))
    (files / "server.key").write_bytes(other.key_pem)
    (problem,) = _problems(write(valid))
    assert problem.key == "tls.private_key"
    assert "isn't the key of" in problem.text


def test_an_encrypted_key_is_refused(write: Write, valid: str, files: Path) -> None:
    key = make_authority("any").key
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    (files / "server.key").write_bytes(encrypted)
    (problem,) = _problems(write(valid))
    assert "openssl pkey" in problem.text


@pytest.mark.parametrize(
    ("shift", "text"),
    [(dt.timedelta(days=4000), "renew it"), (-dt.timedelta(days=2), "is the clock right?")],
    ids=["expired", "not yet valid"],
)
def test_certificates_out_of_their_time_are_told(files: Path, shift: dt.timedelta, text: str) -> None:
    now = dt.datetime.now(dt.UTC) + shift
    problems = dict(check_tls(_tls(files), now))
    warnings = dict(warn_of_authorities(_tls(files), now))
    assert set(problems) == {"certificate"}  # what the service starts without is no problem
    assert set(warnings) == {"client_ca"}
    assert all(text in told for told in (*problems.values(), *warnings.values()))
    assert "vouches for nobody" in warnings["client_ca"]


def test_authorities_and_lists_out_of_their_time_leave_the_others_in_use(files: Path) -> None:
    old, good = make_root("old", ends_in=-DAY / 2), make_root("good")
    lists = revocation_list(old, ends_in=-DAY / 3) + revocation_list(good, [old])
    (files / "ca.pem").write_bytes(old.certificate_pem + good.certificate_pem)
    (files / "ca.crl").write_bytes(lists)
    tls = _tls(files).model_copy(update={"client_crl": files / "ca.crl"})
    now = dt.datetime.now(dt.UTC)
    assert list(check_tls(tls, now)) == []
    known = usable(examine_authorities(tls))
    assert {one.name: len(one.serials) for one in known.lists} == {"CN=old": 0, "CN=good": 1}
    assert list(known.out_of_time(now)) == ["CN=old"]
    told = dict(warn_of_authorities(tls, now))
    assert "CN=old" in told["client_ca"]
    assert "The list of CN=old" in told["client_crl"]


def test_authorities_that_cannot_be_used_are_no_warning_but_a_problem(files: Path) -> None:
    (files / "ca.pem").write_bytes(b"")
    now = dt.datetime.now(dt.UTC)
    assert list(warn_of_authorities(_tls(files), now)) == []
    assert dict(check_tls(_tls(files), now)).keys() == {"client_ca"}


def test_an_unknown_profile_is_refused(write: Write, valid: str, files: Path) -> None:
    (problem,) = _problems(write(valid.replace("[token]", '[token]\nprofile = "acme"')))
    assert problem.key == "token.profile"
    assert "softhsm2" in problem.text
    assert files.is_dir()


def test_a_token_that_nothing_names_is_refused(write: Write, valid: str, files: Path) -> None:
    (problem,) = _problems(write(valid.replace('label = "test"\n', "")))
    assert problem.key == "token.label"
    assert files.is_dir()


def test_an_audit_directory_that_is_a_file_is_refused(write: Write, valid: str, files: Path) -> None:
    (files / "audit").write_bytes(b"")
    (problem,) = _problems(write(valid))
    assert problem.key == "audit.directory"


def test_files_are_looked_at_even_when_other_sections_are_wrong(
    write: Write, valid: str, files: Path
) -> None:
    (files / "server.pem").unlink()
    problems = _problems(write(valid + "[log]\nlevel = 1\n"))
    assert [problem.key for problem in problems] == ["tls.certificate", "log.level"]


def test_looking_at_files_changes_nothing(write: Write, valid: str, files: Path) -> None:
    path = write(valid)
    before = {file: file.stat().st_mtime_ns for file in files.rglob("*")}
    load_settings(path, check_files=True)
    assert {file: file.stat().st_mtime_ns for file in files.rglob("*")} == before
