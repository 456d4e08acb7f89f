"""Coverage-guided search for mails and rule files that break a promise.

`mail` and `rulefile` are the targets, `promises` is what they check, and `run` feeds
them to atheris (`make fuzz`). The tests feed them too, without atheris.
"""
