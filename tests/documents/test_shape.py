from enum import StrEnum
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BeforeValidator, Field, ValidationError, field_validator

from mailbridge.documents.located import parse
from mailbridge.documents.shape import Shape, json_schema, shape
from mailbridge.documents.wording import UnfitError, show_flow
from mailbridge.errors import BadDocument


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Label(Shape):
    label: str | list[str]
    in_: str = Field(default="text", alias="in")


class Pattern(Shape):
    pattern: str
    clean: bool = False


def _one_is_a_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Ways = Annotated[tuple[Label, ...], BeforeValidator(_one_is_a_list)]


class Garden(Shape):
    name: Annotated[str, Field(min_length=2, max_length=5, description="What it is called.")] = (
        "abc"
    )
    trees: Annotated[int, Field(ge=1, lt=100)] = Field(default=3, examples=[12])
    size: Annotated[float, Field(gt=0, le=9)] = 1.5
    open: bool = False
    colour: Colour = Colour.RED
    mode: Literal["auto"] | int = 1
    beds: dict[str, str | Label | Pattern] = Field(default_factory=dict)
    paths: tuple[Label, ...] = ()
    ways: Ways = ()
    plots: dict[str, Ways] = Field(default_factory=dict)
    depth: dict[Literal["root", "crown"], int] = Field(default_factory=dict)
    code: Annotated[str, Field(pattern="^[a-z]+$", description="Small letters.")] = "x"
    tags: Annotated[list[str], Field(min_length=1, max_length=2)] = Field(
        default_factory=lambda: ["a"]
    )
    owner: str | None = None
    number: int = Field(default_factory=lambda so_far: so_far["trees"])

    @field_validator("owner")
    @classmethod
    def _check_owner(cls, owner: str | None) -> str | None:
        if owner == "nobody":
            raise ValueError("Nobody owns nothing.")
        if owner == "all":
            raise UnfitError("All is nobody.", "Name one.", code="too-many")
        return owner


class Town(Shape):
    garden: Garden
    twin: Garden | None = None


class Required(Shape):
    host: str = Field(description="The server.", examples=["imap.example.org"])
    port: int
    user: str


def complaints(text: str, model: type[Shape] = Town) -> list[str]:
    with pytest.raises(BadDocument) as caught:
        shape(parse(text, "f.yaml"), model)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None, "pydantic's error holds what was written"
    return [str(p) for p in caught.value.problems]


def codes(text: str, model: type[Shape] = Town) -> list[tuple[int, int, str, str]]:
    with pytest.raises(BadDocument) as caught:
        shape(parse(text, "f.yaml"), model)
    return [(p.line, p.column, p.key, p.code) for p in caught.value.problems]


def garden(text: str) -> Garden:
    return shape(parse(text, "f.yaml"), Garden)


def test_the_shape_gives_texts_their_types() -> None:
    read = garden("name: no\ntrees: '007'\nsize: 2\nopen: yes\nmode: auto\nowner: 12:30")
    assert (read.name, read.trees, read.size, read.open) == ("no", 7, 2.0, True)
    assert (read.mode, read.owner, read.number) == ("auto", "12:30", 7)


