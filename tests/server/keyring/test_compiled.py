"""Compiled policies are remembered, and not without end."""

from strongroom.server.core.errors import MalformedPolicy
from strongroom.server.core.policies import NO_POLICY, Policy
from strongroom.server.keyring.compiled import CompiledPolicies


class _Parser:
    def __init__(self) -> None:
        self.parsed: list[str] = []

    def __call__(self, text: str) -> Policy:
        self.parsed.append(text)
        if text == "bad":
            raise MalformedPolicy("bad")
        return Policy(())


def test_a_policy_is_compiled_once() -> None:
    parse = _Parser()
    compiled = CompiledPolicies(parse)
    assert compiled("a") is compiled("a")
    assert parse.parsed == ["a"]


def test_those_that_nobody_asks_for_are_forgotten() -> None:
    parse = _Parser()
    compiled = CompiledPolicies(parse, most=100)
    for number in range(1000):
        compiled("kept")
        compiled(f"{number:50}")
    assert parse.parsed.count("kept") == 1
    assert sum(map(len, compiled._recent)) + sum(map(len, compiled._older)) <= 2 * 160


def test_one_that_can_not_be_read_denies_everything() -> None:
    assert CompiledPolicies(_Parser())("bad") is NO_POLICY
