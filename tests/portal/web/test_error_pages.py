from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from portal.accounts.models import User
from portal.core import errors


def raising(error: Exception) -> Callable[[HttpRequest], bytes]:
    def handled(request: HttpRequest) -> bytes:
        try:
            raise error
        except type(error):
            answer = errors.server_error(request)
        return b"%d " % answer.status_code + answer.content

    return handled


def test_500_needs_no_database_and_says_what_to_do(rf: RequestFactory) -> None:
    page = raising(RuntimeError("secret detail"))(rf.get("/")).decode()
    assert page.startswith("500 ")
    assert "What to do:" in page
    assert "secret detail" not in page


def test_503_names_the_database_and_asks_to_come_back(rf: RequestFactory) -> None:
    page = raising(OperationalError("connection refused"))(rf.get("/")).decode()
    assert page.startswith("503 ")
    assert "The database cannot be reached" in page


@pytest.mark.parametrize("template", ["500.html", "503.html", "403_csrf.html"])
def test_standalone_pages_carry_no_inline_style(template: str) -> None:
    page = render_to_string(template)
    assert "style=" not in page
    assert "<style" not in page


def test_404_is_for_people_whether_signed_in_or_not(
    client: Client, technician: User, signed_in: Callable[[User], Client]
) -> None:
    for browser in (client, signed_in(technician)):
        answer = browser.get("/no/such/page")
        assert answer.status_code == 404
        assert "There is nothing here" in answer.content.decode()


@pytest.mark.django_db
def test_400_answers_a_request_for_another_host(client: Client, settings: object) -> None:
    settings.ALLOWED_HOSTS = ["signalbox.example"]  # type: ignore[attr-defined]  # pytest-django's settings
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "cannot be understood" in answer.content.decode()
