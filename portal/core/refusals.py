"""Anticipated refusals: a person asked for something that cannot be done, and is told what to do instead."""


class Refused(Exception):
    """Base of every refusal; `str()` is a sentence for a person."""
