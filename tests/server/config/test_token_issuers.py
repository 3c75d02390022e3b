"""Options of issuers of tokens: what would let the wrong one in is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.server.config import ConfigInvalid, load_settings
from tests.support.bearers import Issuer

Write = Callable[[str], Path]

ISSUER = """
[[authentication.token_issuers]]
issuer = "https://issuer.example"
audiences = ["strongroom"]
jwks = "jwks.json"
principal = "arn:aws:iam::111122223333:role/k8s/{sub}"
"""
OTHER = ISSUER.replace("issuer.example", "other.example")
NAMED = 'subjects = { "admin" = "arn:aws:iam::111122223333:role/k8s/admin" }'


def _texts(path: Path, *, check_files: bool = False) -> str:
    with pytest.raises(ConfigInvalid) as caught:
        load_settings(path, check_files=check_files)
    return str(caught.value)


def test_an_issuer_is_read_with_its_defaults(write: Write, valid: str, tmp_path: Path) -> None:
    (issuer,) = load_settings(write(valid + ISSUER)).authentication.token_issuers
    assert issuer.jwks == str(tmp_path / "jwks.json")
    assert issuer.algorithms == ("ES256", "RS256", "EdDSA")
    assert issuer.prefix == "arn:aws:iam::111122223333:role/k8s/"
    assert not issuer.is_remote


def test_an_address_stays_as_it_is(write: Write, valid: str) -> None:
    text = (
        valid + ISSUER.replace("jwks.json", "https://issuer.example:8443/jwks?a=b") + 'jwks_ca = "ca.pem"\n'
    )
    (issuer,) = load_settings(write(text)).authentication.token_issuers
    assert issuer.jwks == "https://issuer.example:8443/jwks?a=b"
    assert issuer.is_remote


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("jwks.json", "http://issuer.example/jwks", "https://"),
        ("jwks.json", "file:///etc/passwd", "https://"),
        ("jwks.json", "https:///jwks", "host"),
        ("jwks.json", "https://user:secret@host/", "without user"),
        ("jwks.json", "https://host/#x", "fragment"),
        ("jwks.json", "https://host/a b", "blanks"),
        ("jwks.json", "https://host:x/", "host"),
        ('["strongroom"]', "[]", "audiences"),
        ("[[auth", '[[authentication.token_issuers]]\nissuer = "x"\n[[auth', "needed"),
        ("/{sub}", "/", "pattern"),
        ("/{sub}", "/{sub}/{sub}", "pattern"),
        ("/{sub}", "/x-{sub}", "pattern"),
        ("111122223333", "{sub}", "pattern"),
        ("https://issuer.example", "https://issuer example", "pattern"),
        ("jwks = ", 'algorithms = ["HS256"]\njwks = ', "algorithms"),
        ("jwks = ", 'algorithms = ["none"]\njwks = ', "algorithms"),
        ("jwks = ", "algorithms = []\njwks = ", "algorithms"),
        ("jwks = ", "leeway_s = 301\njwks = ", "300"),
        ("jwks = ", "max_lifetime_s = 0\njwks = ", "more than 0"),
        ("jwks = ", 'jwks_ca = "ca.pem"\njwks = ', "only where jwks is a URL"),
        ("jwks = ", 'jwks_bearer = "token"\njwks = ', "only where jwks is a URL"),
        ("jwks = ", 'subjects = { a = "role/a" }\njwks = ', "pattern"),
        ('principal = "arn:aws:iam::111122223333:role/k8s/{sub}"', "", "nobody could use"),
    ],
)
def test_an_option_that_is_not_right_is_refused(
    write: Write, valid: str, old: str, new: str, told: str
) -> None:
    text = _texts(write(valid + ISSUER.replace(old, new, 1)))
    assert told in text
    assert "secret" not in text


@pytest.mark.parametrize(
    "text",
    [
        ISSUER + ISSUER,
        ISSUER + OTHER,
        ISSUER + OTHER.replace("/k8s/", "/"),
        ISSUER + OTHER.replace("/k8s/", "/k8s/other/"),
        ISSUER + NAMED,
        ISSUER + OTHER.replace("role/k8s/{sub}", "user/{sub}") + NAMED,
    ],
    ids=["the same issuer", "the same template", "a wider one", "a narrower one", "named", "named elsewhere"],
)
def test_no_principal_is_several_subjects(write: Write, valid: str, text: str) -> None:
    assert "must not" in _texts(write(valid + text))


def test_issuers_with_templates_of_their_own_are_accepted(write: Write, valid: str) -> None:
    other = OTHER.replace("/k8s/", "/ci/") + 'subjects = { a = "arn:aws:iam::111122223333:role/a" }'
    assert len(load_settings(write(valid + ISSUER + other)).authentication.token_issuers) == 2


def test_two_listeners_need_two_addresses(write: Write, valid: str) -> None:
    server = '\n[server]\nlisten = "127.0.0.1:8443"\nlisten_tokens = "{}"\n'
    assert "another address" in _texts(write(valid + server.format("127.0.0.1:8443")))
    assert "port" in _texts(write(valid + server.format("127.0.0.1")))
    settings = load_settings(write(valid + server.format("127.0.0.1:8444")))
    assert settings.server.addresses == ("127.0.0.1:8443", "127.0.0.1:8444")


@pytest.mark.parametrize("content", [None, b"{}", b"secret nonsense"])
def test_a_file_without_keys_is_told(write: Write, valid: str, files: Path, content: bytes | None) -> None:
    if content is not None:
        (files / "jwks.json").write_bytes(content)
    text = _texts(write(valid + ISSUER), check_files=True)
    assert "authentication.token_issuers" in text
    assert "jwks.json" in text
    assert "nonsense" not in text


def test_a_file_with_keys_is_accepted(write: Write, valid: str, files: Path) -> None:
    (files / "jwks.json").write_bytes(Issuer().jwks_bytes)
    assert load_settings(write(valid + ISSUER), check_files=True)


@pytest.mark.parametrize("name", ["jwks_ca", "jwks_bearer"])
def test_files_for_fetching_are_looked_at(write: Write, valid: str, files: Path, name: str) -> None:
    text = ISSUER.replace("jwks.json", "https://issuer.example/") + f'{name} = "gone"\n'
    assert "gone can't be read" in _texts(write(valid + text), check_files=True)
    assert files.is_dir()
