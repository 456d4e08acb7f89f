import jsonschema
import pytest

from mailbridge.documents.casefile import CaseFile
from mailbridge.documents.located import parse
from mailbridge.documents.rulefile import RuleFile
from mailbridge.documents.shape import Shape, json_schema, shape
from mailbridge.errors import BadDocument

RULE = """\
portal: example.org
evidence: seen
match: {from: '@example.org'}
fields:
  sender_email: {label: E-mail}
  sender_message: [{in: note, take: section}, {pattern: '^(.+)$'}]
"""


def complaints(text: str) -> str:
    with pytest.raises(BadDocument) as caught:
        shape(parse(text, "f.yaml"), RuleFile)
    return str(caught.value)


def test_one_way_may_stand_for_a_list() -> None:
    rule = shape(parse(RULE, "f.yaml"), RuleFile)
    assert [len(ways) for ways in rule.fields.values()] == [1, 2]
    assert rule.match.from_ == ("@example.org",)


@pytest.mark.parametrize(
    ("written", "instead", "expected"),
    [
        ("label:", "lable:", "5:18: fields.sender_email.lable: Unknown key 'lable'. Did you mean"),
        (
            "sender_email:",
            "sender_emial:",
            "5:3: fields.sender_emial: 'sender_emial' stands where",
        ),
        ("evidence: seen", "evidence: sen", "2:11: evidence: 'sen' stands where one of seen,"),
        ("'@example.org'", "@example.org", "3:15: A value cannot start with '@'."),
        ("take: section", "take: [section]", "6:37: fields.sender_message.0.take: A list stands"),
    ],
)
def test_mistakes_in_a_rule_file(written: str, instead: str, expected: str) -> None:
    assert complaints(RULE.replace(written, instead)).startswith(f"f.yaml:{expected}")


@pytest.mark.parametrize("model", [RuleFile, CaseFile])
def test_the_schemas_for_editors_are_valid(model: type[Shape]) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(model))
