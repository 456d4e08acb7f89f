"""`mailbridge web` as people run it: a process that shows a link, beside the daemon."""

import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx2 as httpx
import pytest

from mailbridge.ledger.ledger import Ledger
from tests.cli.conftest import Cli, end
from tests.servers.ports import free_port
from tests.web.conftest import NOW
from tests.web.estate import Estate


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    made = Cli(tmp_path)
    (tmp_path / "config.yaml").write_text("ledger: {url: sqlite:///ledger.db}\n", "utf-8")
    return made


def test_it_shows_a_link_serves_and_ends_cleanly(cli: Cli, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with Ledger.open(url) as ledger:
        ledger.claim_instance()  # as the daemon does: the pages need no claim
        Estate(ledger, NOW).receive(b"From: a@example.org\r\n\r\nx", NOW)
        port = free_port()
        process = cli.start("web", "--listen", f"127.0.0.1:{port}")
        try:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(2)]
            assert told[0] == f"Listening on http://127.0.0.1:{port}\n"
            link = re.search(r"http://\S+/enter\?token=[\w-]{40,}", told[1])
            assert link is not None
            with httpx.Client(follow_redirects=True, timeout=30) as client:
                page = client.get(link[0])
                assert page.status_code == 200
                assert client.get(f"http://127.0.0.1:{port}/mails/1").status_code == 200
            again = process.stdout.readline()  # the next link, for the next browser
            assert "/enter?token=" in again
            assert link[0] not in again
            code, rest = end(process)
            assert (code, "Traceback" in rest) == (0, False)
        finally:
            with suppress(ProcessLookupError):
                process.kill()


TOLD_AT_ONCE = """
import os, signal, sys, uvicorn
from mailbridge.web.server import listen, serve

run = uvicorn.Server.run

def run_late(server, *args, **options):
    os.kill(os.getpid(), int(sys.argv[1]))
    run(server, *args, **options)

uvicorn.Server.run = run_late
serve(None, listen("127.0.0.1", 0))
print("ended")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_that_comes_before_it_serves_is_not_lost(cli: Cli, number: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TOLD_AT_ONCE, str(int(number))],
        env=cli.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "ended\n"), done.stderr


def test_a_port_that_is_taken_is_told(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = cli("web", "--listen", f"127.0.0.1:{port}", code=1)
    assert f"web.listen: 127.0.0.1:{port} cannot be listened on" in told


@pytest.mark.parametrize("address", ["0.0.0.0:8026", "192.0.2.1:8026", "nonsense", "127.0.0.1"])
def test_only_this_machine_can_be_listened_on(address: str, cli: Cli) -> None:
    told = cli("web", "--listen", address, code=2)
    assert "127.0.0.1:" in told


def test_an_address_with_a_path_is_refused(cli: Cli) -> None:
    config = cli.folder / "config.yaml"
    config.write_text("web: {address: 'https://leads.example.org/pages'}\n", "utf-8")
    assert "Write scheme and name alone" in cli("web", code=1)


def test_without_its_libraries_it_says_what_to_install(cli: Cli) -> None:
    hidden = cli.folder / "hidden"
    hidden.mkdir()
    for name in ("starlette", "jinja2", "uvicorn"):
        missing = f"raise ModuleNotFoundError('No module named {name}', name='{name}')\n"
        (hidden / f"{name}.py").write_text(missing, "utf-8")
    tree = str(Path(sys.modules["mailbridge"].__file__ or "").parents[1])
    cli.environ["PYTHONPATH"] = f"{hidden}:{tree}"
    assert "pip install 'mailbridge[web]'" in cli("web", code=1)
