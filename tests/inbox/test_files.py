"""Mails in files, for a dry-run."""

import mailbox
from pathlib import Path

import pytest

from mailbridge.errors import MailbridgeError
from mailbridge.inbox.files import mails_in
from tests.inbox.mails import plain


def found(path: Path) -> list[tuple[str, bytes]]:
    return [(mail.source, mail.raw) for mail in mails_in(path, 10**6)]


def write_mbox(path: Path, *raws: bytes) -> None:
    box = mailbox.mbox(path)
    for raw in raws:
        box.add(raw.replace(b"\r\n", b"\n"))
    box.close()


def test_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(plain("a"))
    assert found(path) == [(str(path), plain("a"))]


def test_the_bytes_are_as_they_lie(tmp_path: Path) -> None:
    path = tmp_path / "odd.txt"
    path.write_bytes(b"Subject: \xff\r\nX: y\n\n\x00\r")
    assert found(path) == [(str(path), b"Subject: \xff\r\nX: y\n\n\x00\r")]


def test_a_folder_in_order_and_below(tmp_path: Path) -> None:
    for name in ("b.eml", "a.EML", "sub/c.eml", "sub/deep/d.eml", "notes.txt", "sub/e.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(plain(path.stem))
    names = [source.removeprefix(f"{tmp_path}/") for source, _ in found(tmp_path)]
    assert names == ["a.EML", "b.eml", "sub/c.eml", "sub/deep/d.eml"]


def test_sources_are_as_the_user_named_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "a.eml").write_bytes(plain("a"))
    monkeypatch.chdir(tmp_path)
    assert [source for source, _ in found(Path("mails"))] == ["mails/a.eml"]


def test_an_mbox_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "export"
    write_mbox(path, plain("a"), plain("b", "x\n\nFrom here on\n"))
    sources, raws = zip(*found(path), strict=True)
    assert sources == (f"{path}:1", f"{path}:2")
    assert [raw.split(b"Subject: ")[1][:1] for raw in raws] == [b"a", b"b"]
    before = path.read_bytes()
    assert list(mails_in(tmp_path, 10**6))[1].source == f"{path}:2"
    assert path.read_bytes() == before


def test_an_eml_that_begins_as_an_mbox_line_is_one_mail(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    raw = b"From portal@example.org Sun Mar  1 12:00:00 2026\n" + plain("a")
    path.write_bytes(raw)
    assert found(path) == [(str(path), raw)]


def test_a_maildir(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "box")
    for name in ("a", "b"):
        box.add(plain(name))
    box.add_folder("Portals").add(plain("c"))
    (tmp_path / "box" / "tmp" / "half").write_bytes(b"half a mail")
    (tmp_path / "box" / "cur" / "1.x:2,S").write_bytes(plain("read"))
    sources, raws = zip(*found(tmp_path / "box"), strict=True)
    assert sorted(raw.split(b"Subject: ")[1].split(b"\r\n")[0] for raw in raws) == [
        b"a",
        b"b",
        b"c",
        b"read",
    ]
    assert sources[0] == str(tmp_path / "box" / "cur" / "1.x:2,S")
    assert f"{tmp_path}/box/.Portals/new/" in sources[-1]
    assert (tmp_path / "box" / "new").exists()


@pytest.mark.parametrize("name", ["none.eml", "none"])
def test_a_path_that_does_not_exist(tmp_path: Path, name: str) -> None:
    with pytest.raises(MailbridgeError, match="cannot be read: No such file or directory"):
        found(tmp_path / name)


def test_a_folder_without_mails(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(MailbridgeError, match="holds no mail"):
        found(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\r\n \n"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.eml").write_bytes(content)
    with pytest.raises(MailbridgeError, match=r"a\.eml: holds no mail"):
        found(tmp_path / "a.eml")


def test_an_empty_mail_among_others_is_given_too(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"")
    (tmp_path / "b.eml").write_bytes(plain("b"))
    assert [raw for _, raw in found(tmp_path)] == [b"", plain("b")]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(plain("a"))
    (tmp_path / "loop").symlink_to(tmp_path)
    assert len(found(tmp_path)) == 1
