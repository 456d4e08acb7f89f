"""Waiting for a person who types a code on another machine (RFC 8628, section 3.5)."""

from collections.abc import Callable

from mailbridge.signin.endpoints import DeviceCode
from mailbridge.signin.grants import Answer, Granted, Refused, Unavailable

STEP = 5.0
"""Seconds that are added to the interval where the server says slow_down."""


def wait_for_consent(
    code: DeviceCode,
    ask: Callable[[DeviceCode], Answer],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Granted | Refused:
    """Ask at the interval that the server wants until it says yes or no, or the code has ended.

    `clock` gives seconds that only go forward, `sleep` waits for so many.
    """
    interval, until = code.interval, clock() + code.lasts
    while clock() + interval < until:
        sleep(interval)
        answer = ask(code)
        match answer:
            case Refused(code="authorization_pending"):
                pass
            case Refused(code="slow_down"):
                interval += STEP
            case Unavailable():
                interval *= 2  # "exponential backoff" (same section)
            case _:
                return answer
    return Refused("expired_token", "the code was not used in time")
