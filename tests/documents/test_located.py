import random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbridge.documents import located
from mailbridge.documents.located import parse
from mailbridge.errors import BadDocument
from mailbridge.problems import Problem

TEXT = """\
portal: example.org
fields:
  sender_email:
    label: [E-mail, 'Mél']
  note: ~
list:
  - first
  - {second: 2}
"""


def problems(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(BadDocument) as caught:
        parse(text, "f.yaml")
    return [(p.line, p.column, p.code) for p in caught.value.problems]


def message(text: str) -> str:
    with pytest.raises(BadDocument) as caught:
        parse(text, "f.yaml")
    return str(caught.value)


def test_every_value_and_key_has_its_place() -> None:
    document = parse(TEXT, "f.yaml")
    assert document.data == {
        "portal": "example.org",
        "fields": {"sender_email": {"label": ["E-mail", "Mél"]}, "note": None},
        "list": ["first", {"second": "2"}],
    }
    assert document.place(["fields", "sender_email", "label", 1]) == (4, 21)
    assert document.key_place(["fields", "sender_email", "label"]) == (4, 5)
    assert document.place(["list", 1, "second"]) == (8, 14)
    assert document.place([]) == (1, 1)
    assert document.key_place([]) == (1, 1)
    assert document.key_place(["list", 0]) == (7, 5)


def test_what_is_not_written_stands_where_the_nearest_above_stands() -> None:
    document = parse(TEXT, "f.yaml")
    assert document.place(["list", 1, "third", "fourth"]) == (8, 5)
    assert document.key_place(["list", 1, "third"]) == (8, 5)
    assert document.value(["list", 9]) is None
    assert document.value(["list", 0]) == "first"
    assert document.has(["fields", "note"])
    assert not document.has(["fields", "nota"])


@pytest.mark.parametrize(
    "written",
    ["no", "on", "yes", "12:30", "2026-11-22", "007", "1e3", "0x1F", "1_000", "NO", "=", "<"],
)
def test_scalars_stay_as_written(written: str) -> None:
    assert parse(f"a: {written}", "f").data == {"a": written}


@pytest.mark.parametrize("written", ["", "~", "null", "Null", "NULL", "# only a comment"])
def test_only_these_are_nothing(written: str) -> None:
    assert parse(f"a: {written}", "f").data == {"a": None}


@pytest.mark.parametrize("written", ["''", '""'])
def test_a_quoted_nothing_is_an_empty_text(written: str) -> None:
    assert parse(f"a: {written}\nb: 'null'", "f").data == {"a": "", "b": "null"}


def test_a_byte_order_mark_does_not_shift_columns() -> None:
    assert parse("\ufeffa: b", "f").key_place(["a"]) == (1, 1)


def test_duplicate_keys_name_both_lines_and_are_all_told() -> None:
    assert message("a: 1\nb: {c: 1,\n  c: 2}\na: 2\n") == (
        "f.yaml:3:3: The key 'c' is written twice: in line 2 and here in line 3. "
        "Keep one of the two.\n"
        "f.yaml:4:1: The key 'a' is written twice: in line 1 and here in line 4. "
        "Keep one of the two."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a:\n\tb: c",
            "f.yaml:2:1: This line is indented with a tab. Indent with spaces only.",
        ),
        (
            "a: 'open\nb: c\n",
            (
                "f.yaml:1:4: The quote that opens here is never closed. "
                "Close it; inside single quotes write an apostrophe twice ('')."
            ),
        ),
        (
            "",
            (
                "f.yaml:1:1: The file is empty or holds only comments. "
                "Write at least one 'key: value' line, or remove the file."
            ),
        ),
        (
            'pattern: "\\d+"',
            (
                "f.yaml:1:12: In double quotes a backslash starts an escape such as \\n, and this "
                "is none. Put the value in single quotes, where a backslash is only a backslash."
            ),
        ),
        (
            "from: @example.org",
            "f.yaml:1:7: A value cannot start with '@'. Put the value in single quotes.",
        ),
        (
            "a: 1\nfoo\nb: 2",
            (
                "f.yaml:2:1: This is no 'key: value': the colon is missing. Write a colon and a "
                "blank after the key, or indent the line if it continues a value."
            ),
        ),
        (
            "a: 1\n---\nb: 2",
            "f.yaml:2:1: A second document begins here with '---'. Keep one document in each file.",
        ),
        (
            "a: b\x07",
            (
                "f.yaml:1:5: An invisible control character (U+0007) stands here. "
                "Delete it; if there are many, save the file as plain text in UTF-8."
            ),
        ),
    ],
)
def test_common_mistakes_in_full(text: str, expected: str) -> None:
    assert message(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# nothing\n", (1, 1, "empty-file")),
        ("a: |\n  x\n\ty: 1", (3, 1, "tab")),
        ("a: b\n \tc: d", (2, 2, "tab")),
        ("- x\n-\t@y", (2, 2, "tab")),
        ("a: [x,\n\t\t@]", (2, 1, "tab")),
        ('a: "x\n--- y', (1, 4, "unclosed-quote")),
        ("a: `x`", (1, 4, "needs-quotes")),
        ("a: %x", (1, 4, "needs-quotes")),
        ("a: *.+", (1, 4, "needs-quotes")),
        ("a: &.x", (1, 4, "needs-quotes")),
        ("a: *none", (1, 4, "unknown-alias")),
        ("a: &a [*a]", (1, 8, "unknown-alias")),
        ("a: !x y", (1, 4, "tag")),
        ("a: !!python/object:os.system []", (1, 4, "tag")),
        ("a: !<x y", (1, 4, "needs-quotes")),
        ("a: !x!y z", (1, 4, "needs-quotes")),
        ("a: > x", (1, 4, "needs-quotes")),
        ("%YAML x\n---\na: b", (1, 7, "needs-quotes")),
        ("a: b: c", (1, 5, "stray-colon")),
        ("a: 1\n b: 2", (2, 3, "stray-colon")),
        ("a: - b", (1, 4, "bad-indentation")),
        ("a:\n    b: 1\n  c: 2", (3, 3, "bad-indentation")),
        ("a: [1, 2\nb: 3", (1, 4, "unclosed-bracket")),
        ("a: {b: 2\nc: 3", (1, 4, "unclosed-bracket")),
        ("a: ]", (1, 4, "missing-value")),
        ("a: 'l'adresse'", (1, 7, "needs-quotes")),
        ("a: [A-Z]+x", (1, 9, "needs-quotes")),
        ("[a]: b", (1, 1, "bad-key")),
        ("x: &x 1\n*x : b", (2, 1, "bad-key")),
        ("<<: {a: b}", (1, 1, "merge-key")),
        ('a: "\\ud83d"', (1, 4, "bad-character")),
        ('a: "\\UFFFFFFFF"', (1, 7, "bad-escape")),
        ("\n\na: \x00", (3, 4, "bad-character")),
        ("[" * 60, (1, 52, "too-deep")),
        ("a" * 1_000_001, (1, 1, "too-large")),
    ],
)
def test_each_mistake_has_its_place_and_name(text: str, expected: tuple[int, int, str]) -> None:
    assert problems(text) == [expected]


