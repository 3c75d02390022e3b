"""Reading the published vectors that the package cryptography_vectors carries."""

from collections.abc import Iterator
from pathlib import Path

import cryptography_vectors

Vector = dict[str, str]

ROOT = Path(cryptography_vectors.__file__).parent
"""Where the files are."""


def lines_of(path: str) -> list[str]:
    """The lines of a file, without white space around them."""
    return [line.strip() for line in (ROOT / path).read_text("ascii").splitlines()]


def assignments(path: str, last: str) -> Iterator[Vector]:
    """The vectors of a file of lines `name = value`, as NIST's CAVS writes them.

    A vector ends with the name `last`. It has all values of its section so far: a modulus stands once, before
    all vectors that use it. Its `section` is what stands in brackets above it, several lines joined by commas.
    """
    found: Vector = {}
    for line in lines_of(path):
        if line.startswith("["):
            is_first = list(found) != ["section"]
            found = {"section": line.strip("[]") if is_first else f"{found['section']},{line.strip('[]')}"}
        elif "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found[name.strip()] = value.strip()
            if name.strip() == last:
                yield dict(found)


def headed(path: str, last: str) -> Iterator[Vector]:
    """The vectors of a file of hex under headings, as RSA Laboratories wrote them.

    A heading is a comment, `# Prime exponent 1:`; its name is taken in small letters, without the colon. A
    vector ends with the heading `last`, and has all values so far.
    """
    found: Vector = {}
    heading = ""
    for line in [*lines_of(path), "# end"]:
        if line.startswith("#"):
            if heading == last and last in found:
                yield dict(found)
            heading = line.strip("#: ").lower()
            found.pop(heading, None)
        elif line:
            found[heading] = found.get(heading, "") + line.replace(" ", "")


def openssl_tests(path: str) -> Iterator[Vector]:
    """The tests of a file of OpenSSL's evp_test: paragraphs of `name = value`, and keys in PEM by their names.

    A test's `operation` is its DigestSign or DigestVerify, with the hash as `hash`; `pem` is its key.
    """
    keys: Vector = {}
    for paragraph in "\n".join(line for line in lines_of(path) if not line.startswith("#")).split("\n\n"):
        first, _, rest = paragraph.strip().partition("\n")
        if first.startswith(("PrivateKey", "PublicKey")):
            keys[first.partition("=")[2].strip()] = rest
            continue
        found = {name.strip(): value.strip() for name, _, value in map(_split, paragraph.splitlines())}
        for operation in ("DigestSign", "DigestVerify"):
            if operation in found:
                yield found | {
                    "operation": operation,
                    "hash": found[operation],
                    "pem": keys[found["Key"]],
                }


def _split(line: str) -> tuple[str, str, str]:
    return line.partition("=")