def test_values_are_frozen() -> None:
    read = garden("name: abc")
    with pytest.raises(ValidationError):
        read.name = "other"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "hots: x\nport: 1\nuser: u",
            (
                "f.yaml:1:1: hots: Unknown key 'hots'. "
                "Did you mean 'host'? Allowed here: host, port, user."
            ),
        ),
        (
            "host: h\nport: 1\nuser: u\nzzz: 1",
            "f.yaml:4:1: zzz: Unknown key 'zzz'. Remove it. Allowed here: host, port, user.",
        ),
        (
            "port: 1\nuser: u",
            (
                "f.yaml:1:1: host: The key 'host' is missing. "
                "Add 'host: imap.example.org'. The server."
            ),
        ),
        (
            "host: h\nport: 1",
            "f.yaml:1:1: user: The key 'user' is missing. Add a line 'user: …'.",
        ),
        (
            "host: h\nuser: u\nport: abc",
            (
                "f.yaml:3:7: port: 'abc' stands where a whole number is wanted. "
                "Write for example 'port: 100'."
            ),
        ),
        (
            "host: [h]\nuser: u\nport: 1",
            (
                "f.yaml:1:7: host: A list stands where a text is wanted. "
                "Write for example 'host: imap.example.org'."
            ),
        ),
        (
            "host:\nuser: u\nport: 1",
            (
                "f.yaml:1:1: host: Nothing stands where a text is wanted. "
                "Write for example 'host: imap.example.org'."
            ),
        ),
        (
            "only a text",
            (
                "f.yaml:1:1: 'only a text' stands where a group of 'key: value' lines is wanted. "
                "Write 'key: value' lines here."
            ),
        ),
    ],
)
def test_common_mistakes_in_full(text: str, expected: str) -> None:
    assert complaints(text, Required) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "trees: many",
            (
                "garden.trees: 'many' stands where a whole number is wanted. "
                "Write for example 'trees: 12', or remove the line: then the default holds."
            ),
        ),
        (
            "trees: 1.5",
            (
                "garden.trees: '1.5' stands where a whole number is wanted. "
                "Write for example 'trees: 12', or remove the line: then the default holds."
            ),
        ),
        (
            "trees: 0",
            (
                "garden.trees: The value must be at least 1. "
                "Write for example 'trees: 12', or remove the line: then the default holds."
            ),
        ),
        (
            "size: .nan",
            (
                "garden.size: '.nan' stands where a number is wanted. Write for example "
                "'size: 1.5', or remove the line: then the default holds."
            ),
        ),
        (
            "open: maybe",
            (
                "garden.open: 'maybe' stands where true or false is wanted. "
                "Write for example 'open: false', or remove the line: then the default holds."
            ),
        ),
        (
            "colour: gren",
            (
                "garden.colour: 'gren' stands where one of red, green is wanted. "
                "Did you mean 'green'?"
            ),
        ),
        (
            "colour: mauve",
            (
                "garden.colour: 'mauve' stands where one of red, green is wanted. Write for "
                "example 'colour: red', or remove the line: then the default holds."
            ),
        ),
        (
            "mode: atuo",
            (
                "garden.mode: 'atuo' stands where auto or a whole number is wanted. "
                "Did you mean 'auto'?"
            ),
        ),
        (
            "code: ABC",
            (
                "garden.code: 'ABC' is malformed. "
                "Wanted: Small letters. It must match the pattern ^[a-z]+$."
            ),
        ),
        (
            "depth: {roots: 1}",
            (
                "garden.depth.roots: 'roots' stands where one of root, crown is wanted. "
                "Did you mean 'root'?"
            ),
        ),
        (
            "beds: {a: [x]}",
            (
                "garden.beds.a: A list stands where a text or a group of 'key: value' lines is "
                "wanted. Write for example 'a: a text'."
            ),
        ),
        (
            "beds: {a: {label: x, pattern: y}}",
            (
                "garden.beds.a.pattern: The key 'pattern' does not go together with the others "
                "here. Remove it, or write this in one form only. Allowed here: in, label."
            ),
        ),
        ("owner: nobody", "garden.owner: Nobody owns nothing."),
        ("owner: all", "garden.owner: All is nobody. Name one."),
    ],
)
def test_mistakes_in_a_group(text: str, expected: str) -> None:
    (said,) = complaints(f"garden: {{{text}}}")
    assert said.partition(": ")[2] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("trees: 100", "must be less than 100"),
        ("size: 0", "must be more than 0"),
        ("size: 10", "must be at most 9"),
        ("size: inf", "must be a finite number"),
        ("name: a", "must have at least 2 characters"),
        ("name: abcdef", "must have at most 5 characters"),
        ("tags: []", "must hold at least 1 entry"),
        ("tags: [a, b, c]", "must hold at most 2 entries"),
        (f"trees: {'9' * 5000}", "is too large a number"),
    ],
)
def test_limits_are_told(text: str, expected: str) -> None:
    (said,) = complaints(f"garden: {{{text}}}")
    assert f"The value {expected}." in said


