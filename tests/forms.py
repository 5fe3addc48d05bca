"""Forms of a page as a browser would send them."""

from html.parser import HTMLParser

_SKIPPED = ("submit", "button", "file")


class _Fields(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside = form_id, False
        self.found: dict[str, list[str]] = {}
        self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("id") == self.form_id
        name = given.get("name") or ""
        if not self.inside or not name or "disabled" in given:
            return
        kind = given.get("type") or "text"
        ticked = kind not in ("checkbox", "radio") or "checked" in given
        if tag == "input" and kind not in _SKIPPED and ticked:
            self.found.setdefault(name, []).append(given.get("value") or "")
        elif tag == "textarea":
            self.area = name
            self.found.setdefault(name, []).append("")

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[self.area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area:
            self.found[self.area][-1] = self.found[self.area][-1].removeprefix("\n")
            self.area = ""
        elif tag == "form":
            self.inside = False


def form_fields(page: str, form_id: str = "launch-form") -> dict[str, list[str]]:
    """Return what the inputs and text areas of a form hold, by name; choices of a list are left out."""
    fields = _Fields(form_id)
    fields.feed(page)
    fields.found.pop("csrfmiddlewaretoken", None)
    return fields.found
