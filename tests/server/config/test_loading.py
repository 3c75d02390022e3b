from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.server.config import ConfigInvalid, Problem, load_settings, problem_at

Write = Callable[[str], Path]
_ARN = "arn:aws:iam::111122223333:user/x"


def _problems(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(ConfigInvalid) as caught:
        load_settings(path)
    return caught.value.problems


def test_a_short_file_is_completed_with_defaults(write: Write, valid: str) -> None:
    settings = load_settings(write(valid))
    assert settings.deployment.region == "eu-local-1"
    assert settings.server.listen == "127.0.0.1:8443"
    assert settings.worker_count >= 1


def test_paths_are_relative_to_the_file(
    write: Write, valid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(valid.replace('label = "test"', 'label = "test"\nlogin_files = ["t/*"]\nprofile = "p.toml"'))
    monkeypatch.chdir("/")
    settings = load_settings(path)
    assert settings.tls.certificate == tmp_path / "server.pem"
    assert settings.token.module == tmp_path / "module.so"
    assert settings.token.pin == f"file:{tmp_path}/pin"
    assert settings.token.login_files == (f"{tmp_path}/t/*",)
    assert settings.token.profile == f"{tmp_path}/p.toml"
    assert settings.store.url == f"sqlite:///{tmp_path}/strongroom.db"
    assert settings.audit.directory == tmp_path / "audit"


def test_absolute_paths_and_names_stay_as_they_are(write: Write, valid: str) -> None:
    text = valid.replace('"server.pem"', '"/etc/server.pem"').replace("file:pin", "env:PIN")
    settings = load_settings(write(text))
    assert settings.tls.certificate == Path("/etc/server.pem")
    assert settings.token.pin == "env:PIN"
    assert settings.token.profile == "softhsm2"


def test_all_problems_are_told_at_once_in_the_order_of_their_lines(write: Write, valid: str) -> None:
    text = valid.replace("111122223333", "12").replace("[audit]", "[audits]").replace("label", "lable")
    problems = _problems(write(text))
    assert [problem.key for problem in problems] == [
        "audit",
        "deployment.account_id",
        "token.lable",
        "audits",
    ]
    assert [problem.line for problem in problems] == [0, 3, 11, 18]


def test_an_error_names_file_line_option_and_remedy(write: Write, valid: str) -> None:
    path = write(valid.replace("label", "lable"))
    with pytest.raises(ConfigInvalid) as caught:
        load_settings(path)
    assert str(caught.value) == f"{path}:11: token.lable: There is no such option. Did you mean `label`?"


@pytest.mark.parametrize("none", ["host:514", "udp://host:514", "tcp://host:99999", "tls://host", "unix://"])
def test_a_receiver_must_be_one(write: Write, valid: str, none: str) -> None:
    (problem,) = _problems(write(valid.replace("[audit]", f"[audit]\nsyslog = '{none}'")))
    assert problem.key == "audit.syslog"
    assert "must be tcp://host:port" in problem.text


@pytest.mark.parametrize(
    ("section", "line", "key", "remedy"),
    [
        ("server", "listn = ''", "server.listn", "Did you mean `listen`?"),
        ("server", "drain_timeout = 3", "server.drain_timeout", "Did you mean `drain_timeout_s`?"),
        ("server", "busy_timeout_s = 3", "server.busy_timeout_s", "it belongs in [store]"),
        ("server", "drain_timeout_s = '3s'", "server.drain_timeout_s", "seconds, without quotes or unit"),
        ("server", "drain_timeout_s = inf", "server.drain_timeout_s", "It must be a number of seconds"),
        ("server", "drain_timeout_s = 0", "server.drain_timeout_s", "more than 0 seconds"),
        ("server", "max_request_bytes = 1", "server.max_request_bytes", "at least 16384 bytes"),
        ("server", "workers = 1000", "server.workers", "at most 256"),
        ("server", "workers = '2'", "server.workers", "a whole number, without quotes"),
        ("server", "workers = true", "server.workers", "a whole number"),
        ("server", "workers = 1.5", "server.workers", "a whole number"),
        ("server", "reflection = 'yes'", "server.reflection", "true or false"),
        ("server", "listen = 8443", "server.listen", "a string in quotes"),
        ("server", "listen = '127.0.0.1'", "server.listen", "host:port"),
        ("server", "listen = '127.0.0.1:0'", "server.listen", "a port from 1 to 65535"),
        ("server", "listen = '127.0.0.1:65536'", "server.listen", "a port from 1 to 65535"),
        ("server", "listen = '::1:8443'", "server.listen", "IPv6 address in brackets"),
        ("server", "listen = '[::x]:8443'", "server.listen", "IPv6 address in brackets"),
        ("log", "level = 'trace'", "log.level", "'debug', 'info', 'warning' or 'error'"),
        ("log", "level = 2020-01-01", "log.level", "'debug', 'info', 'warning' or 'error'"),
        ("limits", "keys_per_account = 0", "limits.keys_per_account", "at least 1"),
        (
            "quotas",
            "rates = { symetric = 5 }",
            "quotas.rates.symetric.[key]",
            "It must be 'symmetric', 'rsa'",
        ),
        ("quotas", "rates = { symmetric = 0 }", "quotas.rates.symmetric", "at least 0.01"),
        ("quotas", "rates = { symmetric = '5' }", "quotas.rates.symmetric", "a number, without quotes"),
        ("quotas", "burst_s = 0", "quotas.burst_s", "at least 0.05 seconds"),
        ("authentication", "trust_domains = 1", "authentication.trust_domains", "an array"),
    ],
)
def test_a_wrong_option_is_told_with_its_remedy(
    write: Write, valid: str, section: str, line: str, key: str, remedy: str
) -> None:
    path = write(f"{valid}\n[{section}]\n{line}\n")
    (problem,) = _problems(path)
    assert problem.key == key
    assert remedy in problem.text
    assert problem.line == len(path.read_text().splitlines())


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('"test"\naccount', '"Test"\naccount', "deployment.name"),
        ('"111122223333"', '"11112222333"', "deployment.account_id"),
        ('"111122223333"', '"111122223333"\nregion = "local"', "deployment.region"),
        ("sqlite:///", "postgresql:///", "store.url"),
        ("strongroom.db", "strongroom.db?mode=ro", "store.url"),
        ('label = "test"', 'label = ""', "token.label"),
        ('label = "test"', f'label = "{"x" * 33}"', "token.label"),
        ('[audit]\ndirectory = "audit"', "", "audit"),
        ('directory = "audit"', "", "audit.directory"),
    ],
)
def test_a_wrong_or_missing_value_is_refused(write: Write, valid: str, old: str, new: str, key: str) -> None:
    (problem,) = _problems(write(valid.replace(old, new)))
    assert problem.key == key


