"""Sending through Apprise, to a webhook and a mail server on this machine."""

import subprocess
import sys
import threading

import pytest

from mailbridge.alerts.channels import Channel, kind_of, make_channels
from mailbridge.alerts.messages import Message, trial_message
from tests.alerts.conftest import Post, Webhook

WORD = "word-of-the-hook"
MESSAGE = Message("mailbridge: portal.example is silent", "Line one.\nLine <two> & *three*", False)


def only(address: str) -> Channel:
    [channel], bad = make_channels([address])
    assert bad == []
    return channel


def test_a_message_arrives_as_written(webhook: Webhook) -> None:
    assert only(webhook.url).send(MESSAGE)
    [got] = webhook.got
    assert (got["title"], got["message"], got["type"]) == (MESSAGE.title, MESSAGE.body, "warning")
    assert only(webhook.url).send(trial_message())
    assert webhook.got[1]["type"] == "success"


def test_a_message_arrives_by_mail(post: Post) -> None:
    address = (
        f"mailto://127.0.0.1:{post.port}?from=bridge@example.org&to=office@example.org"
        "&mode=insecure&format=text"
    )
    assert only(address).send(MESSAGE)
    [mail] = post.mails
    assert mail["Subject"] == MESSAGE.title
    assert "office@example.org" in mail["To"]
    assert "Line <two> & *three*" in mail.get_content()


@pytest.mark.parametrize("status", [302, 403, 500])
def test_a_refusal_is_a_failure_and_nothing_is_raised(webhook: Webhook, status: int) -> None:
    webhook.status = status
    assert not only(webhook.url).send(MESSAGE)
    assert webhook.tried == 1


def test_nobody_there_is_a_failure(webhook: Webhook) -> None:
    assert not only("json://127.0.0.1:1/hook").send(MESSAGE)


def test_one_that_hangs_is_left_behind_and_not_asked_again_until_it_ends(
    webhook: Webhook,
) -> None:
    webhook.hang.clear()
    channel = only(webhook.url)
    assert not channel.send(MESSAGE, deadline=0.2)
    assert not channel.send(MESSAGE, deadline=0.2)
    assert [thread.name for thread in threading.enumerate()].count("alert") == 1
    webhook.hang.set()
    assert channel._sending is not None
    channel._sending.join(20)
    assert webhook.tried == 1
    assert channel.send(MESSAGE)


def test_a_service_that_raises_is_a_failure() -> None:
    class Broken:
        def notify(self, **_: object) -> bool:
            raise ZeroDivisionError

    assert not Channel("1", "broken", Broken()).send(MESSAGE)  # type: ignore[arg-type]


def test_addresses_that_apprise_does_not_take_are_named_by_their_place() -> None:
    channels, bad = make_channels(["json://127.0.0.1/x", "nonsense", "unknown://x", "slack://x"])
    assert [channel.name for channel in channels] == ["1"]
    assert bad == [1, 2, 3]


def test_no_secret_is_shown_whatever_happens(
    webhook: Webhook, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    channel = only(webhook.url)
    webhook.status = 500
    channel.send(MESSAGE)
    make_channels([f"slack://{WORD}"])
    assert str(channel) == "1 (json)"
    told = f"{channel} {channel!r} {capfd.readouterr()} {caplog.text}"
    assert WORD not in told


@pytest.mark.parametrize(
    ("address", "kind"), [("mailtos://a:b@c", "mailtos"), ("word", ""), ("a b://c", "")]
)
def test_the_kind_is_all_that_is_shown_of_an_address(address: str, kind: str) -> None:
    assert kind_of(address) == kind


def test_apprise_is_loaded_only_where_there_are_channels() -> None:
    code = "import sys; import mailbridge.assembly; sys.exit('apprise' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
