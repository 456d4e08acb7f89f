"""A keyring for tests: a file that keyring's own loading finds by PYTHON_KEYRING_BACKEND."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

BACKEND = "tests.servers.ring.FileRing"
VARIABLE = "FILE_OF_THE_TEST_RING"


class FileRing(KeyringBackend):
    """Keeps entries in the file that the variable names; locked while that is a folder."""

    priority = 5  # type: ignore[assignment]

    @property
    def _file(self) -> Path:
        return Path(os.environ[VARIABLE])

    def _entries(self) -> dict[str, str]:
        if self._file.is_dir():
            raise KeyringLocked("it holds hunter2")
        return dict(json.loads(self._file.read_text())) if self._file.exists() else {}

    def get_password(self, service: str, username: str) -> str | None:
        return self._entries().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        entries = {**self._entries(), f"{service}/{username}": password}
        self._file.write_text(json.dumps(entries))

    def delete_password(self, service: str, username: str) -> None:
        entries = self._entries()
        entries.pop(f"{service}/{username}")
        self._file.write_text(json.dumps(entries))
