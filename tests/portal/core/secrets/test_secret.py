"""A secret in memory shows itself nowhere but where it is revealed."""

import copy
import json
import logging
import pickle
import sys
import traceback
from collections.abc import Callable
from io import StringIO

import orjson
import pytest
from django.views.debug import ExceptionReporter
from rich.console import Console
from rich.traceback import Traceback

from portal.core.secrets.secret import HIDDEN, Secret, concealed

WORD = "correct-horse-battery"


def test_no_text_of_it_shows_the_value() -> None:
    secret = Secret(WORD)
    texts = [str(secret), repr(secret), f"{secret}", f"{secret:>40}", "%s %r" % (secret, secret), repr([secret])]  # noqa: UP031
    assert not [text for text in texts if WORD in text]
    assert str(secret) == HIDDEN
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("write", [pickle.dumps, json.dumps, orjson.dumps])
def test_it_does_not_leave_the_process_in_plain(write: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as refused:
        write([Secret(WORD)])
    assert WORD not in str(refused.value)


def test_copies_are_the_same_secret() -> None:
    secret = Secret(WORD)
    assert copy.copy(secret) is secret
    assert copy.deepcopy({"a": secret})["a"] is secret


def test_no_traceback_shows_it_even_with_local_variables() -> None:
    secret = Secret(WORD)
    shown = StringIO()
    try:
        _fail_with(secret)
    except ZeroDivisionError:
        kind, error, trace = sys.exc_info()
        assert kind is not None
        assert error is not None
        Console(file=shown, width=200).print(Traceback.from_exception(kind, error, trace, show_locals=True))
        shown.write("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))
        shown.write(ExceptionReporter(None, kind, error, trace).get_traceback_html())
        logging.Formatter().formatException((kind, error, trace))
    assert HIDDEN in shown.getvalue()
    assert "inner" in shown.getvalue()
    assert WORD not in shown.getvalue()


def _fail_with(secret: Secret[str]) -> None:
    inner = secret.map(str.encode)
    assert inner
    raise ZeroDivisionError


def test_it_is_compared_by_its_value_and_never_hashed() -> None:
    assert Secret(WORD) == Secret(WORD)
    assert Secret(WORD) != Secret(f"{WORD}x")
    assert Secret(WORD.encode()) == Secret(WORD.encode())
    assert Secret(WORD) != WORD
    assert Secret("\ud800") == Secret("\ud800")
    with pytest.raises(TypeError):
        hash(Secret(WORD))


def test_what_is_typed_and_what_is_opened_are_used_alike() -> None:
    assert concealed(WORD) == concealed(Secret(WORD)) == Secret(WORD)
    assert (bool(Secret("")), bool(Secret(WORD))) == (False, True)