def test_everything_is_collected_with_its_place() -> None:
    text = """\
garden:
  nane: x
  trees: many
  beds:
    a: {labl: x}
    b: {patern: y}
    c: {label: [x, [y]]}
  paths:
    - {in: x}
    - label: a
      i: 3
    - text
  ways: {lable: x}
  plots: {a: {lable: x}, b: [{label: x, i: 3}]}
twin:
  opne: 1
tonw: 1
"""
    assert codes(text) == [
        (2, 3, "garden.nane", "unknown-key"),
        (3, 10, "garden.trees", "wrong-type"),
        (5, 9, "garden.beds.a.labl", "unknown-key"),
        (6, 9, "garden.beds.b.patern", "unknown-key"),
        (7, 20, "garden.beds.c.label.1", "wrong-type"),
        (9, 7, "garden.paths.0.label", "missing-key"),
        (11, 7, "garden.paths.1.i", "unknown-key"),
        (12, 7, "garden.paths.2", "wrong-type"),
        (13, 10, "garden.ways.lable", "unknown-key"),
        (14, 15, "garden.plots.a.lable", "unknown-key"),
        (14, 41, "garden.plots.b.0.i", "unknown-key"),
        (16, 3, "twin.opne", "unknown-key"),
        (17, 1, "tonw", "unknown-key"),
    ]


def test_the_keys_of_one_that_stands_for_a_list_are_known() -> None:
    (said,) = complaints("garden: {ways: {lable: x}}")
    assert said.endswith("Did you mean 'label'? Allowed here: in, label.")
    (said,) = complaints("garden: {plots: {a: {lable: x}}}")
    assert said.endswith("Did you mean 'label'? Allowed here: in, label.")
    assert garden("ways: {label: x}").ways == (Label(label="x"),)


def test_a_word_of_many_is_not_listed() -> None:
    class Many(Shape):
        word: Literal["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b1", "b2", "b3", "cde"]

    (said,) = complaints("word: cdef", Many)
    assert said.endswith("'cdef' stands where one of 13 known words is wanted. Did you mean 'cde'?")


def test_a_long_value_is_cut_in_messages() -> None:
    (said,) = complaints(f"garden: {{trees: {'x' * 200}}}")
    assert "x" * 60 + "…'" in said


def test_json_schema_is_valid_and_describes() -> None:
    schema = json_schema(Town)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$defs"]["Garden"]["properties"]["name"]["description"] == "What it is called."
    assert "in" in schema["$defs"]["Label"]["properties"]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"env": "X"}, "{env: X}"),
        (["a", True], "[a, true]"),
        ({"a": [1, {"b": "c"}]}, "{a: [1, {b: c}]}"),
    ],
)
def test_examples_are_written_as_yaml(value: object, expected: str) -> None:
    assert show_flow(value) == expected


JARGON = ("input should", "str_type", "function-", "valid ", "parsing", "none_required", "type=")
WRITTEN = st.recursive(
    st.sampled_from(["", "x", "1", "-1", "1e9", "yes", "auto", "red", "~", "''"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(
            st.sampled_from(
                [
                    *Garden.model_fields,
                    "in",
                    "label",
                    "pattern",
                    "garden",
                    "twin",
                    "nmae",
                    "str",
                    "1",
                ]
            ),
            inner,
            max_size=4,
        ).map(lambda d: f"{{{', '.join(f'{k}: {v}' for k, v in d.items())}}}")
    ),
    max_leaves=10,
)


@settings(deadline=None)  # shared machines pause
@given(WRITTEN)
def test_whatever_is_written_the_answer_is_in_plain_words(text: str) -> None:
    try:
        shape(parse(f"garden: {text}", "f.yaml"), Town)
    except BadDocument as error:
        said = str(error).lower()
    else:
        said = ""
    assert not [word for word in JARGON if word in said]
    assert "does not fit here" not in said, "an error of pydantic has no words yet"
