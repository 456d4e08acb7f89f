"""Under CI=true nothing is skipped: what would be, fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
MARK = "import pytest\n@pytest.mark.skip(reason='mark')\ndef test_it(): pass\n"
CALL = "import pytest\ndef test_it(): pytest.skip('call')\n"
FIXTURE = (
    "import pytest\n@pytest.fixture\ndef server(): pytest.skip('fixture')\n"
    "def test_it(server): pass\n"
)
MODULE = "import pytest\npytest.importorskip('no_such_module_anywhere')\ndef test_it(): pass\n"


@pytest.mark.parametrize("ci", ["true", ""])
@pytest.mark.parametrize(
    "source", [MARK, CALL, FIXTURE, MODULE], ids=["mark", "call", "fixture", "module"]
)
def test_a_skip_is_a_failure_in_ci(tmp_path: Path, source: str, ci: str) -> None:
    (tmp_path / "test_one.py").write_text(source)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"),
            *("-p", "no:xdist", "--rootdir", str(tmp_path), "-c", os.devnull, str(tmp_path)),
        ],
        cwd=REPOSITORY,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = done.returncode not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
    assert failed == (ci == "true"), done.stdout + done.stderr
    assert ("In CI no test is skipped: " in done.stdout) == (ci == "true")
