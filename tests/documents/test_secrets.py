import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mailbridge.documents.located import parse
from mailbridge.documents.secrets import FromEnvironment, FromFile, Secret, SecretText, resolve
from mailbridge.documents.shape import Shape, json_schema, shape
from mailbridge.documents.values import Surroundings
from mailbridge.documents.wording import UnfitError
from mailbridge.errors import BadDocument, MailbridgeError


class Account(Shape):
    password: Secret


def load(text: str, base: Path, environ: dict[str, str] | None) -> Secret:
    return shape(parse(text, "f"), Account, Surroundings(base, environ)).password


def complaint(text: str, base: Path, environ: dict[str, str]) -> str:
    with pytest.raises(BadDocument) as caught:
        load(text, base, environ)
    return str(caught.value)


def test_from_the_environment(tmp_path: Path) -> None:
    secret = load("password: {env: PW}", tmp_path, {"PW": "hunter2"})
    assert secret.reveal() == "hunter2"
    assert not secret.plain


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_from_a_file_beside_the_settings(tmp_path: Path, end: str) -> None:
    (tmp_path / "pw").write_bytes(f"hunter2 é{end}".encode())
    assert load("password: {file: pw}", tmp_path, {}).reveal() == "hunter2 é"


def test_as_plain_text(tmp_path: Path) -> None:
    secret = load("password: 007", tmp_path, {})
    assert secret.reveal() == "007"
    assert secret.plain


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    secret = load("password: hunter2", tmp_path, {})
    account = Account(password=secret.reveal())  # type: ignore[arg-type]
    shown = f"{secret} {secret!r} {account} {account!r} {account.model_dump()}"
    assert "hunter2" not in shown + account.model_dump_json() + str(json_schema(Account))
    assert repr(secret) == "Secret(…)"


def test_without_an_environment_it_stays_unresolved(tmp_path: Path) -> None:
    secret = load("password: {env: PW}", tmp_path, None)
    assert not secret.known
    with pytest.raises(RuntimeError):
        secret.reveal()
    assert load("password: x", tmp_path, None).plain
    without = shape(parse("password: {file: pw}", "f"), Account).password
    assert not without.known


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "password: {env: PW}",
            (
                "f:1:17: password.env: The environment variable PW is not set. "
                "Set it before mailbridge starts, or name a file: {file: PATH}."
            ),
        ),
        (
            "password: {env: EMPTY}",
            "f:1:17: password.env: The secret is empty. Put the secret there.",
        ),
        ("password: ''", "f:1:11: password: The secret is empty. Put the secret there."),
        (
            "password: {env: LINES}",
            (
                "f:1:17: password.env: The secret holds a line break or another control character. "
                "Write it on one line, without anything after it."
            ),
        ),
        (
            "password: {env: my secret}",
            (
                "f:1:17: password.env: This is no name of an environment variable. Write the "
                "variable's name, as MAIL_PASSWORD, and put the secret into the variable."
            ),
        ),
        (
            "password: {file: nope}",
            (
                "f:1:18: password.file: The secret's file 'nope' cannot be used. "
                "There is no such file. Check the path."
            ),
        ),
        (
            "password: {evn: PW}",
            "f:1:12: password.evn: Unknown key 'evn'. Did you mean 'env'? Allowed here: env.",
        ),
        (
            "password: {fiel: pw}",
            "f:1:12: password.fiel: Unknown key 'fiel'. Did you mean 'file'? Allowed here: file.",
        ),
        (
            "password: [a, b]",
            (
                "f:1:11: password: A list stands where a text or a group of 'key: value' lines is "
                "wanted. Write for example 'password: a text'."
            ),
        ),
    ],
)
def test_complaints(tmp_path: Path, text: str, expected: str) -> None:
    environ = {"EMPTY": "", "LINES": "hunter2\nNOOP"}
    assert complaint(text, tmp_path, environ) == expected


def test_both_ways_at_once_are_refused(tmp_path: Path) -> None:
    said = complaint("password: {env: PW, file: pw}", tmp_path, {"PW": "x"})
    assert "does not go together" in said


def test_an_empty_file_and_one_of_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    assert "The secret is empty." in complaint("password: {file: empty}", tmp_path, {})
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    assert "not UTF-8" in complaint("password: {file: latin}", tmp_path, {})


def test_resolve_by_itself(tmp_path: Path) -> None:
    around = Surroundings(tmp_path, {"A": "x"})
    assert resolve(FromEnvironment(env="A"), around) == "x"
    assert resolve("plain", around) == "plain"
    with pytest.raises(UnfitError, match="cannot be used"):
        resolve(FromFile(file="nope"), around)


def test_from_systemds_credentials(tmp_path: Path) -> None:
    (tmp_path / "mail_password").write_text("hunter2\n")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    secret = load("password: {credential: mail_password}", tmp_path / "elsewhere", environ)
    assert secret.reveal() == "hunter2"
    assert not secret.plain


