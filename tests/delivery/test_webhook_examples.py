"""What docs/destinations.md tells receivers to do, done: its examples verify our signatures."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailbridge.delivery.exchange import Way
from mailbridge.delivery.webhook import Webhook

SECRET = "sandbox-webhook-secret"
DOCUMENT = (Path(__file__).parents[2] / "docs" / "destinations.md").read_text("utf-8")


def example(language: str) -> str:
    return DOCUMENT.split(f"```{language}\n", 1)[1].split("```", 1)[0]


@pytest.fixture
def signed(raw_server: Callable[..., Any]) -> tuple[str, bytes]:
    """A header and a body, as mailbridge sends them now."""

    def script(talk: Any) -> None:
        talk.read_request()
        talk.answer(b"")

    server = raw_server(script)
    client = Webhook(Way(url=server.url, timeouts=(30, 30), deadline=30), SECRET)
    client.deliver({"version": 1, "id": "a-1", "message": "Grüezi\n…"})
    client.close()
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    return fields["Mailbridge-Signature"], body


def test_the_python_example(signed: tuple[str, bytes]) -> None:
    header, body = signed
    names: dict[str, object] = {}
    exec(example("python"), names)  # noqa: S102  (our own document)
    check = names["is_from_mailbridge"]
    assert check(header, body, SECRET)  # type: ignore[operator]
    assert not check(header, body + b" ", SECRET)  # type: ignore[operator]
    assert not check(header, body, SECRET + "x")  # type: ignore[operator]
    assert not check("", body, SECRET)  # type: ignore[operator]
    old = header.replace("t=1", "t=0")
    assert not check(old, body, SECRET)  # type: ignore[operator]


def test_the_shell_example(signed: tuple[str, bytes], tmp_path: Path) -> None:
    header, body = signed
    (tmp_path / "verify.sh").write_text(example("sh"))
    (tmp_path / "body").write_bytes(body)

    def verify(signature: str) -> int:
        return subprocess.run(
            ["/bin/sh", str(tmp_path / "verify.sh"), signature, str(tmp_path / "body")],
            env={"PATH": "/usr/bin:/bin", "WEBHOOK_SECRET": SECRET},
            timeout=30,
            check=False,
        ).returncode

    assert verify(header) == 0
    assert verify(header[:-1] + ("0" if header[-1] != "0" else "1")) != 0
    assert verify(header.replace("t=1", "t=0")) != 0
