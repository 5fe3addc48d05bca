"""The shared pieces of pages: what they show, and what they do without a script."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.template import RequestContext, Template
from django.test import RequestFactory


@dataclass
class Option:
    word: str
    url: str
    count: int | None = None
    current: bool = False


def render(include: str, path: str = "/x/", **context: Any) -> str:
    request = RequestFactory().get(path)
    return Template(f"{{% include {include} %}}").render(RequestContext(request, context))


def test_tabs_are_links_and_mark_the_present_one() -> None:
    tabs = [
        Option("Overview", "/a/", current=True),
        Option("Events", "/b/", count=1200),
        Option("None", "/c/", count=0),
    ]
    page = render('"components/_tabs.html" with tabs=tabs only', tabs=tabs)
    assert '<a href="/a/" aria-current="page">Overview</a>' in page
    assert '<a href="/b/">Events <span class="count">1,200</span></a>' in page
    assert '<span class="count">0</span>' in page


@pytest.mark.parametrize(
    ("sort", "falls", "link", "aria"),
    [
        ("name", False, "?sort=-name", "ascending"),
        ("-name", False, "?sort=name", "descending"),
        ("ends", False, "?sort=name", ""),
        ("ends", True, "?sort=-name", ""),
        ("-name", True, "?sort=name", "descending"),
    ],
)
def test_a_column_sorts_and_forgets_the_page(sort: str, falls: bool, link: str, aria: str) -> None:
    page = render(
        '"components/_sort.html" with word="Name" key="name" sort=sort falls=falls only',
        "/x/?cursor=abc",
        sort=sort,
        falls=falls,
    )
    assert f'href="{link}"' in page
    assert (f'aria-sort="{aria}"' in page) if aria else ("aria-sort" not in page)


def test_facets_fold_what_is_many_and_count() -> None:
    options = [Option(f"Word {number}", f"?a={number}", count=number) for number in range(14)]
    options[1].current = True
    groups = [{"title": "Cloud", "options": options}]
    page = render('"components/_facets.html" with groups=groups only', groups=groups)
    assert "2 more" in page
    assert page.count('aria-current="true"') == 1
    assert page.count("<li>") == 14


def test_a_confirmation_names_what_it_destroys_and_how_many() -> None:
    page = render(
        '"components/_confirm.html" with verb="Delete" object="Gold" number=1200 noun="organizations" '
        'consequence="They stay." back="/back/"'
    )
    assert "Delete Gold: 1,200 organizations?" in page
    assert "csrfmiddlewaretoken" in page
    assert '<a href="/back/">' in page


def test_progress_without_an_end_says_so() -> None:
    page = render('"components/_progress.html" with label="Export" value=3 max=0 only')
    assert "working" in page
    assert "max=" not in page
    assert "3 of 1,200 rows" in render(
        '"components/_progress.html" with label="Export" value=3 max=1200 noun="rows" only'
    )
