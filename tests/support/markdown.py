"""Reading our own Markdown: its headings, its links, and the commands in its fenced blocks."""

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

_FENCE = re.compile(r" *(`{3,}|~{3,})\s*([\w-]*)\s*")
_HEADING = re.compile(r" {0,3}#{1,6}\s+(.*?)\s*#*")
_CODE = re.compile(r"(`+)(.+?)\1")
_LINKED = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_ANCHOR = re.compile(r'<[^>]+\b(?:id|name)="([^"]+)"')
_LINKS = (
    re.compile(r"\]\(\s*<?([^)>\s]+)"),  # [text](target "title") and ![text](target)
    re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?([^>\s]+)", re.MULTILINE),  # [name]: target
    re.compile(r'<[^>]+\b(?:href|src|srcset)="([^"\s]+)'),
)
_PROMPTED = {"console", "shell-session"}
_SHELLS = {"bash", "sh", "shell"} | _PROMPTED
_OPERATORS = set("();<>|&")
_ASSIGNMENT = re.compile(r"\w+=")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block."""

    language: str
    lines: list[str] = field(default_factory=list)


def parse(text: str) -> tuple[str, list[Block]]:
    """The text outside of fenced blocks, and the blocks."""
    prose: list[str] = []
    blocks: list[Block] = []
    fence = ""
    for line in text.splitlines():
        found = _FENCE.fullmatch(line)
        if fence and found and found[1].startswith(fence):
            fence = ""
        elif fence:
            blocks[-1].lines.append(line)
        elif found:
            fence = found[1]
            blocks.append(Block(found[2]))
        else:
            prose.append(line)
    return "\n".join(prose), blocks


def anchors(text: str) -> set[str]:
    """The names by which the headings can be linked to, as GitHub makes them, and those of HTML elements."""
    prose, _ = parse(text)
    found = set(_ANCHOR.findall(prose))
    seen: Counter[str] = Counter()
    for heading in filter(None, map(_HEADING.fullmatch, prose.splitlines())):
        slug = _slug(heading[1])
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def _slug(heading: str) -> str:
    shown = _LINKED.sub(r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")


def links(text: str) -> list[str]:
    """The targets of all links and images."""
    prose = _CODE.sub("", parse(text)[0])
    return [target for pattern in _LINKS for target in pattern.findall(prose)]


def commands(text: str) -> list[list[str]]:
    """The words of every command in the shell blocks, without assignments before it."""
    blocks = (block for block in parse(text)[1] if block.language in _SHELLS)
    return [words for block in blocks for line in _command_lines(block) for words in _simple_commands(line)]


def _command_lines(block: Block) -> Iterator[str]:
    """Where a block has prompts, all other lines are output."""
    is_prompted = block.language in _PROMPTED or any(line.lstrip().startswith("$ ") for line in block.lines)
    lines = map(str.strip, block.lines)
    for line in lines:
        if is_prompted and not line.startswith("$ "):
            continue
        command = line.removeprefix("$ ")
        while command.endswith("\\"):
            command = command[:-1] + next(lines, "").removeprefix("> ")
        yield command


def _simple_commands(line: str) -> Iterator[list[str]]:
    """The parts of a line between the shell's operators."""
    for is_operator, group in groupby(_words(line), lambda word: bool(word) and set(word) <= _OPERATORS):
        words = list(group)
        while words and _ASSIGNMENT.match(words[0]):
            del words[0]
        if words and not is_operator:
            yield words


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:  # quotes that go on in the next line
        return line.split()
