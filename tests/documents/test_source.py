import os
from pathlib import Path

import pytest

from mailbridge.documents.source import BYTE_LIMIT, exists, is_folder, read_text
from mailbridge.errors import BadDocument


def message(path: Path) -> str:
    with pytest.raises(BadDocument) as caught:
        read_text(path)
    return str(caught.value).replace(str(path), "FILE")


def test_reads_utf8_with_and_without_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes("\ufeffä".encode())
    (tmp_path / "g").write_bytes("ä".encode())
    assert read_text(tmp_path / "f") == read_text(tmp_path / "g") == "ä"


def test_a_missing_file(tmp_path: Path) -> None:
    assert message(tmp_path / "f") == "FILE: There is no such file. Check the path."


def test_a_folder(tmp_path: Path) -> None:
    expected = "FILE: This is a folder, and a file is wanted. Name the file in it."
    assert message(tmp_path) == expected


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    path.write_text("a: b")
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything: let the system refuse for it

        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    assert message(path) == (
        "FILE: The file may not be read by the user under whom mailbridge runs. "
        "Give that user the right to read it."
    )


def test_a_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    assert "cannot be read" in message(tmp_path / "f" / "g")
    assert "cannot be read" in message(Path("a\0b"))


def test_a_file_without_end() -> None:
    expected = (
        f"FILE: The file is larger than {BYTE_LIMIT:,} bytes. Check that this is the right file."
    )
    assert message(Path("/dev/zero")) == expected


def test_another_encoding_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes("a: b\nü: ".encode() + "é".encode("latin-1"))
    assert message(path) == (
        "FILE:2:4: The file is not UTF-8: this character is saved in another encoding. "
        "Save the file as UTF-8 (in most editors: Save as, Encoding)."
    )
    path.write_bytes("a: b".encode("utf-16"))
    assert message(path) == (
        "FILE:1:1: The file is saved as UTF-16, and UTF-8 is wanted. "
        "Save the file as UTF-8 (in most editors: Save as, Encoding)."
    )


def test_what_is_there(tmp_path: Path) -> None:
    assert exists(tmp_path)
    assert is_folder(tmp_path)
    assert not exists(tmp_path / "f")
    assert not exists(Path("x" * 5000))
