"""Feed a target to atheris: `python -m fuzz.run mail out/fuzz/mail -max_total_time=600`.

What follows the folder goes to libFuzzer. The corpus grows in the folder; an input that
breaks a promise is written beside it as `crash-…`, and the exit code is not 0.
"""

import sys
from hashlib import sha1
from pathlib import Path

TARGETS = ("mail", "rulefile")


def main() -> None:
    """Instrument, seed, run."""
    name, folder, *options = sys.argv[1:]
    if name not in TARGETS:
        sys.exit(f"There is no target {name!r}; there are: {', '.join(TARGETS)}.")
    import atheris

    with atheris.instrument_imports(include=["mailbridge", "mailparser", "authres", "yaml"]):
        from fuzz import mail, rulefile
    target = {"mail": mail, "rulefile": rulefile}[name]
    corpus = Path(folder) / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        known = corpus / sha1(seed, usedforsecurity=False).hexdigest()
        known.write_bytes(seed)
    arguments = [
        *(sys.argv[0], str(corpus), f"-dict={Path(__file__).with_name(name)}.dict"),
        *(f"-artifact_prefix={folder}/", "-max_len=8192", "-timeout=60", "-rss_limit_mb=1500"),
        *("-print_final_stats=1", *options),
    ]
    atheris.Setup(arguments, target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
