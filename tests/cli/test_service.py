"""`service`: the unit and the compose file, judged by systemd's tools and by the real daemon."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mailbridge.cli.service import names_of
from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox
from mailbridge.service import Installation, closed_to, compose, unit
from tests.cli.conftest import Cli
from tests.mails import inquiry
from tests.servers.mailbox import Mailbox

PLACE = Installation(
    program=Path(sys.executable),
    settings=Path("/etc/mailbridge/config.yaml"),
    credentials=("imap-password", "realforce-key"),
    variables=True,
    written=(Path("/srv/lead book"),),
    version="1.2.3",
)


def analyze(*words: str) -> str:
    """Ask systemd-analyze, which needs no running systemd for this."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is missing: apt-get install systemd")
    done = subprocess.run(
        ["systemd-analyze", *words],  # noqa: S607
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"SYSTEMD_COLORS": "0", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def written(tmp_path: Path) -> Path:
    file = tmp_path / "mailbridge.service"
    file.write_text(unit(PLACE))
    return file


def test_the_unit_is_one(written: Path) -> None:
    assert analyze("verify", str(written)) == ""


def test_a_mistake_in_it_would_be_found(written: Path) -> None:
    written.write_text(written.read_text().replace("ProtectSystem=", "ProtectSytem="))
    assert "ProtectSytem" in analyze("verify", str(written))


def test_little_is_exposed(written: Path) -> None:
    told = analyze("security", "--offline=yes", "--no-pager", str(written))
    found = re.search(r"Overall exposure level for mailbridge\.service: (\d+\.\d)", told)
    assert found
    assert float(found[1]) < 2.5


def test_the_unit_holds_what_the_settings_need() -> None:
    lines = unit(PLACE).splitlines()
    assert {
        f"ExecStart={sys.executable} run --config /etc/mailbridge/config.yaml",
        "Type=notify",
        "WatchdogSec=2min",
        "User=mailbridge",
        "LoadCredential=imap-password:/etc/mailbridge/credentials/imap-password",
        "LoadCredential=realforce-key:/etc/mailbridge/credentials/realforce-key",
        "EnvironmentFile=/etc/mailbridge/environment",
        'ReadWritePaths="/srv/lead book"',
    } <= set(lines)
    bare = unit(Installation(program=Path("/opt/a$b%c/mailbridge"), settings=PLACE.settings))
    assert "ExecStart=/opt/a$$b%%c/mailbridge run" in bare
    for needless in ("LoadCredential", "EnvironmentFile", "ReadWritePaths", "\n\n\n"):
        assert needless not in bare


def test_secrets_are_found_wherever_they_stand() -> None:
    data = {
        "inboxes": [{"password": {"credential": "imap-password"}}],
        "destination": {"key": {"env": "KEY"}},
        "alerts": {"to": [{"credential": "alert"}, {"credential": "no name!"}]},
        "other": {"credential": "x", "more": "y"},
    }
    assert list(names_of(data, "credential")) == ["imap-password", "alert"]  # type: ignore[arg-type]
    assert list(names_of(data, "env")) == ["KEY"]  # type: ignore[arg-type]


def test_what_the_unit_keeps_closed_is_named() -> None:
    paths = [Path("/opt/mailbridge"), Path("/home/ann/mailbridge"), Path("/homes/x")]
    assert closed_to(paths) == [paths[1]]


def test_the_command_knows_its_settings(cli: Cli, account: Account, api: Sandbox) -> None:
    config = cli.configure(account, api)
    done = cli.run("service")
    assert done.returncode == 0
    assert f"run --config {config}\n" in done.stdout
    assert "EnvironmentFile=" in done.stdout
    assert f"ReadWritePaths={cli.folder}\n" in done.stdout
    assert ("lies where the unit lets nobody look" in done.stderr) == (
        cli.folder.is_relative_to("/tmp")  # noqa: S108
    )


def test_without_settings_it_shows_how_it_would_be(cli: Cli) -> None:
    told = cli("service")
    assert "run --config /etc/mailbridge/config.yaml" in told
    assert "LoadCredential=imap-password:" in told


def test_the_compose_file_is_yaml_with_few_rights(cli: Cli) -> None:
    assert yaml.safe_load(cli("service", "--compose"))["services"]
    told = yaml.safe_load(compose(PLACE))
    [(name, service)] = told["services"].items()
    assert (name, service["image"]) == ("mailbridge", "mailbridge:1.2.3")
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["secrets"] == list(told["secrets"]) == ["imap-password", "realforce-key"]
    assert service["volumes"] == [
        "/etc/mailbridge:/etc/mailbridge:ro",
        "state:/var/lib/mailbridge",
    ]
    assert "state" in told["volumes"]


def test_settings_of_another_name_and_a_keyring_are_told(cli: Cli) -> None:
    file = cli.folder / "leads.yaml"
    file.write_text("destination: {key: {keyring: realforce}}\n")
    for words in (("service",), ("service", "--compose")):
        done = cli.run(*words, "--config", str(file))
        assert done.returncode == 0
        assert "takes secrets from a keyring (realforce)" in done.stderr
    [service] = yaml.safe_load(done.stdout)["services"].values()
    assert service["environment"] == {"MAILBRIDGE_CONFIG": "/etc/mailbridge/leads.yaml"}
    assert f"{cli.folder} holds leads.yaml" in done.stdout


def allowed_calls() -> set[str]:
    """The system calls that the unit's filter lets through, by systemd's own lists."""
    groups: dict[str, list[str]] = {}
    name = ""
    for line in analyze("syscall-filter", "--no-pager").splitlines():
        if line.startswith("@"):
            name = line.strip()
        elif line.startswith("    ") and not line.strip().startswith("#"):
            groups.setdefault(name, []).append(line.strip())

    def calls(group: str) -> set[str]:
        return {
            call for one in groups[group] for call in (calls(one) if one.startswith("@") else {one})
        }

    allowed: set[str] = set()
    for line in unit(PLACE).splitlines():
        if line.startswith("SystemCallFilter=~"):
            for group in line.removeprefix("SystemCallFilter=~").split():
                allowed -= calls(group)
        elif line.startswith("SystemCallFilter="):
            allowed |= calls(line.removeprefix("SystemCallFilter="))
    # `+` before a call in a group's list takes nothing away: @default is always let through.
    return allowed | calls("@default")


def test_the_daemon_makes_no_call_that_the_unit_forbids(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    """One pass over TLS, with the deciding process, a lead and a mark, watched by strace."""
    if not shutil.which("strace"):
        pytest.skip("strace is missing")
    allowed = allowed_calls()
    assert len(allowed) > 200
    cli.configure(account, api, start="2000-01-01")
    mailbox.append(inquiry())
    trace = cli.folder / "trace"
    done = subprocess.run(
        ["strace", "-f", "-qq", "-o", str(trace), *cli.command("run", "--once")],  # noqa: S607
        cwd=cli.folder,
        env=cli.env,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(api.leads) == 1
    text = trace.read_text(errors="replace")
    made = set(re.findall(r"^\d+ +(?:<\.\.\. )?([a-z0-9_]+)[( ]", text, re.MULTILINE))
    assert {"connect", "fdatasync", "prlimit64"} <= made, "the trace has the whole way"
    as_root = {"fchown"} if os.geteuid() == 0 else set()  # SQLite's, to leave files their owner
    assert made - allowed - as_root == set()
    # MemoryDenyWriteExecute: nothing writable is ever made executable.
    both = re.findall(r"(?:mmap|mprotect)\(.*PROT_WRITE\|PROT_EXEC.*", text)
    later = re.findall(r"mprotect\(.*PROT_EXEC.*", text)
    assert both + later == []
    families = set(re.findall(r"socket\((AF_[A-Z0-9]+)", text))
    assert families <= {"AF_INET", "AF_INET6", "AF_UNIX"}, families
