import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from mailbridge.documents.exposure import exposed_secrets, plain_secrets
from mailbridge.documents.settings import (
    Settings,
    load_settings,
    missing_for_run,
)
from mailbridge.errors import BadDocument

INBOX = "name: a, host: imap.example.org, user: u, password: {env: PW}"
ENVIRON = {"PW": "hunter2", "KEY": "k-1"}


def load(folder: Path, text: str, environ: dict[str, str] | None = ENVIRON) -> Settings:
    path = folder / "config.yaml"
    path.write_text(text)
    return load_settings(path, environ)


def complaints(folder: Path, text: str, environ: dict[str, str] | None = ENVIRON) -> str:
    with pytest.raises(BadDocument) as caught:
        load(folder, text, environ)
    return str(caught.value).replace(str(folder), "DIR")


def test_a_small_configuration(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        f"inboxes:\n- {{{INBOX}, start: 2026-11-22, folders: [A, B]}}\n"
        "destination: {key: {env: KEY}}\nlog: {file: bridge.log}\n",
    )
    (inbox,) = settings.inboxes
    assert inbox.password is not None
    assert (inbox.port, inbox.password.reveal()) == (993, "hunter2")
    assert (inbox.start, inbox.folders) == (date(2026, 11, 22), ("A", "B"))
    assert inbox.every == timedelta(minutes=1)
    assert settings.destination.key is not None
    assert settings.destination.key.reveal() == "k-1"
    assert settings.log.file == tmp_path / "bridge.log"
    assert missing_for_run(settings, "config.yaml") == ()
    assert plain_secrets(settings, "config.yaml") == ()


@pytest.mark.parametrize(
    ("more", "port"),
    [("", 993), (", tls: starttls", 143), (", port: 1143", 1143), (", tls: starttls, port: 9", 9)],
)
def test_the_port_follows_from_the_encryption(tmp_path: Path, more: str, port: int) -> None:
    assert load(tmp_path, f"inboxes: [{{{INBOX}{more}}}]").inboxes[0].port == port


