from pathlib import Path

import pytest

from mailbridge.documents.located import parse
from mailbridge.documents.secrets import FromEnvironment, FromFile, Secret, resolve
from mailbridge.documents.shape import Shape, json_schema, shape
from mailbridge.documents.values import Surroundings
from mailbridge.documents.wording import UnfitError
from mailbridge.errors import BadDocument


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
