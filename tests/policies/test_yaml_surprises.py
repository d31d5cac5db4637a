"""What YAML would change behind the writer's back stays what it says, and what could harm is refused."""

from datetime import date
from pathlib import Path

import pytest

from policies.loader import Library
from policies.lookup import find
from policies.reading import MOST_BYTES, read_source

from .conftest import PACKS, SMALL, problems_of

ON = date(2026, 3, 2)


def _load(tmp_path: Path, *changes: tuple[str, str]) -> Library:
    text = SMALL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    folder = tmp_path / "packs"
    folder.mkdir()
    (folder / "regulations").symlink_to(PACKS / "regulations")
    (folder / "small-2021.yaml").write_text(text, encoding="utf-8")
    return Library(folder)


@pytest.mark.parametrize("word", ["no", "on", "yes", "off", "1:30", "2020-01-06", "0x10", "1_000", "null", "~"])
def test_names_keep_their_words(tmp_path: Path, word: str) -> None:
    pack = _load(tmp_path, ("en: archive}\n    unit", f"en: {word}}}\n    unit")).load("small-2021")
    assert pack.rules["archive.due"].says.en == word


def test_a_choice_named_no_is_a_text(tmp_path: Path) -> None:
    library = _load(
        tmp_path,
        ("    unit: hour_of_day", "    unit: choice"),
        ("{from: 2020-01-06, value: 9}", "{from: 2020-01-06, value: no}"),
    )
    assert find(library.load("small-2021"), "message.hour", ON).value == "no"


@pytest.mark.parametrize("text", ["010", "1_0", "1e1", "0x0a", "10.0", " "])
def test_a_whole_number_is_written_as_one(tmp_path: Path, text: str) -> None:
    problems = problems_of(tmp_path, SMALL.replace("value: 9}", f"value: '{text}'}}"), against_clauses=False)
    if text == "010":  # a leading zero is decimal here, never octal
        assert problems == []
    else:
        assert [problem.key for problem in problems] == ["settings.message.hour.values[0].value"]


def test_a_flag_is_true_or_false_only(tmp_path: Path) -> None:
    shulan = (PACKS / "shulan-2017.yaml").read_text(encoding="utf-8").replace("blocks: false", "blocks: no", 1)
    path = tmp_path / "shulan-2017.yaml"
    path.write_text(shulan, encoding="utf-8")
    from policies.loader import check_file

    assert [problem.what for problem in check_file(path, PACKS)] == ["'no' is not a flag"]


def test_a_repeal_is_an_explicit_null_with_its_clause(tmp_path: Path) -> None:
    rule = "- {from: 2020-01-06, value: 7, cites: CQ2021-6.11}"
    library = _load(tmp_path, (rule, f"{rule}\n      - {{from: 2024-01-01, value: null, cites: CQ2021-6.11}}"))
    pack = library.load("small-2021")
    assert find(pack, "archive.due", date(2023, 12, 31)).value == 7
    repealed = find(pack, "archive.due", date(2024, 1, 1))
    assert (repealed.value, repealed.basis.clause) == (None, "CQ2021-6.11")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "a: &x [1]\nb: *x\n",
            ["1: the anchor &x is not allowed; remove it", "2: the alias *x is not allowed; write the value out"],
        ),
        ("a: !!python/object/apply:os.system [ls]\n",
         [("1: the tag tag:yaml.org,2002:python/object/apply:os.system is not allowed; remove it; "
          "the schema types the value")]),
        ("a: !include other.yaml\n", ["1: the tag !include is not allowed; remove it; the schema types the value"]),
        ("a: 1\n---\nb: 2\n", ["2: a second document begins (---); keep one pack in a file"]),
        ("? [a, b]\n: 1\n", ["1: a key is a list or a mapping; use a word as the key"]),
        ("a: [1\nb: 2\n", [("2: is not YAML: did not find expected ',' or ']'; "
                           "look at quotes, colons and indentation on this line")]),
        ("\ta: 1\n", [("1: is not YAML: found character that cannot start any token; "
                      "look at quotes, colons and indentation on this line")]),
        ("[" * 30 + "]" * 30, ["1: nested deeper than 24 levels; a pack is flat; look for a stray [ or {"]),
    ],
)  # fmt: skip
def test_what_could_harm_is_refused(tmp_path: Path, text: str, said: list[str]) -> None:
    path = tmp_path / "bad-2021.yaml"
    path.write_text(text, encoding="utf-8")
    problems = read_source(path).problems
    assert [f"{one.line}: {one.what}; {one.todo}" for one in problems] == said


def test_a_bomb_of_aliases_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    path = tmp_path / "bomb-2021.yaml"
    path.write_text("\n".join(rows), encoding="utf-8")
    source = read_source(path)
    assert source.content is None
    assert len(source.problems) == 12 + 11 * 10


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("区域: 重庆".encode("gbk"), "byte 0 is not UTF-8; save the file as UTF-8 and try again"),
        (b"", "the file is empty; write a pack (docs/add-a-region.md shows one)"),
        (b"# only a remark\n", "the file is empty; write a pack (docs/add-a-region.md shows one)"),
        (b"a" * (MOST_BYTES + 1), f"the file has {MOST_BYTES + 1} bytes; a pack has at most {MOST_BYTES}; split it"),
    ],
)
def test_a_file_that_is_no_pack_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    assert [f"{one.what}; {one.todo}" for one in problems_of(tmp_path, content)] == [said]


def test_a_list_is_no_pack(tmp_path: Path) -> None:
    assert [str(one) for one in problems_of(tmp_path, "- a\n- b\n")] == [
        "small-2021.yaml:1: a mapping is expected, not a list; write it as {key: value}"
    ]


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    from policies.loader import check_file

    assert [str(one) for one in check_file(tmp_path / "none-2021.yaml", PACKS)] == [
        "none-2021.yaml: cannot be read (No such file or directory); check the name and that you may read it"
    ]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert problems_of(tmp_path, b"\xef\xbb\xbf" + SMALL.encode("utf-8"), against_clauses=False) == []
