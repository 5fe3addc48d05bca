"""Who reaches the page of a target and its objects, and what everybody else is told."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.factories import make_person, make_run

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


@pytest.mark.parametrize("part", ["", "objects.jsonl"])
class TestAccess:
    def test_not_signed_in(self, client: Client, part: str) -> None:
        assert client.get(f"/targets/{make_run().targets.all()[0].pk}/{part}").status_code == 302

    def test_without_a_role(self, signed_in: SignIn, part: str) -> None:
        assert signed_in(make_person(None)).get(f"/targets/{make_run().targets.all()[0].pk}/{part}").status_code == 403

    def test_wrong_method(self, browser: Client, part: str) -> None:
        assert browser.post(f"/targets/{make_run().targets.all()[0].pk}/{part}").status_code == 405

    def test_unknown(self, browser: Client, part: str) -> None:
        assert browser.get(f"/targets/00000000-0000-7000-8000-000000000000/{part}").status_code == 404


@pytest.mark.parametrize("kind", ["run", "target"])
def test_what_is_gone_or_not_visible_says_so(browser: Client, kind: str) -> None:
    page = browser.get(f"/{kind}s/{uuid4()}/").content.decode()

    assert f"There is no such {kind}: it was deleted under the retention policy, or is not visible to you." in page
