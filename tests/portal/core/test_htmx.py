"""Full page or fragment: what a request gets."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from portal.accounts.models import User
from portal.core.htmx import render_page
from tests.factories import make_run

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.locmem.Loader",
                            {
                                "page.html": "{% load partials %}<html>"
                                "{% partialdef rows inline %}<p id=rows>{{ word }}</p>{% endpartialdef %}"
                                "{% partialdef secret %}secret{% endpartialdef %}</html>"
                            },
                        )
                    ],
                )
            ],
        },
    }
]


def page_for(**headers: str) -> HttpResponse:
    request = RequestFactory().get("/", headers={name.replace("_", "-"): value for name, value in headers.items()})
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]  # as its middleware does
    with override_settings(TEMPLATES=TEMPLATES):
        return render_page(request, "page.html", {"word": "hello"}, partials=("rows",))


FULL, FRAGMENT = "<html><p id=rows>hello</p></html>", "<p id=rows>hello</p>"


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({}, FULL),
        ({"HX_Request": "true", "HX_Target": "rows"}, FRAGMENT),
        ({"HX_Request": "true", "HX_Target": "secret"}, FULL),
        ({"HX_Request": "true", "HX_Target": "elsewhere"}, FULL),
        ({"HX_Request": "true"}, FULL),
        ({"HX_Request": "true", "HX_Target": "rows", "HX_Boosted": "true"}, FULL),
        ({"HX_Target": "rows"}, FULL),
    ],
)
def test_only_an_htmx_request_for_a_known_partial_gets_the_partial(headers: dict[str, str], content: str) -> None:
    assert page_for(**headers).content.decode() == content


def test_caches_keep_page_and_fragment_apart() -> None:
    assert "HX-Request" in page_for().headers["Vary"]


def test_the_status_is_handed_on() -> None:
    request = RequestFactory().post("/")
    with override_settings(TEMPLATES=TEMPLATES):
        assert render_page(request, "page.html", {}, status=422).status_code == 422


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fragment", "page"),
    [
        ("runs-in-progress", "home"),
        ("runs-ring", "home"),
        ("jobs:runs-live", "jobs:runs"),
        ("jobs:connections-open", "jobs:connections"),
        ("jobs:run-progress", "jobs:run"),
        ("jobs:run-details", "jobs:run"),
        ("jobs:run-results-progress", "jobs:run-results"),
    ],
)
def test_whoever_opens_the_address_of_a_fragment_is_sent_to_its_page(
    fragment: str, page: str, technician: User, signed_in: Callable[[User], Client]
) -> None:
    named = {"run_id": make_run(organizations=1).pk} if "run-" in fragment else {}
    answer = signed_in(technician).get(reverse(fragment, kwargs=named))
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse(page, kwargs=named))
    assert "HX-Request" in answer.headers["Vary"]
    asked = signed_in(technician).get(reverse(fragment, kwargs=named), headers={"HX-Request": "true"})
    assert asked.status_code in (200, 204, 286)
