"""The words: what it is about, what to do, and a command that exists."""

import re
import subprocess
import sys

import pytest

from mailbridge.alerts.causes import Cause, Kind
from mailbridge.alerts.messages import Message, compose, trial_message
from mailbridge.alerts.telling import Telling
from mailbridge.outcomes import Outcome
from tests.alerts.making import DOWN, KEY, LAYOUT, REVIEW, SILENT, alert

SILENCE = {"last": 1, "hours": 30, "least": 12, "most": 19, "spans": 8}
DROP = {"broken": 4, "latest": 5, "past_broken": 1, "past": 200}
ALERTS = [
    alert(REVIEW, count=3),
    alert(SILENT, detail=SILENCE),
    alert(LAYOUT, count=4, detail=DROP),
    alert(Cause(Kind.PATTERN_SLOW, "portal.example"), count=1),
    alert(DOWN),
    alert(Cause(Kind.SIGN_IN, inbox="main")),
    alert(KEY, count=2),
    alert(Cause(Kind.LEADS_WAITING), count=1),
    alert(Cause(Kind.RULES_WRONG), count=2),
    alert(Cause(Kind.KEY_REFUSED, destination="crm"), count=2),
    alert(Cause(Kind.LEADS_WAITING, destination="crm"), count=1),
    alert(Cause(Kind.DESTINATION_GONE, destination="old"), count=4),
]
BEGUN = [compose(one, Telling.BEGUN) for one in ALERTS]
OVER = [compose(one, Telling.OVER) for one in ALERTS]


def test_each_kind_has_its_words() -> None:
    assert {one.kind for one in ALERTS} == set(Kind)


def test_mails_for_review() -> None:
    assert compose(alert(REVIEW, count=3), Telling.GROWN) == Message(
        "mailbridge: 3 mails wait for review",
        "3 mails wait for a person: no lead was sent, or it is not known whether it arrived.\n"
        "See them with: mailbridge mails --review\n"
        "What each lacks, and what to do: mailbridge show ID\n"
        "Once its lead is entered by hand: mailbridge resolve ID --sent",
        good=False,
    )
    assert "1 mail waits" in compose(alert(REVIEW, count=1), Telling.BEGUN).title


def test_a_silent_portal() -> None:
    told = compose(alert(SILENT, detail=SILENCE), Telling.BEGUN)
    assert told.title == "mailbridge: portal.example is silent"
    assert (
        "No inquiry of portal.example has come to the inbox main for 30 hours. In the same hours "
        "of the 8 weeks before there were 12 to 19."
    ) in told.body
    days = compose(alert(SILENT, detail={**SILENCE, "hours": 220, "most": 12}), Telling.BEGUN)
    assert "for 9 days. In the same hours of the 8 spans of time as long before there were 12." in (
        days.body
    )


def test_a_destination_is_named() -> None:
    refused = compose(alert(Cause(Kind.KEY_REFUSED, destination="crm")), Telling.BEGUN)
    assert refused.title == "mailbridge: destination crm refuses the key"
    assert refused.body.startswith("Destination crm refuses the key, so no lead arrives there.")
    assert "where the key of destination crm says" in refused.body
    gone = compose(alert(Cause(Kind.DESTINATION_GONE, destination="old"), count=4), Telling.BEGUN)
    assert (
        gone.title == "mailbridge: 4 leads wait for destination old, which is not in the settings"
    )
    assert "kept and sent nowhere else" in gone.body
    assert "Realforce" not in refused.body + gone.body


def test_a_layout_that_changed() -> None:
    told = compose(alert(LAYOUT, count=4, detail=DROP), Telling.BEGUN)
    assert told.title == "mailbridge: inquiries of portal.example are incomplete"
    assert "4 of the last 5 inquiries of portal.example are incomplete; of the 200 before" in (
        told.body
    )


@pytest.mark.parametrize("message", BEGUN, ids=lambda m: m.title)
def test_each_trouble_names_a_command_that_exists(message: Message) -> None:
    commands = re.findall(r"mailbridge ([a-z]+(?: (?:--)?[\w.-]+)*)$", message.body, re.MULTILINE)
    assert commands
    for command in commands:
        name, *words = command.split()
        done = subprocess.run(
            [sys.executable, "-m", "mailbridge", name, "--help"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert [word for word in words if word.startswith("--") and word not in done.stdout] == []
        outcomes = re.findall(r"--outcome (\w+)", command)
        assert all(outcome in [*Outcome] for outcome in outcomes)


def test_what_is_over_is_good_news_in_one_sentence_or_two() -> None:
    for begun, over in zip(BEGUN, OVER, strict=True):
        assert over.good
        assert not begun.good
        assert over.title.startswith("mailbridge: ")
        assert len(over.body) < 120
    assert len({message.title for message in (*BEGUN, *OVER)}) == 2 * len(ALERTS)


def test_a_test_says_that_nothing_is_wrong() -> None:
    assert "Nothing is wrong" in trial_message().body
