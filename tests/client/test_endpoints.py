"""Where a client finds the service, and by what it says who asks."""

from pathlib import Path

import pytest

from strongroom.client import Endpoint, errors


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    for name in ("ca", "cert", "key", "token"):
        (tmp_path / name).write_text(f"{name}\n")
    return {
        "STRONGROOM_ENDPOINT": "localhost:1",
        "STRONGROOM_CA": str(tmp_path / "ca"),
        "STRONGROOM_CERT": str(tmp_path / "cert"),
        "STRONGROOM_KEY": str(tmp_path / "key"),
        "STRONGROOM_TOKEN_FILE": str(tmp_path / "token"),
    }


def _without(variables: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.removeprefix("STRONGROOM_") not in names}


def test_a_certificate_is_found_in_the_environment(variables: dict[str, str]) -> None:
    endpoint = Endpoint.from_environment(_without(variables, "TOKEN_FILE"))
    assert (endpoint.certificate, endpoint.key, endpoint.token) == (b"cert\n", b"key\n", None)


def test_a_token_is_found_in_the_environment(variables: dict[str, str]) -> None:
    endpoint = Endpoint.from_environment(_without(variables, "CERT", "KEY"))
    assert endpoint.token is not None
    assert endpoint.token() == "token"
    assert (endpoint.certificate, endpoint.key) == (b"", b"")


@pytest.mark.parametrize("left_out", [(), ("CERT",), ("KEY",)])
def test_two_credentials_are_refused(variables: dict[str, str], left_out: tuple[str, ...]) -> None:
    with pytest.raises(errors.ServiceUnavailable, match="who asks must be clear"):
        Endpoint.from_environment(_without(variables, *left_out))


@pytest.mark.parametrize("name", ["ENDPOINT", "CA", "CERT", "KEY"])
def test_what_is_missing_is_told(variables: dict[str, str], name: str) -> None:
    with pytest.raises(errors.ServiceUnavailable, match=f"STRONGROOM_{name}"):
        Endpoint.from_environment(_without(variables, name, "TOKEN_FILE"))


@pytest.mark.parametrize("content", ["", "\n", "secret token", "secret\nx: y", "größe"])
def test_a_file_without_a_token_is_told_without_its_content(variables: dict[str, str], content: str) -> None:
    Path(variables["STRONGROOM_TOKEN_FILE"]).write_text(content)
    with pytest.raises(errors.ServiceUnavailable, match="holds no token") as caught:
        Endpoint.from_environment(_without(variables, "CERT", "KEY"))
    assert "secret" not in str(caught.value)


def test_an_endpoint_has_one_credential(variables: dict[str, str]) -> None:
    for more in ({}, {"certificate": b"x", "key": b"x", "token": lambda: "x"}):
        with pytest.raises(ValueError, match="either"):
            Endpoint("localhost:1", b"", **more)  # type: ignore[arg-type]


def test_secrets_are_not_shown(variables: dict[str, str]) -> None:
    assert "b'key" not in repr(Endpoint.from_environment(_without(variables, "TOKEN_FILE")))
    assert "token=" not in repr(Endpoint.from_environment(_without(variables, "CERT", "KEY")))
