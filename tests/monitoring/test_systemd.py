"""The notifier against a real datagram socket, as a service manager has one."""

import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbridge.monitoring.systemd import Notifier, find_notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    address = str(tmp_path / "notify") if request.param == "path" else f"@{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.settimeout(10)
        listening.bind("\0" + address[1:] if address.startswith("@") else address)
        yield address, listening


def test_assignments_come_as_lines_of_one_datagram(manager: tuple[str, socket.socket]) -> None:
    address, listening = manager
    Notifier(address, None).tell(READY="1", STATUS="one\ntwo")
    assert listening.recv(1000).decode().splitlines() == ["READY=1", "STATUS=one two"]


def test_a_manager_that_is_gone_harms_nobody(tmp_path: Path) -> None:
    Notifier(str(tmp_path / "nobody"), None).tell(READY="1")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"NOTIFY_SOCKET": ""}, None),
        ({"NOTIFY_SOCKET": "vsock:2:1234"}, None),
        ({"NOTIFY_SOCKET": "/run/notify"}, Notifier("/run/notify", None)),
        (
            {"NOTIFY_SOCKET": "@notify", "WATCHDOG_USEC": "2000000"},
            Notifier("@notify", 2.0),
        ),
        (
            {"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "500000", "WATCHDOG_PID": "7"},
            Notifier("/n", 0.5),
        ),
        (
            {"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "500000", "WATCHDOG_PID": "8"},
            Notifier("/n", None),
        ),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "0"}, Notifier("/n", None)),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "soon"}, Notifier("/n", None)),
    ],
)
def test_the_environment_says_what_is_wanted(
    environ: dict[str, str], expected: Notifier | None
) -> None:
    assert find_notifier(environ, 7) == expected
