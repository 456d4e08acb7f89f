"""docs/rules.md: every example runs, and every word of the rule language is there."""

import re
from functools import cache
from pathlib import Path

import pytest

from mailbridge.documents.casefile import CaseFile
from mailbridge.documents.located import parse
from mailbridge.documents.rulefile import FieldName, FieldShape, MatchShape, RuleFile, SectionShape
from mailbridge.documents.shape import shape
from mailbridge.message.message import Message
from mailbridge.message.reader import read
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.compilation import compile_portal
from mailbridge.rules.completion import unite
from mailbridge.rules.judgement import Inquired, gather, judge
from mailbridge.rules.portal import Portal

GUIDE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
BLOCKS = [(kind, text) for kind, text in re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.M | re.S)]


def examples() -> list[dict[str, str]]:
    """Each rule file, with the blocks that follow it up to the next one."""
    found: list[dict[str, str]] = []
    for kind, text in BLOCKS:
        if kind == "yaml":
            found.append({})
        if kind != "case":
            found[-1][kind] = text
    return found


EXAMPLES = examples()


@cache
def shipped() -> tuple[Portal, ...]:
    return shipped_portals(5.0)


def test_each_example_has_a_mail_and_a_result() -> None:
    assert len(EXAMPLES) >= 10
    assert all({"yaml", "mail", "result"} <= set(example) for example in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example(example: dict[str, str]) -> None:
    own = [compile_portal(parse(example["yaml"], "example.yaml"))]
    if "base" in example:
        own.append(compile_portal(parse(example["base"], "base.yaml")))
    message = read(example["mail"].replace("\n", "\r\n").encode())
    assert isinstance(message, Message)
    verdict = judge(message, gather(unite(shipped(), own)))
    assert isinstance(verdict, Inquired)
    assert verdict.portal.name == own[0].name
    found = {name: one.value for name, one in verdict.inquiries[0].fields.items()}
    assert found == parse(example["result"], "result.yaml").data


def test_the_case_has_the_shape_of_cases() -> None:
    (case,) = [text for kind, text in BLOCKS if kind == "case"]
    assert shape(parse(case, "first.yaml"), CaseFile).lead


def test_every_word_is_told() -> None:
    words = {
        info.alias or name
        for model in (RuleFile, MatchShape, SectionShape, FieldShape)
        for name, info in model.model_fields.items()
    }
    rows = GUIDE.partition("## All words")[2].splitlines()
    first_cells = " ".join(row.split("|")[1] for row in rows if row.startswith("|"))
    assert sorted(words) == sorted(re.findall(r"`(\w+)`", first_cells))
    assert [name for name in FieldName if f"`{name.value}`" not in GUIDE] == []


def test_every_heading_is_in_the_contents() -> None:
    headings = re.findall(r"^## (.+)$", GUIDE, re.M)
    linked = re.findall(r"^(?:Contents: )?\[([^\]]+)\]\(#", GUIDE, re.M)
    assert linked == headings
