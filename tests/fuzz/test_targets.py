"""The fuzz targets on their seeds and on some thousand blind changes, without atheris."""

from random import Random
from types import ModuleType

import pytest

from fuzz import mail, rulefile

CHANGED = 300


def words_of(target: ModuleType) -> list[bytes]:
    from pathlib import Path

    lines = Path(str(target.__file__)).with_suffix(".dict").read_text().splitlines()
    quoted = [line[1:-1] for line in lines if line.startswith('"')]
    return [word.encode("latin-1").decode("unicode_escape").encode("latin-1") for word in quoted]


@pytest.mark.parametrize("target", [mail, rulefile], ids=["mail", "rulefile"])
def test_a_target_finds_nothing(target: ModuleType) -> None:
    random = Random(20261103)  # the same changes in every run
    seeds, words = list(target.seeds()), words_of(target)
    assert len(seeds) > 10
    assert len(words) > 30
    for seed in seeds:
        target.run(seed)
    for _ in range(CHANGED):
        data = bytearray(random.choice(seeds)[:6_000])
        for _ in range(random.randrange(1, 6)):
            at = random.randrange(len(data) + 1)
            data[at : at + random.randrange(30)] = random.choice(words)
        try:
            target.run(bytes(data))
        except BaseException as error:
            error.add_note(f"input: {bytes(data)!r}")
            raise


def test_a_stretch_is_repeated() -> None:
    blown = mail.blow_up(b"a" + mail.REPEAT + b"bc" + mail.REPEAT + b"d")
    assert blown == b"a" + b"bc" * (mail.LARGEST // 2) + b"d"
    assert mail.blow_up(b"a" + mail.REPEAT + b"b") == b"a" + mail.REPEAT + b"b"


def test_a_broken_promise_is_found() -> None:
    seed = next(mail.seeds())
    with pytest.raises(AssertionError, match="promised"):
        mail.run(seed, seconds=0.0)
    with pytest.raises(AssertionError, match="promised"):
        rulefile.run(next(rulefile.seeds()), seconds=0.0)