@pytest.mark.parametrize(
    ("text", "environ", "expected"),
    [
        (
            "password: {credential: mail_password}",
            {},
            (
                "f:1:24: password.credential: systemd hands over no credential here: "
                "$CREDENTIALS_DIRECTORY is not set. Add LoadCredential=mail_password:PATH below "
                "[Service] in the unit and start it anew. For a command by hand: systemd-run --pty "
                "-p LoadCredential=mail_password:PATH mailbridge …"
            ),
        ),
        (
            "password: {credential: other}",
            {"CREDENTIALS_DIRECTORY": "/nonexistent"},
            (
                "f:1:24: password.credential: systemd hands over no credential 'other' that can be "
                "used. The secret's file 'other' cannot be used. There is no such file. Add "
                "LoadCredential=other:PATH below [Service] in the unit and start it anew."
            ),
        ),
        (
            "password: {credential: ../hunter2}",
            {"CREDENTIALS_DIRECTORY": "/nonexistent"},
            (
                "f:1:24: password.credential: This is no name of a credential. Write the name "
                "alone, as in LoadCredential=NAME:PATH of the service, without '/'."
            ),
        ),
        (
            "password: {keyring: hunter2!}",
            {},
            (
                "f:1:21: password.keyring: This is no name of an entry in the keyring. Write a "
                "name of letters and digits, as mail_password; `mailbridge login INBOX` asks for "
                "an inbox's password and puts it there."
            ),
        ),
        (
            "password: {keyring: mail}",
            {},
            "f:1:21: password.keyring: There is no keyring to be asked here.",
        ),
    ],
)
def test_complaints_of_credentials_and_keyrings(
    tmp_path: Path, text: str, environ: dict[str, str], expected: str
) -> None:
    assert complaint(text, tmp_path, environ).strip() == expected


@pytest.mark.parametrize("name", [".", "..", "a/b", "", "a b", "a\\nb"])
def test_a_credential_is_a_name_and_no_path(tmp_path: Path, name: str) -> None:
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    said = complaint(f'password: {{credential: "{name}"}}', tmp_path, environ)
    assert "This is no name of a credential." in said


def from_ring(text: str, ring: Callable[[str], str | None]) -> Secret:
    return shape(parse(text, "f"), Account, Surroundings(Path(), {}, ring)).password


def test_from_the_keyring() -> None:
    secret = from_ring("password: {keyring: sales mail}", {"sales mail": "hunter2"}.get)
    assert secret.reveal() == "hunter2"
    assert secret.entry == "sales mail"


def test_a_keyring_without_the_entry_and_one_that_fails() -> None:
    with pytest.raises(BadDocument, match="holds no entry 'sales' of mailbridge"):
        from_ring("password: {keyring: sales}", {}.get)

    def locked(_: str) -> str | None:
        raise MailbridgeError("The keyring is locked.")

    with pytest.raises(BadDocument, match=r"The keyring is locked\. Or name another place"):
        from_ring("password: {keyring: sales}", locked)


def test_without_an_environment_no_keyring_is_asked() -> None:
    def never(_: str) -> str | None:
        raise AssertionError

    around = Surroundings(Path(), None, never)
    secret = shape(parse("password: {keyring: sales}", "f"), Account, around).password
    assert not secret.known
    asked = secret.looked_up(Surroundings(Path(), {}, {"sales": "hunter2"}.get))
    assert asked.reveal() == "hunter2"


class Robot(Shape):
    key: SecretText


def test_a_key_of_several_lines(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text('{\n  "a": 1\n}\n')
    robot = shape(parse("key: {file: key.json}", "f"), Robot, Surroundings(tmp_path, {}))
    assert robot.key.reveal() == '{\n  "a": 1\n}'
    (tmp_path / "key.json").write_text("\n")
    with pytest.raises(BadDocument, match="The secret is empty"):
        shape(parse("key: {file: key.json}", "f"), Robot, Surroundings(tmp_path, {}))


@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "exposed"),
    [(0o644, 0o755, True), (0o640, 0o755, False), (0o644, 0o750, False), (0o600, 0o700, False)],
)
def test_a_file_that_others_may_read(file_mode: int, folder_mode: int, exposed: bool) -> None:
    folder = Path(tempfile.mkdtemp())  # not tmp_path: pytest's lets nobody else in
    try:
        folder.chmod(folder_mode)
        (folder / "pw").write_text("hunter2")
        (folder / "pw").chmod(file_mode)
        secret = load("password: {file: pw}", folder, {})
        assert secret.exposed_file(folder) == (folder / "pw" if exposed else None)
    finally:
        shutil.rmtree(folder)
    assert load("password: x", folder, {}).exposed_file(folder) is None
    assert secret.exposed_file(folder) is None  # it is gone
