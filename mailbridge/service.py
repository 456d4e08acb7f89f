"""mailbridge as a service, in words: a systemd unit, a compose file. Pure: values in, text out.

The unit lets the daemon do what a mail bridge must do (reach servers, write its state), and
nothing else; `systemd-analyze security` rates what is left, and a test holds it below 2.5.
Must not read settings or look at the machine: that is the command's.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STATE = Path("/var/lib/mailbridge")
SETTINGS = Path("/etc/mailbridge/config.yaml")
CREDENTIALS = Path("/etc/mailbridge/credentials")
VARIABLES = Path("/etc/mailbridge/environment")
EXAMPLES = ("imap-password", "realforce-key")
"""Names of credentials, where there are no settings yet to take them from."""

HEALTH = "from urllib.request import urlopen; urlopen('http://127.0.0.1:9108/healthz', timeout=8)"
"""What the container's health check runs in Python; it fails unless all is well."""

CLOSED = tuple(map(Path, ("/home", "/root", "/run/user", "/tmp", "/var/tmp")))  # noqa: S108
"""Folders that the unit keeps from the daemon: nothing that it needs may lie there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What differs from one machine to the next."""

    program: Path
    """The command `mailbridge`."""
    settings: Path
    credentials: tuple[str, ...] = ()
    """Secrets that the settings take from systemd: {credential: NAME}."""
    entries: tuple[str, ...] = ()
    """Secrets that they take from a keyring: {keyring: NAME}."""
    variables: bool = False
    """Whether the settings take secrets from the environment."""
    written: tuple[Path, ...] = ()
    """Folders beyond STATE that are written to, as the ledger's."""
    version: str = ""


def unit(place: Installation) -> str:
    """Write the unit: what to do first stands in comments at its top."""
    first = [
        "# As root, once:",
        "#   useradd --system --home-dir /var/lib/mailbridge --shell /usr/sbin/nologin mailbridge",
        *(
            f"#   install -D -m 600 /dev/stdin {CREDENTIALS / name}   # then type it, Ctrl-D"
            for name in place.credentials
        ),
    ]
    if place.variables:
        first.append(f"#   install -m 600 /dev/stdin {VARIABLES}   # lines NAME=VALUE, Ctrl-D")
    first.append("# Then: systemctl daemon-reload && systemctl enable --now mailbridge")
    secrets = [f"LoadCredential={name}:{CREDENTIALS / name}" for name in place.credentials]
    if place.variables:
        secrets.append(f"EnvironmentFile={VARIABLES}")
    written = [f"ReadWritePaths={_quoted(folder)}" for folder in place.written]
    return _UNIT.format(
        first="\n".join(first),
        program=_quoted(place.program),
        settings=_quoted(place.settings),
        needed="\n".join([*secrets, *written]),
    ).replace("\n\n\n", "\n\n")


def closed_to(paths: Sequence[Path]) -> list[Path]:
    """Name those that the unit's daemon could not reach."""
    return [path for path in paths if any(path.is_relative_to(folder) for folder in CLOSED)]


def compose(place: Installation) -> str:
    """Write the compose file, for the image that the Containerfile makes."""
    lines = [
        _COMPOSE.format(
            version=place.version,
            folder=place.settings.parent,
            file=place.settings.name,
            health=HEALTH,
        )
    ]
    if place.settings.name != SETTINGS.name:
        named = json.dumps(str(SETTINGS.with_name(place.settings.name)))
        lines.append(f"    environment: {{MAILBRIDGE_CONFIG: {named}}}\n")
    if place.variables:
        lines.append("    env_file: [./environment]   # lines NAME=VALUE, mode 600\n")
    if place.credentials:
        lines.append(f"    secrets: [{', '.join(place.credentials)}]\n")
        lines.append(
            "\n# Each is a file that the user 10001 may read, and nobody else.\nsecrets:\n"
        )
        lines += [f"  {name}: {{file: ./credentials/{name}}}\n" for name in place.credentials]
    lines.append("\nvolumes:\n  state:\n")
    return "".join(lines)


def _quoted(path: Path) -> str:
    """Write a path as a word of a unit: systemd.syntax(7), specifiers and variables taken out."""
    text = str(path).replace("%", "%%").replace("$", "$$")
    if re.fullmatch(r"[\w/.@:+,=%$-]+", text, re.ASCII):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_UNIT = """\
# /etc/systemd/system/mailbridge.service
{first}
[Unit]
Description=mailbridge: property portals' inquiries into the CRM
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={program} run --config {settings}
ExecReload=/bin/kill -HUP $MAINPID
WatchdogSec=2min
Restart=on-failure
RestartSec=30
TimeoutStopSec=6min
User=mailbridge
StateDirectory=mailbridge
StateDirectoryMode=0700
# Without ledger.url in the settings the ledger is /var/lib/mailbridge/ledger.db.
Environment=XDG_STATE_HOME=/var/lib
{needed}

# It reaches servers and writes its state, and may do nothing else.
CapabilityBoundingSet=
DevicePolicy=closed
KeyringMode=private
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
PrivateUsers=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0077

[Install]
WantedBy=multi-user.target
"""

_COMPOSE = """\
# compose.yaml. The image: podman build -t mailbridge:{version} -f Containerfile .
# {folder} holds {file}, and your rule files in portals/.
# For the health check write in {file}: monitoring: {{listen: 127.0.0.1:9108}}
services:
  mailbridge:
    image: mailbridge:{version}
    restart: unless-stopped
    stop_grace_period: 6m   # a lead in flight is finished
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    pids_limit: 200
    tmpfs: [/tmp]
    healthcheck:   # as in the image; podman's own format of images leaves it out
      test: ["CMD", "/opt/mailbridge/bin/python", "-c", "{health}"]
      interval: 30s
      timeout: 10s
      start_period: 1m
    volumes:
      - {folder}:/etc/mailbridge:ro
      - state:/var/lib/mailbridge
"""
