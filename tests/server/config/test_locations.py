import string
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.config.locations import Location, line_of, locate

TRICKY = '''\
top = 1  # [not.a.section]

[ server ]  # with spaces
listen = """
[fake]
fake = 1 \\"""
"""
"quoted.name" = '# no comment'
array = [
  1, # ]
  [2, "]"],
]
literal = \'\'\'
[fake]\'\'\'
inline = { a = 1, b = [{ c = 2 }] }
x.y = 3

[[authentication.trust_domains]]
name = "a"
[[authentication.trust_domains]]
name = "b"
[authentication.trust_domains.more]
z = 1'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("server",), 3),
        (("server", "listen"), 4),
        (("server", "quoted.name"), 8),
        (("server", "array"), 9),
        (("server", "literal"), 13),
        (("server", "inline"), 15),
        (("server", "inline", "a"), 15),
        (("server", "x"), 16),
        (("server", "x", "y"), 16),
        (("server", "missing"), 3),
        (("authentication", "trust_domains", 0, "name"), 19),
        (("authentication", "trust_domains", 1, "name"), 21),
        (("authentication", "trust_domains", 1, "more", "z"), 23),
        (("fake",), 0),
    ],
)
def test_every_option_is_found_where_it_stands(path: Location, line: int) -> None:
    tomllib.loads(TRICKY)
    assert line_of(locate(TRICKY), path) == line


_names = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=8)
_quoted = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\"\\'"), max_size=20
)
_values = st.one_of(
    st.integers().map(str),
    st.booleans().map(lambda value: str(value).lower()),
    _quoted.map(lambda text: f'"{text}"'),
    _quoted.map(lambda text: f"'{text}'"),
    _quoted.map(lambda text: f'"""\n[{text}]\n\n"""'),
    st.lists(_quoted, max_size=3).map(lambda texts: "[\n" + "".join(f'"{t}", # ]\n' for t in texts) + "]"),
    _quoted.map(lambda text: f'{{ a = "{text}", b = [1, 2] }}'),
)


@given(st.dictionaries(_names, st.dictionaries(_names, _values, max_size=4), max_size=4))
def test_any_option_is_on_the_line_where_it_was_written(table: dict[str, dict[str, str]]) -> None:
    lines: list[str] = []
    expected: dict[Location, int] = {}
    for section, options in table.items():
        expected[(section,)] = len(lines) + 1
        lines.append(f"[{section}]  # comment = [")
        for name, value in options.items():
            expected[(section, name)] = len(lines) + 1
            lines += f"{name} = {value}".split("\n")
    text = "\n".join(lines)
    tomllib.loads(text)
    assert locate(text) == expected
