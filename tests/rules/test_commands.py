"""`rules test`, `rules explain` and `rules check` as commands."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from mailbridge.cli.main import app
from mailbridge.errors import MailbridgeError

RULES = """
portal: homes.example
evidence: seen
match: {from: inquiries@homes.example, not_body: '^Luxury$'}
sections:
  contact: {start: '^Contact$'}
  message: {start: '^Message$', free_text: true}
footer: '^Bye'
fields:
  sender_name: {in: contact, label: [Name, Nom]}
  sender_email: {in: contact, label: Mail}
  property_reference: {in: contact, label: Ref}
  sender_message: {in: message, take: section}
require: [property_reference, sender_email]
"""
MAIL = """\
From: inquiries@homes.example
Date: Mon, 2 Nov 2026 10:00:00 +0100
Subject: Inquiry

Contact
Name: Ann Other
Mail: ann.other@example.org
Ref: B-12
Message
Hello,
is it quiet?
Bye
"""
CASE = """
portal: homes.example
outcome: lead
lead:
  sender_firstname: Ann
  sender_lastname: Other
  sender_email: ann.other@example.org
  property_reference: B-12
  sender_message: |-
    Hello,
    is it quiet?
"""
LUXURY = ("Message", "Luxury\nMessage")
ELSEWHERE = "portal: null\noutcome: unmatched\nlead: null\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a rule file and two cases, away from anybody's settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.delenv("MAILBRIDGE_CONFIG", raising=False)
    (tmp_path / "homes.yaml").write_text(RULES, "utf-8")
    cases = tmp_path / "homes.example"
    cases.mkdir()
    write_case(cases, "first", MAIL, CASE)
    write_case(cases, "french", MAIL.replace("Name:", "Nom:"), CASE)
    write_case(cases, "luxury", MAIL.replace(*LUXURY), ELSEWHERE)
    return tmp_path


def write_case(folder: Path, name: str, mail: str, expected: str) -> None:
    (folder / f"{name}.eml").write_bytes(mail.replace("\n", "\r\n").encode())
    (folder / f"{name}.yaml").write_text(expected, "utf-8")


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["rules", *words])
    if isinstance(result.exception, MailbridgeError):
        assert code == 1
        return str(result.exception)
    assert result.exit_code == code, result.output
    return result.output


def test_all_is_right(folder: Path) -> None:
    assert "3 cases of 1 portals: 3 right, 0 wrong." in run("test", "homes.yaml")


def test_a_difference_is_shown_for_each_field(folder: Path) -> None:
    wrong = CASE.replace("Other", "Otter").replace("quiet", "loud")
    write_case(folder / "homes.example", "first", MAIL, wrong)
    told = run("test", "homes.yaml", "--junit", "result.xml", code=1)
    assert "homes.example/first.eml  (homes.example)" in told
    assert "    sender_lastname: expected 'Otter', found 'Other'\n" in told
    assert "        - is it loud?\n        + is it quiet?\n" in told
    assert "3 cases of 1 portals: 2 right, 1 wrong." in told


def test_junit(folder: Path) -> None:
    write_case(folder / "homes.example", "first", MAIL, CASE.replace("B-12", "B-13"))
    (folder / "homes.yaml").write_text(RULES.replace("Nom]", "Nom, Nume]"), "utf-8")
    run("test", "homes.yaml", "--junit", "result.xml", code=1)
    root = ElementTree.parse("result.xml").getroot()  # noqa: S314  (our own)
    (suite,) = root
    assert {key: suite.get(key) for key in ("name", "tests", "failures", "errors")} == {
        "name": "homes.example",
        "tests": "4",
        "failures": "2",
        "errors": "0",
    }
    failed = {case.get("name"): case.find("failure") for case in suite}
    assert failed["french"] is None
    first, lacking = failed["first"], failed["every rule has a case"]
    assert first is not None
    assert first.get("message") == "property_reference: expected 'B-13', found 'B-12'"
    assert lacking is not None
    assert "no case exercises 'nume'" in (lacking.text or "")


def test_junit_that_cannot_be_written_is_told(folder: Path) -> None:
    told = run("test", "homes.yaml", "--junit", "none/result.xml", code=1)
    assert told == "none/result.xml: cannot be written: No such file or directory."


def test_a_rule_without_a_case_fails(folder: Path) -> None:
    (folder / "homes.example" / "luxury.eml").unlink()
    (folder / "homes.example" / "luxury.yaml").unlink()
    told = run("test", "homes.yaml", code=1)
    assert "homes.yaml:4:50: match.not_body: no case exercises '^Luxury$'." in told
    assert "2 right, 0 wrong; 1 rules without a case." in told


def test_a_mail_of_two_portals_fails(folder: Path) -> None:
    other = RULES.replace("portal: homes.example", "portal: other.example")
    (folder / "all").mkdir()
    (folder / "homes.yaml").rename(folder / "all" / "homes.yaml")
    (folder / "all" / "other.yaml").write_text(other, "utf-8")
    (folder / "homes.example").rename(folder / "all" / "homes.example")
    (folder / "all" / "other.example").mkdir()
    write_case(folder / "all" / "other.example", "first", MAIL, CASE)
    told = run("test", "all", code=1)
    assert "portals that match: expected 'one', found 'homes.example, other.example'" in told


def test_a_portal_without_cases_and_a_mail_without_its_expectation(folder: Path) -> None:
    (folder / "homes.example" / "first.yaml").unlink()
    assert "first.eml: nothing says what is expected of it." in run("test", "homes.yaml", code=1)
    assert "homes.example: no case was found." in run(
        "test", "homes.yaml", "--cases", "none", code=1
    )


def test_an_overridden_rule_file_is_told(folder: Path) -> None:
    (folder / "again.yaml").write_text(RULES, "utf-8")
    told = run("test", "homes.yaml", "again.yaml", code=1)
    assert told == "homes.yaml: another rule file of homes.example is used instead."


def test_explain_tells_all(folder: Path) -> None:
    told = run("explain", "homes.example/first.eml", "--rules", "homes.yaml")
    assert told.startswith("lead · homes.example\n")
    assert (
        "homes.example\tyes\tthe sender is named; not_body '^Luxury$' not found (homes.yaml:4:50)"
    ) in told
    assert "homegate.ch\tno\tthe sender is not interested@homegate.ch" in told
    assert "contact\t7–62\thomes.yaml:6:20" in told
    assert "message\t69–" in told
    assert "the visitor's words" in told
    assert "footer\t" in told
    assert "Name: ⟦sender_name: Ann Other⟧" in told
    assert "almost" not in told


def test_explain_tells_what_almost_matched(folder: Path) -> None:
    write_case(folder, "x", MAIL.replace("Mail: ann.other@", "Mail: ann.other at "), CASE)
    told = run("explain", "x.eml", "--rules", "homes.yaml")
    assert told.startswith("incomplete · homes.example\n  ! ")
    assert (
        "sender_email\tfound 'ann.other at example.org', which does not fit sender_email\t"
        "homes.yaml:11:38"
    ) in told


def test_explain_tells_who_ignores_a_mail(folder: Path) -> None:
    (folder / "homes.yaml").write_text(RULES + "ignore: [{subject: Inquiry}]\n", "utf-8")
    told = run("explain", "homes.example/first.eml", "--rules", "homes.yaml")
    assert "homes.example\tignores it\tignore: at homes.yaml:15:10; subject 'Inquiry' found" in told


def test_explain_of_what_is_no_mail_or_more_than_one(folder: Path) -> None:
    header = f"X-Long: {'x' * 2_000_000}\n"
    write_case(folder, "x", header + MAIL, CASE)
    assert run("explain", "x.eml").startswith("unreadable\n  ! ")
    told = run("explain", "homes.example", code=1)
    assert told == "homes.example: 3 mails are there; name the file of one."


def test_explain_of_a_pattern_without_end(folder: Path) -> None:
    rules = RULES.replace("{in: contact, label: Ref}", "{pattern: '^((?:a|aa)+)$'}")
    (folder / "homes.yaml").write_text(rules, "utf-8")
    write_case(
        folder, "x", MAIL.replace("is it quiet?", f"{'a' * 5000}b").replace("Message", ""), CASE
    )
    told = run("explain", "x.eml", "--rules", "homes.yaml")
    assert "homes.example\tno\tthe pattern at homes.yaml:12:33 ran out of its time" in told


def test_check_warns(folder: Path) -> None:
    assert "1 rule file: no problem found." in run("check", "homes.yaml")
    rules = RULES.replace("label: [Name, Nom]", "pattern: 'Name: (.+)'")
    (folder / "homes.yaml").write_text(rules, "utf-8")
    told = run("check", "homes.yaml")
    assert "warning: homes.yaml:10:39: fields.sender_name: 'Name:' is found" in told
    assert "1 rule file: no problem found, 1 warnings." in told


def test_the_shipped_rules_are_right_and_need_no_advice(folder: Path) -> None:
    told = run("check")
    assert told.endswith("rule files: no problem found.\n")
    assert "warning" not in told
    assert "immowelt.de\treconstructed\t@immowelt.de, @immowelt.at" in run("list")
