"""A real Dovecot on loopback: random ports, no root needed, TLS with a CA of its own.

Any user name logs in with PASSWORD and finds an empty INBOX, so that each test
takes a new one. Started as root it works as nobody.
"""

import grp
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers.certificates import HOST, write_certificates
from tests.servers.ports import free_ports

PASSWORD = "secret-of-the-tests"
MISSING = (
    "Dovecot is not installed, and tests need it. Install it with:"
    " apt-get install dovecot-imapd dovecot-lmtpd"
)
_START_SECONDS = 30.0
_STOP_SECONDS = 30.0
_UMLAUTS = ("jürg", "pässwörd")
_LOOPBACK = "127.0.0.1"

_CONF = """\
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_uid = {uid}
mail_gid = {gid}
mail_home = {d}/home/%u
mail_location = maildir:~/Maildir
mail_fsync = never
ssl = yes
ssl_cert = <{d}/server.pem
ssl_key = <{d}/server.key
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
auth_username_chars =
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {d}/passwd
}}
passdb {{
  driver = static
  args = password={password}
}}
{tokens}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={d}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
}}
{extra}
default_process_limit = 400
default_client_limit = 800
mail_max_userip_connections = 400
service anvil {{
  chroot =
  client_limit = 2000
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  client_limit = 2000
}}
service imap-login {{
  chroot =
  service_count = 0
  process_min_avail = 1
  process_limit = 4
  client_limit = 400
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 400
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service stats {{
  client_limit = 2000
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""

_TOKENS = """\
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {d}/oauth2.conf.ext
}}
"""

_INTROSPECTION = """\
introspection_mode = post
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
tokeninfo_url =
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """Where the server listens. `host` is the name that its certificate is for."""

    imap: int
    """Plain, with STARTTLS."""
    imaps: int
    lmtp: int
    ca_file: str
    folder: Path
    host: str = HOST
    password: str = PASSWORD
    umlauts: tuple[str, str] = _UMLAUTS
    """User and password of somebody with letters beyond ASCII."""

    def deliver(self, user: str, raw: bytes) -> None:
        """Hand in a mail by LMTP, as a mail server does; it adds its own header lines."""
        with smtplib.LMTP(_LOOPBACK, self.lmtp) as lmtp:
            lmtp.sendmail("portal@example.org", [user], raw)

    def maildir(self, user: str) -> Path:
        """The user's Maildir, to damage what no IMAP command can."""
        return self.folder / "home" / user / "Maildir"


@contextmanager
def running_dovecot(
    *,
    separator: str = "/",
    prefix: str = "",
    extra: str = "",
    introspection: str = "",
    mechanisms: str = "plain login",
) -> Iterator[Dovecot]:
    """Run a Dovecot with one namespace of that shape; `extra` is more configuration.

    With the address of an `introspection` it takes tokens (OAuth 2) as well.
    """
    binary = _find_binary()
    # Not tmp_path: nobody may not enter that, and paths of sockets are bounded.
    folder = Path(tempfile.mkdtemp(prefix="mbdc-"))
    try:
        if introspection:
            said = _INTROSPECTION.format(url=introspection)
            (folder / "oauth2.conf.ext").write_text(said, encoding="utf-8")
        tokens = _TOKENS.format(d=folder) if introspection else ""
        server = _configure(
            folder,
            separator=separator,
            prefix=prefix,
            extra=extra,
            tokens=tokens,
            mechanisms=mechanisms,
        )
        with _serving(binary, server):
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _find_binary() -> str:
    binary = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if binary is None:
        raise FileNotFoundError(MISSING)
    return binary


@contextmanager
def _serving(binary: str, server: Dovecot) -> Iterator[None]:
    process = subprocess.Popen(
        [binary, "-F", "-c", str(server.folder / "dovecot.conf")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _wait_for_greeting(process, server)
        yield
    finally:
        _stop(process)


def stop_dovecot(server: Dovecot) -> None:
    """End the server before its time; its mail stays."""
    os.kill(int((server.folder / "run" / "master.pid").read_text()), signal.SIGTERM)
    end = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection((_LOOPBACK, server.imaps), 1.0).close()
        except OSError:
            return
        time.sleep(0.02)
    raise RuntimeError("Dovecot did not stop")


@contextmanager
def restarted_dovecot(server: Dovecot) -> Iterator[None]:
    """Run a stopped server again, where it was."""
    # It hears nobody any more before its processes have ended, and until then none may begin.
    end = time.monotonic() + _STOP_SECONDS
    while (server.folder / "run" / "master.pid").exists():
        if time.monotonic() > end:
            raise RuntimeError("Dovecot did not come to its end")
        time.sleep(0.02)
    with _serving(_find_binary(), server):
        yield


def _configure(folder: Path, **settings: str) -> Dovecot:
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    imap, imaps, lmtp = free_ports(3)
    folder.chmod(0o755)
    certificates = write_certificates(folder)
    for name in ("run", "state", "home"):
        (folder / name).mkdir()
        os.chown(folder / name, account.pw_uid, account.pw_gid)
    (folder / "passwd").write_text(":".join(_UMLAUTS) + "\n", encoding="utf-8")
    (folder / "passwd").chmod(0o644)
    text = _CONF.format(
        d=folder,
        uid=account.pw_uid,
        gid=account.pw_gid,
        user=account.pw_name,
        group=grp.getgrgid(account.pw_gid).gr_name,
        password=PASSWORD,
        **settings,
        imap=imap,
        imaps=imaps,
        lmtp=lmtp,
    )
    (folder / "dovecot.conf").write_text(text, encoding="utf-8")
    return Dovecot(imap, imaps, lmtp, str(certificates.ca), folder)


def _wait_for_greeting(process: subprocess.Popen[bytes], server: Dovecot) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection((_LOOPBACK, server.imap), 1.0) as sock:
            if sock.recv(4) == b"* OK":
                return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    process.terminate()
    said = process.communicate(timeout=_STOP_SECONDS)[1].decode("utf-8", "replace")
    log = server.folder / "dovecot.log"
    raise RuntimeError(f"Dovecot did not start: {said}{log.read_text() if log.exists() else ''}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
