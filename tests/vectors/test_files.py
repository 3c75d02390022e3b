"""Which published files are run, and why others aren't: a new one must be sorted in here."""

from pathlib import Path

from tests.vectors.parsing import ROOT

RUN = {
    "HMAC": {f"rfc-4231-sha{bits}.txt" for bits in (224, 256, 384, 512)},
    "asymmetric/ECDH": {
        f"KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_{role}.fax" for role in ("init", "resp")
    },
    "asymmetric/ECDSA": {
        "FIPS_186-2/SigGen.txt",
        "FIPS_186-2/SigVer.rsp",
        "FIPS_186-3/SigGen.txt",
        "FIPS_186-3/SigVer.rsp",
        "RFC6979/evppkey_ecdsa_rfc6979.txt",
        "SECP256K1/SigGen.txt",
    },
    "asymmetric/Ed25519": {"sign.input"},
    "asymmetric/MLDSA": {f"kat_MLDSA_{size}_det_pure.rsp" for size in (44, 65, 87)},
    "asymmetric/MLKEM": {f"kat_MLKEM_{size}.rsp" for size in (768, 1024)},
    "asymmetric/RSA": {
        "FIPS_186-2/SigGen15_186-2.rsp",
        "FIPS_186-2/SigGen15_186-2.txt",
        "FIPS_186-2/SigGen15_186-3.rsp",
        "FIPS_186-2/SigGenPSS_186-2.rsp",
        "FIPS_186-2/SigGenPSS_186-2.txt",
        "FIPS_186-2/SigGenPSS_186-3.rsp",
        "FIPS_186-2/SigVer15_186-3.rsp",
        "FIPS_186-2/SigVerPSS_186-3.rsp",
        "SigVer15EMTest.txt",
        "oaep-label.txt",
        "pkcs-1v2-1d2-vec/oaep-vect.txt",
        "pkcs1v15crypt-vectors.txt",
        "pkcs1v15sign-vectors.txt",
    },
}
CUSTOM_OAEP_FILES = 24  # test_oaep.py runs every one

KEYS_ALONE = "keys without an answer: for a reader of keys"
X931 = "ANSI X9.31 isn't offered"
SHORT = "1024 bits"
SAME = "SigGen.txt has the same with the private keys"
PASSED_OVER = {
    "HMAC": {
        "rfc-2202-md5.txt": "MD5 isn't offered",
        "rfc-2202-sha1.txt": "SHA-1 isn't offered",
        "rfc-2286-ripemd160.txt": "RIPEMD-160 isn't offered",
    },
    "asymmetric/ECDH": {
        "KASValidityTest_ECCStaticUnified_KDFConcat_NOKC_init.fax": "the secret isn't given, only what is derived of it",
        "KASValidityTest_ECCStaticUnified_KDFConcat_NOKC_resp.fax": "likewise",
        "brainpool.txt": "the curves aren't offered",
    },
    "asymmetric/ECDSA": {
        **{f"FIPS_186-{n}/{name}": KEYS_ALONE for n in (2, 3) for name in ("KeyPair.rsp", "PKV.rsp")},
        **{f"FIPS_186-{n}/SigGen.rsp": SAME for n in (2, 3)},
        **{f"FIPS_186-{n}/Readme.txt": "no vectors" for n in (2, 3)},
    },
    "asymmetric/Ed25519": {},
    "asymmetric/MLDSA": {},
    "asymmetric/MLKEM": {"kat_MLKEM_512.rsp": "cryptography has no ML-KEM-512 and the token no ML-KEM"},
    "asymmetric/RSA": {
        "FIPS_186-2/KeyGenRSA.rsp": KEYS_ALONE,
        "FIPS_186-2/Readme.txt": "no vectors",
        "FIPS_186-2/SigGenRSA.rsp": X931,
        "FIPS_186-2/SigGenRSA_186-2.rsp": X931,
        "FIPS_186-2/SigGenRSA_186-2.txt": X931,
        "FIPS_186-2/SigVerRSA.rsp": X931,
        "pkcs-1v2-1d2-vec/oaep-int.txt": SHORT,
        "pkcs-1v2-1d2-vec/pss-int.txt": SHORT,
        "pkcs-1v2-1d2-vec/pss-vect.txt": "PSS over SHA-1 isn't offered",
        "pkcs-1v2-1d2-vec/readme.txt": "no vectors",
    },
}
_KEY_FILES = {".der", ".pem"}


def _files(directory: Path) -> set[str]:
    found = {path for path in directory.rglob("*") if path.is_file() and path.suffix not in _KEY_FILES}
    return {str(path.relative_to(directory)) for path in found if path.parent.name != "oaep-custom"}


def test_every_published_file_is_run_or_passed_over_for_a_reason() -> None:
    for name, run in RUN.items():
        assert _files(ROOT / name) == run | PASSED_OVER[name].keys()
        assert not run & PASSED_OVER[name].keys()


def test_every_file_of_oaep_with_other_hashes_is_run() -> None:
    assert len(list((ROOT / "asymmetric/RSA/oaep-custom").iterdir())) == CUSTOM_OAEP_FILES