@pytest.mark.parametrize("pin", ["geheim-1234", "file:", "pass:geheim-1234"])
def test_a_pin_in_the_file_is_refused_and_not_repeated(write: Write, valid: str, pin: str) -> None:
    (problem,) = _problems(write(valid.replace("file:pin", pin)))
    assert problem.key == "token.pin"
    assert "never write the PIN" in problem.text
    assert "geheim" not in problem.text


def test_a_number_instead_of_a_pin_source_is_not_repeated(write: Write, valid: str) -> None:
    (problem,) = _problems(write(valid.replace('"file:pin"', "987654")))
    assert "987654" not in problem.text


@pytest.mark.parametrize(
    "entries",
    [
        '[[authentication.trust_domains]]\nname = "a"\naccount_id = "111122223333"\n' * 2,
        f'[[authentication.certificates]]\ndns = "a"\nprincipal = "{_ARN}"\n' * 2,
        f'[[authentication.certificates]]\nprincipal = "{_ARN}"\n',
        f'[[authentication.certificates]]\ncommon_name = "b"\ndns = "a"\nprincipal = "{_ARN}"\n',
        '[[authentication.certificates]]\nprincipal = "billing"\ndns = "a"\n',
    ],
    ids=["domain twice", "certificate twice", "no name", "two names", "no ARN"],
)
def test_an_ambiguous_identity_is_refused(write: Write, valid: str, entries: str) -> None:
    (problem,) = _problems(write(valid + entries))
    assert problem.key.startswith("authentication")
    assert problem.line > 0


def test_a_problem_in_an_array_of_tables_has_the_line_of_its_own_entry(write: Write, valid: str) -> None:
    domain = '[[authentication.trust_domains]]\nname = "{}"\naccount_id = "111122223333"\n'
    path = write(valid + domain.format("good.example") + domain.format("BAD"))
    (problem,) = _problems(path)
    assert problem.key == "authentication.trust_domains.1.name"
    assert path.read_text().splitlines()[problem.line - 1] == 'name = "BAD"'


def test_text_that_is_not_toml_is_told_with_its_line(write: Write, valid: str) -> None:
    (problem,) = _problems(write(valid + "directory audit\n"))
    assert problem.line == len(valid.splitlines()) + 1
    assert problem.text.startswith("This isn't TOML")
    assert "(at line" not in problem.text


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["missing", "not UTF-8"])
def test_a_file_that_cannot_be_read_is_told_with_the_remedy(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "strongroom.toml"
    if content is not None:
        path.write_bytes(content)
    (problem,) = _problems(path)
    assert "strongroomd init" in problem.text


def test_a_problem_found_later_has_the_line_of_its_option(write: Write, valid: str) -> None:
    problem = problem_at(write(valid), "store.url", "is old")
    assert problem == Problem("store.url", 16, "is old")


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:4317", "https://collector.test:4317", "http://[::1]:4317", ""]
)
def test_a_collectors_address_is_taken(write: Write, valid: str, endpoint: str) -> None:
    settings = load_settings(write(f'{valid}\n[tracing]\nendpoint = "{endpoint}"'))
    assert settings.tracing.endpoint == endpoint
    assert settings.tracing.sample_ratio == 0.01


@pytest.mark.parametrize(
    "endpoint", ["127.0.0.1:4317", "grpc://a:1", "http://a", "http://a:1/v1/traces", "http://:1"]
)
def test_what_is_no_collectors_address_is_refused(write: Write, valid: str, endpoint: str) -> None:
    (problem,) = _problems(write(f'{valid}\n[tracing]\nendpoint = "{endpoint}"'))
    assert problem.key == "tracing.endpoint"
    assert "must be http://host:port" in problem.text


def test_a_ratio_beyond_one_is_refused(write: Write, valid: str) -> None:
    (problem,) = _problems(write(f"{valid}\n[tracing]\nsample_ratio = 1.5"))
    assert problem.key == "tracing.sample_ratio"
