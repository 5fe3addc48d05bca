"""Pages of the login service: plain HTML without scripts."""

from html import escape

from portal.sandbox.http import Response

_STYLE = """
:root{color-scheme:light dark;--ground:#f3f4f6;--card:#fff;--ink:#1b1f24;--soft:#57606a;--line:#8c959f;--act:#0b5cad}
@media(prefers-color-scheme:dark){:root{--ground:#14171a;--card:#1f2428;--ink:#e6e9ec;--soft:#a4adb6;--line:#6e7781;
--act:#79b8ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;padding:24px 16px;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,sans-serif;display:flex;flex-direction:column;align-items:center}
.banner{color:var(--soft);font-size:14px;margin:0 0 12px;text-align:center}
main{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:28px;width:100%;max-width:440px}
h1{font-size:22px;line-height:1.3;margin:0 0 12px}
p{margin:0 0 14px;overflow-wrap:anywhere}
.soft{color:var(--soft);font-size:14px}
.problem{border-left:4px solid #c4314b;padding-left:12px}
.number{font-size:44px;font-weight:600;text-align:center;margin:0 0 14px}
label{display:block;font-weight:600;margin-bottom:4px}
input[type=text],input[type=password]{width:100%;font:inherit;padding:9px;border:1px solid var(--line);
border-radius:4px;background:var(--card);color:var(--ink);margin-bottom:16px}
button{font:inherit;padding:9px 18px;border-radius:4px;border:1px solid var(--act);background:var(--card);
color:var(--act);cursor:pointer;margin:0 8px 8px 0}
button.first{background:var(--act);color:var(--card);font-weight:600}
button.wide{display:block;width:100%;text-align:left}
a{color:var(--act)}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}
dl{margin:0 0 14px}dt{font-weight:600}dd{margin:0 0 8px;overflow-wrap:anywhere}
ul{margin:0 0 14px;padding-left:22px}
"""


def page(title: str, content: str, *, status: int = 200) -> Response:
    """A page with one card; `content` is HTML."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} - Simulated Microsoft sign-in</title><style>{_STYLE}</style></head>"
        '<body><p class="banner">Simulated Microsoft sign-in</p>'
        f"<main><h1>{escape(title)}</h1>{content}</main></body></html>"
    )
    headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ]
    return Response(status, text.encode(), headers)


def form(action: str, hidden: dict[str, str], content: str) -> str:
    """A form that posts `hidden` values and whatever `content` (HTML) holds."""
    return f'<form method="post" action="{escape(action)}" autocomplete="off">{hidden_fields(hidden)}{content}</form>'


def hidden_fields(values: dict[str, str]) -> str:
    """Hidden inputs."""
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in values.items()
    )


def field(name: str, label: str, value: str = "", *, kind: str = "text", problem: str = "") -> str:
    """A labelled input, with the problem of what was typed above it."""
    said = f'<p class="problem" role="alert" id="{name}-problem">{escape(problem)}</p>' if problem else ""
    described = f' aria-invalid="true" aria-describedby="{name}-problem"' if problem else ""
    return (
        f'{said}<label for="{name}">{escape(label)}</label><input type="{kind}" id="{name}" name="{name}" '
        f'value="{escape(value)}" spellcheck="false" required autofocus{described}>'
    )


def button(step: str, text: str, *, kind: str = "", leave: bool = False) -> str:
    """A submit button that names the step; `leave` skips the check of required fields."""
    skipped = " formnovalidate" if leave else ""
    return f'<button name="step" value="{escape(step)}" class="{kind}"{skipped}>{escape(text)}</button>'


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of text."""
    role = ' role="alert"' if kind == "problem" else ""
    return f'<p class="{kind}"{role}>{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def link(address: str, text: str) -> str:
    """A paragraph with one link."""
    return f'<p><a href="{escape(address)}">{escape(text)}</a></p>'