def test_no_encryption_on_this_machine_only(tmp_path: Path) -> None:
    text = "inboxes: [{name: a, host: 127.0.0.1, tls: none, user: u, password: x}]"
    assert load(tmp_path, text).inboxes[0].port == 143
    assert complaints(tmp_path, f"inboxes: [{{{INBOX}, tls: none}}]") == (
        "DIR/config.yaml:1:80: inboxes.0.tls: Without encryption the password could be read on "
        "its way. Write 'tls: implicit' or 'tls: starttls'; none is for this machine only."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "inboxs: []",
            "1:1: inboxs: Unknown key 'inboxs'. Did you mean 'inboxes'?",
        ),
        (
            "inboxes:\n- name: a\n  hots: h\n  user: u\n  password: x",
            "3:3: inboxes.0.hots: Unknown key 'hots'. Did you mean 'host'?",
        ),
        (
            f"inboxes:\n- {{{INBOX}}}\n- {{{INBOX}}}",
            "3:10: inboxes.1.name: Two inboxes are called 'a'. Give each inbox a name of its own.",
        ),
        (
            "log: {level: info}\nlog: {level: debug}",
            (
                "2:1: The key 'log' is written twice: in line 1 and here in line 2. "
                "Keep one of the two."
            ),
        ),
        (
            "destination: {key: {env: OTHER}}",
            (
                "1:26: destination.key.env: The environment variable OTHER is not set. "
                "Set it before mailbridge starts, or name a file: {file: PATH}."
            ),
        ),
        (
            "destination: {key: 'a b'}",
            (
                "1:20: destination.key: The key holds a blank or a character that is not ASCII. "
                "Copy the key again, without anything around it."
            ),
        ),
        (
            "destination: {max_lengths: {sender_mail: 3}}",
            (
                "1:29: destination.max_lengths.sender_mail: 'sender_mail' stands where one of "
                "sender_message, sender_firstname, sender_lastname, sender_email, sender_number is "
                "wanted. Did you mean 'sender_email'?"
            ),
        ),
        (
            f"inboxes: [{{{INBOX}, every: 1s}}]",
            "1:82: inboxes.0.every: 1s is too short. The least is 5s.",
        ),
        (
            f"inboxes: [{{{INBOX}, deadline: 10s}}]",
            (
                "1:85: inboxes.0.deadline: The deadline is shorter than the timeout. "
                "Make the deadline the longer of the two."
            ),
        ),
        (
            f"inboxes: [{{{INBOX}, review_folder: Leads/Sent}}]",
            (
                "1:90: inboxes.0.review_folder: Sent mail and mail for review would lie in one "
                "folder. Name two folders."
            ),
        ),
        (
            f"inboxes: [{{{INBOX}, folders: [A, '\\Spam']}}]",
            (
                "1:88: inboxes.0.folders.1: '\\\\Spam' is no use of a folder. Write the folder's "
                "name, or one of \\All, \\Archive, \\Drafts, \\Flagged, \\Junk, \\Sent, \\Trash."
            ),
        ),
        (
            f"inboxes: [{{{INBOX}, sent_folder: '\\Archive'}}]",
            (
                "1:88: inboxes.0.sent_folder: Handled mail is moved into a folder of its own, not "
                "into one by its use. Write a name, as Leads/Sent."
            ),
        ),
        (
            f"inboxes: [{{{INBOX}, folders: [A, A]}}]",
            "1:88: inboxes.0.folders.1: This folder is named twice. Remove one of the two.",
        ),
        (
            f"inboxes: [{{{INBOX}, folders: [A, Leads/Sent]}}]",
            (
                "1:88: inboxes.0.folders.1: Handled mail is moved into this folder. "
                "Read another one."
            ),
        ),
        (
            "ledger: {url: mysql://x}",
            (
                "1:15: ledger.url: This is no address of a ledger. "
                "Write sqlite:///PATH or postgresql://USER@HOST/DATABASE."
            ),
        ),
        (
            "ledger: {password: x}",
            (
                "1:20: ledger.password: Only PostgreSQL takes a password. "
                "Remove it, or write 'url: postgresql://USER@HOST/DATABASE'."
            ),
        ),
        (
            "rules: nowhere",
            (
                "1:8: rules: There is no file or folder 'DIR/nowhere'. "
                "Correct the path; one that is not absolute starts at the folder of this file."
            ),
        ),
        (
            "rules: [a]",
            (
                "1:8: rules: A list stands where a path is wanted. "
                "Write for example 'rules: portals', or remove the line: then the default holds."
            ),
        ),
        (
            "leads: {default_region: ch}",
            (
                "1:25: leads.default_region: 'ch' is malformed. Wanted: The country of phone "
                "numbers without a country code: two capital letters. "
                "It must match the pattern ^[A-Z]{2}$."
            ),
        ),
        (
            "limits: {mail_size: 1 KB, pattern_time: 0}",
            "1:41: limits.pattern_time: 0s is too short. The least is 1ms.",
        ),
    ],
)
def test_mistakes_in_full(tmp_path: Path, text: str, expected: str) -> None:
    assert complaints(tmp_path, text) == f"DIR/config.yaml:{expected}"


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    said = complaints(
        tmp_path,
        "inboxes:\n- name: a\n  host: imap://x\n  password: {env: OTHER}\n"
        "destination: {url: 'http://example.org/'}\nloging: {}\n",
    )
    keys = [line.split(": ")[1] for line in said.splitlines()]
    assert keys == [
        "inboxes.0.user",
        "inboxes.0.host",
        "inboxes.0.password.env",
        "destination.url",
        "loging",
    ]


def test_the_folder_portals_beside_it_is_taken(tmp_path: Path) -> None:
    assert load(tmp_path, "log: {}").rules is None
    (tmp_path / "portals").mkdir()
    assert load(tmp_path, "log: {}").rules == tmp_path / "portals"
    (tmp_path / "own.yaml").write_text("")
    assert load(tmp_path, "rules: own.yaml").rules == tmp_path / "own.yaml"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///state/l.db", "sqlite:///DIR/state/l.db"),
        ("sqlite:////var/l.db", "sqlite:////var/l.db"),
        ("postgresql://u@db.example.org/leads", "postgresql://u@db.example.org/leads"),
    ],
)
def test_a_ledger_lies_beside_the_settings(tmp_path: Path, url: str, expected: str) -> None:
    read = load(tmp_path, f"ledger: {{url: '{url}'}}").ledger.url
    assert read == expected.replace("DIR", str(tmp_path))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "l.db"])
