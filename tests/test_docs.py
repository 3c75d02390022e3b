"""What is written about the project is so: comments of the API, links, commands, dependencies."""

import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet
from google.rpc import status_pb2
from grpc_tools import protoc
from typer.core import TyperGroup

from tests.support import markdown

ROOT = Path(__file__).resolve().parent.parent
PROTOS = sorted((ROOT / "proto" / "strongroom" / "v1").glob("*.proto"))
MANUALS = [ROOT / "README.md", ROOT / "deploy" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = sorted({*ROOT.glob("*.md"), *MANUALS})
THREATS = ROOT / "docs" / "threat-model.md"
_SOURCES = (ROOT, ROOT / "server" / "strongroom" / "server", ROOT / "hsm" / "strongroom")
SAMPLE = r"""
# A `code` [heading](x.md)!
## Twice
## Twice
[one](a.md#b "title"), `[no](code.md)`, ![two](<b.png>), <img src="c.svg">
[three]: d.md
```console
$ strongroom key \
>   list | wc -l
strongroom output
```
   ```sh
   ID=$(A=b .venv/bin/strongroom key list)  # it's
   . env.sh && strongroomd serve
   ```
"""


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("proto", PROTOS, ids=_name)
def test_every_element_of_the_api_has_a_comment(proto: Path, tmp_path: Path) -> None:
    file = _descriptor(proto, tmp_path / "descriptors")
    commented = {
        tuple(location.path)
        for location in file.source_code_info.location
        if location.leading_comments.strip()
    }
    elements = dict(_elements(file))
    assert elements
    assert [name for path, name in elements.items() if path not in commented] == []


def _descriptor(proto: Path, output: Path) -> FileDescriptorProto:
    arguments = (
        f"--proto_path={ROOT / 'proto'}",
        f"--proto_path={files('grpc_tools') / '_proto'}",
        f"--proto_path={Path(status_pb2.__file__).parents[2]}",
        "--include_source_info",
        f"--descriptor_set_out={output}",
        str(proto),
    )
    assert protoc.main(["protoc", *arguments]) == 0
    (file,) = FileDescriptorSet.FromString(output.read_bytes()).file
    return file


# Paths are field numbers and indices, as descriptor.proto says at SourceCodeInfo.Location.
_Elements = Iterator[tuple[tuple[int, ...], str]]


def _elements(file: FileDescriptorProto) -> _Elements:
    yield from _messages((FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER,), file.message_type)
    yield from _parents((FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER,), file.enum_type, "value")
    yield from _parents((FileDescriptorProto.SERVICE_FIELD_NUMBER,), file.service, "method")


def _messages(path: tuple[int, ...], messages: Any) -> _Elements:
    yield from _parents(path, messages, "field")
    for index, message in enumerate(messages):
        own = (*path, index)
        yield from _messages((*own, DescriptorProto.NESTED_TYPE_FIELD_NUMBER), message.nested_type)
        yield from _parents((*own, DescriptorProto.ENUM_TYPE_FIELD_NUMBER), message.enum_type, "value")


def _parents(path: tuple[int, ...], parents: Any, children: str) -> _Elements:
    for index, parent in enumerate(parents):
        if getattr(parent.options, "map_entry", False):
            continue  # protoc made it of a map field
        yield (*path, index), parent.name
        number = parent.DESCRIPTOR.fields_by_name[children].number
        for child_index, child in enumerate(getattr(parent, children)):
            yield (*path, index, number, child_index), f"{parent.name}.{child.name}"


def test_the_namespace_is_no_package() -> None:
    assert list(ROOT.glob("*/strongroom"))
    assert list(ROOT.glob("*/strongroom/__init__.py")) == []


def test_markdown_is_understood() -> None:
    assert markdown.anchors(SAMPLE) == {"a-code-heading", "twice", "twice-1"}
    assert markdown.links(SAMPLE) == ["x.md", "a.md#b", "b.png", "d.md", "c.svg"]
    assert [" ".join(words) for words in markdown.commands(SAMPLE)] == [
        "strongroom key list",
        "wc -l",
        ".venv/bin/strongroom key list",
        ". env.sh",
        "strongroomd serve",
    ]


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    targets = [
        link for link in markdown.links(page.read_text()) if not re.match(r"[a-z][a-z0-9+.-]*:|//", link)
    ]
    assert [target for target in targets if not _leads_somewhere(page, target)] == []


def _leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = unquote(target).partition("#")
    found = (page.parent / path).resolve() if path else page
    if not found.is_relative_to(ROOT) or not found.exists():
        return False
    return not anchor or found.suffix != ".md" or anchor in markdown.anchors(found.read_text())


@pytest.mark.parametrize("page", MANUALS, ids=_name)
def test_every_command_in_the_docs_exists(page: Path) -> None:
    unknown = {" ".join(words): _unknown(words) for words in markdown.commands(page.read_text())}
    assert {command: words for command, words in unknown.items() if words} == {}


@cache
def _programs() -> dict[str, Any]:
    from strongroom.cli.commands import app as client
    from strongroom.server.cli.commands import app as service

    return {
        name: typer.main.get_command(app) for name, app in (("strongroom", client), ("strongroomd", service))
    }


def _unknown(words: list[str]) -> list[str]:
    """The options and subcommands of one of our commands that don't exist; nothing for other programs."""
    command = _programs().get(Path(words[0]).name)
    found = []
    rest = iter(words[1:] if command else ())
    for word in rest:
        if word.startswith("-") and word.strip("-"):
            name = word.partition("=")[0] if word.startswith("--") else word[:2]
            option = _options(command).get(name)
            if option is None:
                found.append(word)
            elif not option.is_flag and name == word:
                next(rest, None)  # its value
        elif isinstance(command, TyperGroup):
            if word not in command.commands:
                return [*found, word]
            command = command.commands[word]
    return found


def _options(command: Any) -> dict[str, Any]:
    parameters = command.get_params(typer.Context(command))
    options = (one for one in parameters if one.param_type_name == "option")
    return {name: option for option in options for name in (*option.opts, *option.secondary_opts)}


@pytest.mark.parametrize(
    ("line", "unknown"),
    [
        ("strongroomd token probe --output=json -c x.toml --label a", []),
        ("strongroom -o json key create --tag a=b --help", []),
        ("strongroom encrypt - --in --out", []),
        ("strongroom key make", ["make"]),
        ("strongroomd serve --port 1 --workers 2 -x", ["--port", "-x"]),
        ("cmp --nonsense", []),
    ],
)
def test_a_command_that_does_not_exist_is_found(line: str, unknown: list[str]) -> None:
    assert _unknown(line.split()) == unknown


def test_every_dependency_is_explained_and_used() -> None:
    declared, explained = _declared(), _explained()
    assert [name for name in declared if not any(fnmatchcase(name, row) for row in explained)] == []
    assert [row for row in explained if not any(fnmatchcase(name, row) for name in declared)] == []


def _declared() -> set[str]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = table["project"]
    lists = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *table["dependency-groups"].values(),
    ]
    requirements = (one for requirements in lists for one in requirements if isinstance(one, str))
    return {re.split(r"[^\w.-]", one, maxsplit=1)[0].lower() for one in requirements}


def _explained() -> set[str]:
    """The first cells of the table's rows; `**…**` is a heading, `types-*` a pattern."""
    lines = (ROOT / "docs" / "dependencies.md").read_text().splitlines()
    cells = [line.split("|")[1].strip() for line in lines if line.startswith("|")][2:]
    return {name.strip() for cell in cells if not cell.startswith("**") for name in cell.split(",")}


def test_every_mechanism_that_the_threat_model_names_is_there() -> None:
    quoted = re.findall(r"`([a-z_0-9./-]+)`", THREATS.read_text())
    paths = {text for text in quoted if "/" in text}
    assert len(paths) > 20
    assert [path for path in sorted(paths) if not any((root / path).exists() for root in _SOURCES)] == []
