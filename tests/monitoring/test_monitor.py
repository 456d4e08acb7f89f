"""The running daemon and its service manager: a sign of life while it lives, and none after."""

import http.client
import json
import time
from typing import Any

import pytest

from mailbridge.monitoring.monitor import EVERY, look_interval
from mailbridge.monitoring.systemd import Notifier
from mailbridge.recipient import DEFAULT
from tests.ledger.making import T0, lead, mail
from tests.monitoring.conftest import AT, SECONDS, Held, Stage


def ask(stage: Stage, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", stage.monitor.port, timeout=SECONDS)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body) if path == "/healthz" else body.decode()


def test_ready_signs_of_life_and_the_end(stage: Stage) -> None:
    with stage.running():
        first = stage.manager.receive()
        assert first == {
            "READY": "1",
            "WATCHDOG": "1",
            "STATUS": "1 inbox watched, leads waiting: 0",
        }
        second = stage.manager.receive()
        assert set(second) == {"WATCHDOG", "STATUS"}
    last = stage.manager.wait_for("STOPPING")
    assert last == {"STOPPING": "1", "STATUS": "mailbridge is stopping"}
    assert stage.manager.drain() == []


def test_a_look_that_was_under_way_at_the_end_says_nothing_more(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the service manager would read last that all is well."""
    stage.pulse.start([stage.inbox], [DEFAULT])
    monkeypatch.setattr(stage.monitor, "_waiting", lambda: stage.monitor.stopping())
    stage.monitor.look()
    assert [set(told) for told in stage.manager.drain()] == [{"STOPPING", "STATUS"}]


def test_a_delivery_thread_that_hangs_gets_no_sign_of_life(stage: Stage) -> None:
    stage.crm.held = Held()
    stage.ledger.record([mail(1, lead(1))], None, T0)
    with stage.running():
        assert stage.crm.held.entered.wait(SECONDS)
        stage.manager.drain()
        stage.manager.wait_for("WATCHDOG")  # an exchange may take its time
        stage.clock.seconds += 101
        silent = stage.manager.wait_for("STATUS")
        while "WATCHDOG" in silent:  # one that was on its way
            silent = stage.manager.receive()
        assert "the delivery thread has given no sign for 101 s" in silent["STATUS"]
        for _ in range(5):
            assert "WATCHDOG" not in stage.manager.receive()
        assert ask(stage, "/healthz")[0] == 503
        stage.crm.held.go.set()
        assert stage.manager.wait_for("WATCHDOG")  # it goes on


def test_a_poll_that_hangs_gets_none_but_one_that_comes_forward_does(stage: Stage) -> None:
    stage.inbox.held = Held()
    with stage.running():
        assert stage.inbox.held.entered.wait(SECONDS)
        for number in range(1, 4):
            stage.inbox.progress = number
            stage.manager.drain()
            for _ in range(3):  # a look that began after the progress has ended
                stage.manager.receive()
            stage.clock.seconds += 300
            stage.pulse.delivering()
            stage.manager.drain()
            assert "WATCHDOG" in stage.manager.wait_for("WATCHDOG")
        stage.clock.seconds += 361
        stage.pulse.delivering()
        silent = stage.manager.receive()
        while "WATCHDOG" in silent:
            silent = stage.manager.receive()
        assert "inbox main: the poll has not come forward" in silent["STATUS"]


def test_a_scheduler_that_stands_still_gives_no_sign(stage: Stage) -> None:
    """Nobody else sends it; and /healthz, which has threads of its own, names it."""
    stage.monitor.begin()
    stage.pulse.start([stage.inbox], [DEFAULT])
    try:
        stage.clock.seconds += 100
        stage.pulse.delivering()
        status, told = ask(stage, "/healthz")
        assert status == 503
        assert told["problems"] == ["the scheduler has run nothing for 100 s"]
        assert stage.manager.drain() == []
    finally:
        stage.monitor.end()


def test_after_an_erasure_everybody_has_his_time_anew(stage: Stage) -> None:
    stage.pulse.start([stage.inbox], [DEFAULT])
    with stage.pulse.polling(stage.inbox):
        with stage.pulse.erasing():
            stage.clock.seconds += 1000
            assert stage.pulse.look().erasing == 1000
        vitals = stage.pulse.look()
    assert vitals.erasing is None
    assert vitals.deliveries[DEFAULT].delivered == vitals.inboxes["main"].moved == 2000


def test_healthz_says_that_all_is_well(stage: Stage) -> None:
    with stage.running():
        stage.wait_until_polled()
        assert ask(stage, "/healthz") == (
            200,
            {
                "healthy": True,
                "problems": [],
                "inboxes": {
                    "main": {"polling": False, "failing": False, "seconds_since_success": 0.0}
                },
                "queue": {"leads": 0, "oldest": None},
                "destinations": {"default": {"leads": 0, "seconds_since_accepted": None}},
            },
        )


def test_a_mail_server_that_is_away_is_told_but_no_reason_for_a_new_start(stage: Stage) -> None:
    stage.inbox.refusal = "Inbox main (imap.example.org:993): nobody@example.org is refused."
    with stage.running():
        stage.wait_until_polled()
        stage.clock.seconds += 241
        stage.pulse.delivering()
        stage.pulse.scheduled()
        stage.manager.drain()
        stage.manager.receive()
        told = stage.manager.wait_for("WATCHDOG")
        assert told["STATUS"] == "inbox main: not read for 241 s; see `mailbridge status`"
        status, body = ask(stage, "/healthz")
        assert (status, body["healthy"]) == (503, False)
        assert "nobody" not in json.dumps(body)  # no error's own words: they name the login


def test_a_queue_that_does_not_move_is_told(stage: Stage) -> None:
    stage.crm.held = Held()
    stage.ledger.record([mail(1, lead(1))], None, AT)
    with stage.running():
        assert stage.crm.held.entered.wait(SECONDS)
        stage.clock.seconds += 901
        status, body = ask(stage, "/healthz")
        assert status == 503
        assert any("the queue does not move: leads waiting: 1" in p for p in body["problems"])
        assert body["queue"] == {"leads": 1, "oldest": AT.isoformat(timespec="seconds")}


def test_the_metrics_count_what_was_done(stage: Stage) -> None:
    stage.ledger.record([mail(1, lead(1))], None, AT)
    with stage.running():
        stage.wait_until_polled()
        end = time.monotonic() + SECONDS
        while 'mailbridge_leads{state="sent"} 1.0' not in (told := ask(stage, "/metrics"))[1]:
            assert time.monotonic() < end
        status, text = told
        assert status == 200
        assert (
            'mailbridge_post_duration_seconds_count{answer="Accepted",destination="default"} 1.0'
            in text
        )
        assert 'mailbridge_polls_total{inbox="main",result="well"} 1.0' in text
        assert "Inquiry" not in text


def test_the_pages_are_gone_after_the_end(stage: Stage) -> None:
    with stage.running():
        stage.manager.receive()
        assert stage.monitor.port
    assert stage.monitor.port == 0


def test_the_watchdog_is_given_a_sign_twice_as_often_as_it_wants() -> None:
    assert look_interval(None) == EVERY
    assert look_interval(Notifier("/n", None)) == EVERY
    assert look_interval(Notifier("/n", 3.0)) == 1.5
    assert look_interval(Notifier("/n", 600.0)) == EVERY
