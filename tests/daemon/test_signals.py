"""A signal is heeded whatever the main thread is just doing."""

import signal
from threading import Event

import pytest

from mailbridge.daemon.daemon import _signals

SOON = 30.0
ENDS = [signal.SIGTERM, signal.SIGINT]


@pytest.mark.parametrize("number", [*ENDS, signal.SIGHUP])
def test_a_signal_that_comes_while_the_main_thread_holds_the_lock(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does for an instant whenever it looks whether the end was asked for."""
    monkeypatch.setattr("sys.stdin", None)  # no terminal
    asked, reload = Event(), Event()
    wanted = asked if number in ENDS else reload
    with _signals(asked.set, reload.set):
        with wanted._cond:
            signal.raise_signal(number)  # the handler has run when this is over
        assert wanted.wait(SOON)
    assert asked.is_set() is not reload.is_set()


def test_afterwards_signals_are_what_they_were() -> None:
    before = [signal.getsignal(number) for number in ENDS]
    rung = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(rung)
    with _signals(lambda: None, lambda: None):
        assert [signal.getsignal(number) for number in ENDS] != before
    assert [signal.getsignal(number) for number in ENDS] == before
    assert signal.set_wakeup_fd(rung) == rung