def test_no_message_quotes_what_may_be_a_password() -> None:
    for text in ("p: *hunter2", "p: !hunter2 x", "p: @hunter2", "p: 'hunter2", "p: hunter2: x"):
        assert "hunter2" not in message(text)


def test_aliases_are_followed_and_shown_where_the_value_is_written() -> None:
    document = parse("a: &x {k: 1}\nb: *x", "f")
    assert document.data == {"a": {"k": "1"}, "b": {"k": "1"}}
    assert document.place(["b", "k"]) == (1, 11)


def test_aliases_cannot_grow_without_bound() -> None:
    lines = ["a0: &a0 x"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert [code for _, _, code in problems("\n".join(lines))] == ["too-large"]


def test_a_scanner_that_fails_without_a_word_is_still_a_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Without libyaml only the Python scanner is there, and chr() is out of range in it.
    monkeypatch.setattr(located, "_LOADERS", [yaml.SafeLoader])
    assert problems('a: "\\UFFFFFFFF"') == [(0, 0, "bad-yaml")]
    assert problems(f"%YAML 1.{'9' * 5000}\n--- a") == [(0, 0, "bad-yaml")]
    assert parse("a: b", "f").data == {"a": "b"}


def test_the_two_scanners_place_values_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    assert yaml.__with_libyaml__, "the lock file's wheel has libyaml"
    text = TEXT + "b: |\n  ünïcode 🏠\nc:\nd: {e: '🏠', f: [g]}\n"
    fast = parse(text, "f")
    monkeypatch.setattr(located, "_LOADERS", [yaml.SafeLoader])
    slow = parse(text, "f")
    assert fast.root == slow.root


YAMLISH = st.text(
    st.one_of(st.sampled_from("ab:-#'\"[]{},&*!|>%@`?\\ \n\t<=~0u"), st.characters()), max_size=60
)


def problems_of(text: str) -> tuple[Problem, ...]:
    try:
        parse(text, "f.yaml")
    except BadDocument as error:
        return error.problems or (Problem(),)
    return ()


@settings(deadline=None)  # shared machines pause
@given(st.one_of(st.text(), YAMLISH))
def test_any_text_is_a_document_or_a_bad_document(text: str) -> None:
    for problem in problems_of(text):
        assert problem.file == "f.yaml"
        assert problem.code
        assert problem.text.endswith(".")
        assert problem.remedy
        assert 1 <= problem.line <= len(text.splitlines()) + 1
        assert problem.column >= 1


WRITABLE = st.recursive(
    st.text("abcdé -:#'\"\\@[]{}\n", max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(deadline=None)  # shared machines pause
@given(WRITABLE, st.randoms(use_true_random=False))
def test_what_yaml_writes_is_read_back(data: object, choice: random.Random) -> None:
    style = choice.choice([None, "'", '"', "|"])
    written = yaml.safe_dump(data, allow_unicode=True, default_style=style)
    # safe_dump tags nothing but what a style would change: texts only, as here.
    assert parse(written.replace("!!str ", ""), "f").data == data
