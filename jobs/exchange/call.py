"""One cmdlet and all pages of its answer (exchange-protocol.md 3.5 and 3.7)."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from jobs.exchange import disturbances, refusals
from jobs.exchange.answer import MASK, Answer
from jobs.exchange.classification import retry_of
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.page import Page, UnreadablePage, read_page
from jobs.exchange.spec import ConnectionSpec
from jobs.exchange.wire import Reply, Request

# Sends the cmdlet to the link of a page, or to its first address if the link is empty.
Send = Callable[[str], Reply]


@dataclass(slots=True)
class Call:
    """One cmdlet on its way."""

    request: Request
    parameters: Mapping[str, Any]
    client_request_id: str
    result_size_unlimited: bool | None
    spec: ConnectionSpec

    def follows(self, page: Page, rows: int) -> bool:
        """True if the next page is to be read, `rows` being those read so far; a change is never sent again."""
        if not page.next_link or not self.request.reads:
            return False
        size = self.parameters.get("ResultSize")
        if self.is_unlimited:
            return True
        is_full = len(page.rows) == self.spec.page_size
        return isinstance(size, int) and not isinstance(size, bool) and is_full and size > rows

    @property
    def is_unlimited(self) -> bool:
        """True if every object is wanted."""
        if self.result_size_unlimited is not None:
            return self.result_size_unlimited
        return str(self.parameters.get("ResultSize", "")).lower() == "unlimited"


def masked(body: Mapping[str, Any], secret_parameters: Collection[str]) -> bytes:
    """Return the request body as JSON, with the values of the secret parameters (in any case) hidden."""
    hidden = {name.lower() for name in secret_parameters}
    cmdlet = body["CmdletInput"]
    parameters = {
        name: MASK if name.partition("@")[0].lower() in hidden else value
        for name, value in cmdlet["Parameters"].items()
    }
    return orjson.dumps({"CmdletInput": {**cmdlet, "Parameters": parameters}})


def read_all(call: Call, send: Send, start: float) -> Answer:
    """Send the cmdlet and read every wanted page; `start` is when it began, on the monotonic clock.

    A read whose next page Exchange no longer knows is started again from the beginning, once. Raises `CallFailed`.
    """
    try:
        return _read_pages(call, send, start)
    except CallFailed as failure:
        if failure.explanation is not disturbances.PAGE_EXPIRED or not call.request.reads:
            raise
    return _read_pages(call, send, start)


def _read_pages(call: Call, send: Send, start: float) -> Answer:
    reply = send("")
    pages = [_first_page(call, reply)]
    rows = len(pages[0].rows)
    links: set[str] = set()
    while call.follows(pages[-1], rows):
        link = pages[-1].next_link
        if link in links or len(pages) >= call.spec.most_pages:
            raise _incomplete("the list of pages does not end")
        links.add(link)
        reply = send(link)
        pages.append(_next_page(call, reply))
        rows += len(pages[-1].rows)
    if call.is_unlimited and call.request.reads and pages[-1].is_truncated:
        raise _incomplete("Exchange says that there are more results than it returned")
    return _answer(call, pages, reply, start)


def _first_page(call: Call, reply: Reply) -> Page:
    page = _page(call, reply)
    if page.confirmation and not page.rows and call.parameters.get("WhatIf") is not True:
        raise CallFailed(refusals.CONFIRMATION_PENDING, ran=Ran.NO, detail=page.confirmation)
    return page


def _next_page(call: Call, reply: Reply) -> Page:
    page = _page(call, reply)
    if not page.has_value:
        raise _incomplete("a later page is empty")
    return page


def _page(call: Call, reply: Reply) -> Page:
    try:
        return read_page(reply.body)
    except UnreadablePage as error:
        explanation = disturbances.UNREADABLE_ANSWER
        retry = retry_of(explanation, Ran.UNKNOWN, reads=call.request.reads)
        raise CallFailed(explanation, ran=Ran.UNKNOWN, retry=retry, detail=str(error)) from error


def _incomplete(detail: str) -> CallFailed:
    return CallFailed(disturbances.INCOMPLETE_ANSWER, ran=Ran.YES, detail=detail)


def _answer(call: Call, pages: list[Page], reply: Reply, start: float) -> Answer:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    last = pages[-1]
    return Answer(
        rows=tuple(row for page in pages for row in page.rows),
        warnings=tuple(text for page in pages for text in page.warnings),
        errors=tuple(error for page in pages for error in page.errors),
        confirmation=pages[0].confirmation,
        is_truncated=bool(last.next_link) or last.is_truncated,
        pages=len(pages),
        request_id=headers.get("request-id", ""),
        client_request_id=call.client_request_id,
        server=headers.get("x-calculatedbetarget", ""),
        duration_ms=round((time.monotonic() - start) * 1000),
        exchanges=tuple(call.request.record),
    )
