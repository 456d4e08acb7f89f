"""mailbridge as people run it: a process of its own, with a settings file."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import mailbridge
from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox

SECONDS = 60.0


@dataclass
class Cli:
    """Runs commands in a folder of its own, with nothing of this machine's settings."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run a command that must end with `code`; give what it printed, errors included."""
        done = self.run(*words)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.command(*words),
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def env(self) -> dict[str, str]:
        home = str(self.folder / "home")
        kept = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG", "TMPDIR"}}
        # The tree that these tests import, wherever another one is installed.
        tree = str(Path(mailbridge.__file__).parents[1])
        return {**kept, "HOME": home, "COLUMNS": "200", "PYTHONPATH": tree, **self.environ}

    @staticmethod
    def command(*words: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "mailbridge", *words]

    def configure(self, account: Account, api: Sandbox, **inbox: str) -> Path:
        """Write a settings file for this inbox and API."""
        self.environ |= {"MAIL_PASSWORD": account.password, "REALFORCE_KEY": "test-key"}
        more = "".join(f"    {key}: {value}\n" for key, value in inbox.items())
        ca = f"    ca_file: {account.ca_file}\n" if account.ca_file else ""
        file = self.folder / "config.yaml"
        file.write_text(
            f"inboxes:\n  - name: {account.name}\n    host: {account.host}\n"
            f"    port: {account.port}\n    tls: {account.tls.value}\n    user: {account.user}\n"
            f"    password: {{env: MAIL_PASSWORD}}\n{ca}{more}"
            f"destination:\n  url: {api.url}\n  key: {{env: REALFORCE_KEY}}\n"
            "ledger:\n  url: sqlite:///ledger.db\n"
        )
        return file


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.fixture
def api() -> Iterator[Sandbox]:
    with Sandbox(key="test-key") as server:
        yield server


def end(process: "subprocess.Popen[str]", number: int = signal.SIGTERM) -> tuple[int, str]:
    """Ask a process that we started to end; give its exit code and what it printed."""
    process.send_signal(number)
    out, err = process.communicate(timeout=SECONDS)
    return process.returncode, out + err
