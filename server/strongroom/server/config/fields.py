"""What the sections of the configuration are made of: strict values, and paths relative to the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

SQLITE = "sqlite:///"
PIN_FILE = "file:"
HTTPS = "https://"
ACCOUNT_ID = r"^[0-9]{12}$"
PRINCIPAL = r"^arn:[a-z0-9-]+:iam::[0-9]{12}:(user|role)/[A-Za-z0-9_+=,.@/-]+$"


class Section(BaseModel):
    """A table of the file: immutable, and refusing what it doesn't know."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        defer_build=True,  # nobody asks sections one by one but the commands that look at files
    )


Count = Annotated[int, Field(strict=True)]
Duration = Annotated[float, Field(strict=True)]
Switch = Annotated[bool, Field(strict=True)]


def _absolute(path: Path, info: ValidationInfo) -> Path:
    """The path, seen from the directory that the loader gives as context."""
    path = info.context / path if isinstance(info.context, Path) else path
    if not path.is_absolute():
        raise ValueError("must be absolute where no file is read")
    return path


def _prefixed(prefix: str) -> Callable[[str, ValidationInfo], str]:
    def resolve(text: str, info: ValidationInfo) -> str:
        if not text.startswith(prefix):
            return text
        return f"{prefix}{_absolute(Path(text.removeprefix(prefix)), info)}"

    return resolve


def _profile(name: str, info: ValidationInfo) -> str:
    """A built-in profile's name stays; a path becomes absolute."""
    is_path = name.endswith(".toml") or "/" in name
    return str(_absolute(Path(name), info)) if is_path else name


def _file_or_url(text: str, info: ValidationInfo) -> str:
    """A URL stays; a path becomes absolute."""
    if text.startswith(HTTPS):
        return _checked_url(text)
    if "://" in text:
        raise ValueError("must be a file's path or begin with https://")
    return str(_absolute(Path(text), info))


def _checked_url(text: str) -> str:
    wrong = ValueError("must be https://host[:port]/path, without user, fragment and blanks")
    try:
        parts = urlsplit(text)
        is_right = parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        raise wrong from None
    if not is_right or "#" in text or not (text.isascii() and text.isprintable()) or " " in text:
        raise wrong
    return text


def _without_query(url: str) -> str:
    if "?" in url:
        raise ValueError("must be sqlite:///PATH; options behind a ? aren't understood")
    return url


def _pin_source(text: str) -> str:
    """Says nothing of the text: it may be the PIN itself."""
    scheme, _, name = text.partition(":")
    if scheme not in {"file", "env", "credential"} or not name:
        raise ValueError("must be file:PATH, env:NAME or credential:NAME; never write the PIN itself here")
    return text


FileOrUrl = Annotated[str, Field(min_length=1), AfterValidator(_file_or_url)]
FilePath = Annotated[Path, AfterValidator(_absolute)]
Pattern = Annotated[str, AfterValidator(_prefixed(""))]
PinText = Annotated[str, AfterValidator(_pin_source), AfterValidator(_prefixed(PIN_FILE))]
ProfileName = Annotated[str, Field(min_length=1), AfterValidator(_profile)]
SqliteUrl = Annotated[
    str,
    Field(pattern=r"^sqlite:///.+$"),
    AfterValidator(_without_query),
    AfterValidator(_prefixed(SQLITE)),
]
