"""Comparison programs: mailbridge beside a hand-written floor and an in-house script.

Run from the repository's root: `python -m bench.run`, `python -m bench.run --profile`,
`python -m bench.poll`. Nothing here is imported by mailbridge or by its tests.
"""