def test_a_ledger_must_last(tmp_path: Path, url: str) -> None:
    assert "This is no address of a ledger." in complaints(tmp_path, f"ledger: {{url: '{url}'}}")


def test_headings_without_settings_leave_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, "destination:\nleads:\nledger:\nlimits:\nlog:\n") == Settings()


def test_a_dry_run_on_files_needs_no_secret(tmp_path: Path) -> None:
    text = f"inboxes: [{{{INBOX}}}]\ndestination: {{key: {{env: KEY}}}}"
    settings = load(tmp_path, text, None)
    password = settings.inboxes[0].password
    assert password is not None
    assert not password.known


def test_what_a_run_needs_and_a_dry_run_does_not() -> None:
    assert [str(p) for p in missing_for_run(Settings(), "c.yaml")] == [
        (
            "c.yaml: inboxes: No inbox is set, so there is nothing to watch. "
            "Add at least one below 'inboxes:' with name, host, user and password."
        ),
        (
            "c.yaml: destination.key: The API key is missing. "
            "Add below 'destination:' a line 'key: {env: REALFORCE_KEY}'."
        ),
    ]


def test_plain_secrets_are_found_and_never_shown(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "inboxes: [{name: a, host: h, user: u, password: hunter2}]\n"
        "destination: {key: hunter2, proxy: 'http://u:hunter2@proxy.example.org:3128'}\n"
        "ledger: {url: 'postgresql://u:hunter2@db.example.org/l', password: hunter2}\n"
        "alerts: {to: [{env: PW}, 'slack://hunter2']}\n",
    )
    assert "hunter2" not in repr(settings)
    warnings = plain_secrets(settings, "c.yaml")
    assert [p.key for p in warnings] == [
        "inboxes.0.password",
        "destination.key",
        "ledger.password",
        "alerts.to.1",
        "destination.proxy",
        "ledger.url",
    ]
    assert "hunter2" not in "".join(map(str, warnings))


def test_a_ledger_password_from_the_environment_is_no_plain_secret(tmp_path: Path) -> None:
    text = "ledger: {url: postgresql+psycopg://u@h/l, password: {env: PW}}"
    settings = load(tmp_path, text)
    assert settings.ledger.password is not None
    assert settings.ledger.password.reveal() == "hunter2"
    assert plain_secrets(settings, "c.yaml") == ()


def test_a_missing_settings_file(tmp_path: Path) -> None:
    with pytest.raises(BadDocument, match="There is no such file"):
        load_settings(tmp_path / "config.yaml", {})


def test_secrets_in_files_that_others_may_read_are_named() -> None:
    folder = Path(tempfile.mkdtemp())  # not tmp_path: pytest's lets nobody else in
    try:
        folder.chmod(0o755)
        for name, mode in (("pw", 0o644), ("key", 0o640), ("alert", 0o604)):
            (folder / name).write_text("hunter2")
            (folder / name).chmod(mode)
        text = (
            "inboxes: [{name: a, host: h, user: u, password: {file: pw}}]\n"
            "destination: {key: {file: key}}\nalerts: {to: [{env: PW}, {file: alert}]}\n"
        )
        said = [str(p) for p in exposed_secrets(load(folder, text), str(folder / "config.yaml"))]
    finally:
        shutil.rmtree(folder)
    assert said == [
        (
            f"{folder}/config.yaml: inboxes.0.password.file: Every user of this machine may read "
            f"the secret's file '{folder}/pw'. Run: chmod o-rwx {folder}/pw"
        ),
        (
            f"{folder}/config.yaml: alerts.to.1.file: Every user of this machine may read "
            f"the secret's file '{folder}/alert'. Run: chmod o-rwx {folder}/alert"
        ),
    ]
