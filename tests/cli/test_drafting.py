"""`rules draft`, as people run it: a rule file and cases that the other commands accept."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.mails import mail

TEXT = """\
You have an inquiry.

Name: {name}
E-mail: {email}
Phone: 079 000 00 41
{reference}

Message:
{message}

The Homes team
"""


def write(folder: Path, file: str, text: str = "", **words: str) -> str:
    values = {
        "name": "Ann Other",
        "email": "ann@example.org",
        "reference": "Your reference: B-12",
        "message": "Is it free?\nE-mail: other@example.com",
    }
    body = (text or TEXT).format(**(values | words))
    (folder / file).write_bytes(mail("leads@homes.example", "Inquiry", body, file))
    return file


def test_a_draft_passes_check_and_test_and_reads_another_mail(cli: Cli) -> None:
    first = write(cli.folder, "first.eml")
    second = write(cli.folder, "second.eml", name="Bea Next", message="Hello,\n\nwhen may I come?")
    other = write(cli.folder, "other.eml", name="Cy Third", reference="Your reference: X/9")
    out = cli("rules", "draft", first, second, "--portal", "homes.example", "--out", "homes.yaml")
    assert "sender_email\tsure\tann@example.org\tthe label 'E-mail'" in out
    assert "Written: homes.yaml and 2 cases in homes.example." in out
    assert cli("rules", "check", "homes.yaml") == "1 rule file: no problem found.\n"
    assert "2 cases of 1 portals: 2 right, 0 wrong." in cli("rules", "test", "homes.yaml")
    line = cli("dry-run", "--rules", "homes.yaml", "--format", "jsonl", other)
    lead = json.loads(line)["lead"]
    assert (lead["sender_lastname"], lead["property_reference"]) == ("Third", "X/9")
    assert lead["sender_number"] == "+41790000041"


def test_an_unsure_reference_is_left_out_and_told_until_it_is_given(cli: Cli) -> None:
    first = write(cli.folder, "first.eml", reference="Listing ID: 4018223")
    out = cli("rules", "draft", first, "--portal", "homes.example", "--out", "a/homes.yaml")
    assert "property_reference\tunsure\t4018223\t" in out
    assert "portal's own number" in out
    cli("rules", "test", "a/homes.yaml")
    given = ["--field", "property_reference=4018223", "--field", "sender_number=+41790000041"]
    out = cli("rules", "draft", first, "--portal", "homes.example", "--out", "b/homes.yaml", *given)
    assert "property_reference\tgiven\t4018223\t" in out
    cli("rules", "test", "b/homes.yaml")
    assert (
        "property_reference: '4018223'" in (cli.folder / "b/homes.example/first.yaml").read_text()
    )


def test_a_given_value_that_is_not_found_fails_the_command_and_its_case(cli: Cli) -> None:
    first = write(cli.folder, "first.eml")
    arguments = ["--portal", "homes.example", "--out", "homes.yaml", "--field"]
    out = cli("rules", "draft", first, *arguments, "property_reference=Z-9", code=1)
    assert "first: property_reference: given 'Z-9', found" in out
    assert "property_reference: expected 'Z-9'" in cli("rules", "test", "homes.yaml", code=1)


def test_a_forwarded_mail_is_drafted_from_its_inside(cli: Cli) -> None:
    inside = TEXT.replace("You have", "From: Homes <leads@homes.example>\nSent: Monday, 2 November "
        "2026 08:15\nTo: leads@agency.example\nSubject: Inquiry\n\nYou have")  # fmt: skip
    body = inside.format(
        name="Ann Other", email="ann@example.org", reference="Your reference: B-12", message="Free?"
    )
    raw = mail("colleague@agency.example", "FW: Inquiry", body, "forwarded")
    (cli.folder / "forwarded.eml").write_bytes(raw)
    cli("rules", "draft", "forwarded.eml", "--portal", "homes.example", "--out", "homes.yaml")
    assert "from: leads@homes.example" in (cli.folder / "homes.yaml").read_text()
    cli("rules", "test", "homes.yaml")


def test_on_a_terminal_it_asks_for_what_is_not_sure(cli: Cli) -> None:
    first = write(cli.folder, "first.eml", reference="Listing ID: 4018223")
    arguments = ["--portal", "homes.example", "--out", "homes.yaml"]
    inner, outer = pty.openpty()
    done = subprocess.Popen(
        cli.command("rules", "draft", first, *arguments),
        cwd=cli.folder,
        env=cli.env,
        stdin=outer,
        stdout=subprocess.PIPE,
        text=True,
    )
    # The message is kept by Enter; the reference is said.
    os.write(inner, b"\n4018223\n")
    told, _ = done.communicate(timeout=60)
    os.close(inner)
    os.close(outer)
    assert done.returncode == 0, told
    assert "property_reference\tgiven\t4018223\t" in told
    assert "{label: Listing ID}" in (cli.folder / "homes.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--portal", "Homes!", "--out", "x.yaml"], "small letters"),
        (["--portal", "homes", "--out", "x.txt"], "ends with .yaml"),
        (["--portal", "homes", "--out", "x.yaml", "--field", "email=x"], "write name=value"),
    ],
)
def test_wrong_words_are_told(cli: Cli, words: list[str], told: str) -> None:
    out = cli("rules", "draft", write(cli.folder, "first.eml"), *words, code=2)
    assert told in " ".join(out.replace("│", " ").split())


def test_nothing_is_overwritten_and_nothing_recognised_writes_nothing(cli: Cli) -> None:
    first = write(cli.folder, "first.eml")
    (cli.folder / "homes.yaml").write_text("mine")
    arguments = ["--portal", "homes.example", "--out", "homes.yaml"]
    assert "nothing is overwritten" in cli("rules", "draft", first, *arguments, code=1)
    assert (cli.folder / "homes.yaml").read_text() == "mine"
    (cli.folder / "homes.yaml").unlink()
    empty = write(cli.folder, "empty.eml", text="Hello!")
    assert "Nothing of an inquiry" in cli("rules", "draft", empty, *arguments, code=1)
    assert not (cli.folder / "homes.yaml").exists()
