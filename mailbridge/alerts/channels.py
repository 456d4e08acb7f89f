"""Where alerts go: mail, Slack, Teams and the like, through Apprise.

The only module that imports Apprise, and only when a channel is made: without alerts
it need not be installed. A channel's address holds secrets: it is never shown; a
channel is called by its place in the settings and its kind, as `2 (slack)`.

Must not raise for a channel that fails, nor wait longer than the deadline for one.
"""

import logging
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from threading import Thread
from typing import TYPE_CHECKING

from mailbridge.alerts.messages import Message

if TYPE_CHECKING:
    from apprise import NotifyBase

DEADLINE = 30.0
"""Seconds that a channel may take for a message, all in all."""
_CONNECT, _READ = 10.0, 20.0

_SCHEME = re.compile(r"([a-z0-9+]{1,20})://", re.IGNORECASE | re.ASCII)


def is_installed() -> bool:
    """Tell whether Apprise is there."""
    return find_spec("apprise") is not None


def kind_of(address: str) -> str:
    """Give the part of an address that is no secret: its scheme; empty where it has none."""
    found = _SCHEME.match(address)
    return found[1].lower() if found else ""


@dataclass(slots=True)
class Channel:
    """One address that alerts go to."""

    name: str
    """Its place in the settings, from 1."""
    kind: str
    _service: "NotifyBase" = field(repr=False)
    _sending: Thread | None = field(default=None, init=False, repr=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"

    def send(self, message: Message, deadline: float = DEADLINE) -> bool:
        """Send a message; False where it failed or took too long, whatever the reason.

        One that hangs is left behind, and nothing more is sent here until it ends:
        it could arrive late, but a thread for each try would pile up.
        """
        if self._sending and self._sending.is_alive():
            return False
        done: list[bool] = []
        # A thread of our own, for libraries' time limits count each read anew; a daemon,
        # so that one that hangs does not keep mailbridge from ending.
        self._sending = Thread(
            target=lambda: done.append(self._notify(message)), name="alert", daemon=True
        )
        self._sending.start()
        self._sending.join(deadline)
        return done == [True]

    def _notify(self, message: Message) -> bool:
        from apprise import NotifyFormat, NotifyType

        try:
            return bool(
                self._service.notify(
                    title=message.title,
                    body=message.body,
                    notify_type=NotifyType.SUCCESS if message.good else NotifyType.WARNING,
                    body_format=NotifyFormat.TEXT,
                )
            )
        except Exception:  # noqa: BLE001  (a boundary: a hundred services' code, none of it ours)
            return False


def make_channels(addresses: Sequence[str]) -> tuple[list[Channel], list[int]]:
    """Make the channels, and give the places (from 0) of addresses that Apprise does not take.

    Only where `is_installed`. Opens no connection.
    """
    from apprise import Apprise, AppriseAsset

    # It quotes addresses and servers' answers; what went wrong is told by us.
    log = logging.getLogger("apprise")
    log.propagate = False
    log.handlers = [logging.NullHandler()]
    asset = AppriseAsset(
        app_id="mailbridge",
        app_desc="mailbridge",
        app_url="",
        http_redirects=False,  # an address is a secret: not to be carried elsewhere
        storage_mode="memory",  # nothing is written beside the ledger
        allow_templates=False,
    )
    made: list[Channel] = []
    bad: list[int] = []
    with warnings.catch_warnings():
        # The first address loads every service there is, with what each of them has outdated.
        warnings.simplefilter("ignore", DeprecationWarning)
        services = [Apprise.instantiate(address, asset=asset) for address in addresses]
    for place, (address, service) in enumerate(zip(addresses, services, strict=True)):
        if service is None:
            bad.append(place)
            continue
        service.socket_connect_timeout, service.socket_read_timeout = _CONNECT, _READ
        made.append(Channel(str(place + 1), kind_of(address), service))
    return made, bad
