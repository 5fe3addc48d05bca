"""The page of a refusal that no form can show."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def refused(
    request: HttpRequest, refusal: Exception, *, title: str, url: str, action: str, status: int
) -> HttpResponse:
    """Answer `status` with the sentence of `refusal`, and a link called `action` to what can be done instead."""
    context = {"title": title, "sentence": str(refusal), "url": url, "action": action}
    return render(request, "jobs/refused.html", context, status=status)
