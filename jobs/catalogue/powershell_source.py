"""Spell a PowerShell source so that the grammar reads it as PowerShell itself does.

PowerShell takes typographic quotes and dashes for the straight ones and a bare word for a text; the grammar does not.
The structure is left to the grammar: nothing here decides what a command is given.
"""

import re
from dataclasses import dataclass

SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b"
DOUBLE_QUOTES = '"\u201c\u201d\u201e'
DASHES = "-\u2013\u2014\u2015"
_BLANKS = " \t\u00a0\u3000\u200b\ufeff"
_ENDS_WORD = frozenset(f"{_BLANKS}\n,;|&(){{}}<>")
_OPENERS = ("@{", "@(", "$(", "${", "(", "{")
_CLOSERS = {"@{": "}", "@(": ")", "$(": ")", "${": "}", "(": ")", "{": "}"}
_KEYWORDS = frozenset(
    {
        *("begin", "break", "catch", "class", "continue", "data", "do", "else", "elseif", "end", "exit", "filter"),
        *("finally", "for", "foreach", "from", "function", "if", "in", "param", "process", "return", "switch"),
        *("throw", "trap", "try", "until", "using", "while"),
    }
)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|0x[0-9a-f]+)", re.IGNORECASE | re.ASCII)
_SIZE = re.compile(r"\d+(?:\.\d+)?[kmgtp]b", re.IGNORECASE | re.ASCII)
_PARAMETER = re.compile(rf"[{DASHES}]([a-z_]\w*)", re.IGNORECASE | re.ASCII)
_DIGITS = "ABCDEFGHIJ"
_PROMPT = re.compile(rf"[{_BLANKS}]*(?:\[?PS\]? [^\n>|;]*)?>[>{_BLANKS}]*")
_HERE = re.compile(rf"@([{SINGLE_QUOTES}{DOUBLE_QUOTES}])[{_BLANKS}]*\n")


@dataclass
class _Frame:
    """What stands between two brackets, or the whole source. `start` says that a statement may begin here."""

    closer: str
    table: bool = False
    command: bool = False
    start: bool = True

    def begin(self) -> None:
        """A new statement begins."""
        self.command, self.start = False, True


def canonical(text: str) -> str:
    """Return `text` with straight quotes and dashes, bare words in quotes, without prompts and comments."""
    return _Scanner(text.replace("\r\n", "\n").replace("\r", "\n")).all()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.out: list[str] = []
        self.frames = [_Frame("")]

    @property
    def frame(self) -> _Frame:
        return self.frames[-1]

    def all(self) -> str:
        while self.at < len(self.text):
            self.one()
        return "".join(self.out)

    def one(self) -> None:
        """Pass one token."""
        character = self.text[self.at]
        if self.blank(character) or self.here_string() or self.bracket(character):
            return
        if character in SINGLE_QUOTES:
            self.put(straight(self.single()))
        elif character in DOUBLE_QUOTES:
            self.put(f'"{self.double()}"')
        elif character == "\n" or character in ";|&<>,":
            self.mark(character)
        elif character == "=" and not self.frame.command:
            self.out.append(character)
            self.at += 1
            self.frame.start = True
        else:
            self.word()

    def put(self, written: str) -> None:
        self.out.append(written)
        self.frame.start = False

    def blank(self, character: str) -> bool:
        """Pass blanks, comments, the end of a line that is continued, and the prompt that begins one."""
        before = self.at
        begins_line = self.at == 0 or self.text[self.at - 1] == "\n"
        if begins_line and (prompt := _PROMPT.match(self.text, self.at)):
            self.at = prompt.end()
        elif character in _BLANKS:
            self.at += 1
        elif self.text.startswith("<#", self.at):
            end = self.text.find("#>", self.at)
            self.at = len(self.text) if end < 0 else end + 2
        elif character == "#" and (self.at == 0 or self.text[self.at - 1] in f"{_BLANKS}\n;(){{}}|"):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
        elif character == "`" and self.text[self.at + 1 :].lstrip(_BLANKS)[:1] in ("\n", ""):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end + 1
        if self.at > before:
            self.out.append(" ")
        return self.at > before

    def mark(self, character: str) -> None:
        self.out.append(character)
        self.at += 1
        if character in "\n;|&":
            self.frame.begin()

    def bracket(self, character: str) -> bool:
        if character == self.frame.closer and len(self.frames) > 1:
            self.frames.pop()
            self.put(character)
            self.at += 1
            return True
        opener = next((o for o in _OPENERS if self.text.startswith(o, self.at)), None)
        if opener is None or opener == "${":
            return False
        self.put(opener)
        self.at += len(opener)
        self.frames.append(_Frame(_CLOSERS[opener], table=opener == "@{"))
        return True

    def here_string(self) -> bool:
        opened = _HERE.match(self.text, self.at)
        if opened is None:
            return False
        quotes = SINGLE_QUOTES if opened.group(1) in SINGLE_QUOTES else DOUBLE_QUOTES
        closed = re.compile(rf"\n[{quotes}]@").search(self.text, opened.end() - 1)
        content = self.text[opened.end() : closed.start() if closed else len(self.text)]
        self.at = closed.end() if closed else len(self.text)
        expands = quotes is DOUBLE_QUOTES and ("$" in content or "`" in content)
        doubled = content.replace('"', '""')
        self.put(f'"{doubled}"' if expands else straight(content))
        return True

    def single(self) -> str:
        """Pass a single-quoted text and return what it says; any two single quotes inside are the second one."""
        self.at += 1
        content: list[str] = []
        while self.at < len(self.text):
            if self.text[self.at] in SINGLE_QUOTES:
                self.at += 1
                if self.text[self.at : self.at + 1] not in tuple(SINGLE_QUOTES):
                    break
            content.append(self.text[self.at])
            self.at += 1
        return "".join(content)

    def double(self) -> str:
        """Pass a double-quoted text and return its inside as the grammar takes it."""
        self.at += 1
        content: list[str] = []
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "`":
                content.append(self.text[self.at : self.at + 2])
                self.at += 2
            elif self.text.startswith("$(", self.at):
                content.append(self.subexpression())
            elif character in DOUBLE_QUOTES:
                self.at += 1
                if self.text[self.at : self.at + 1] not in tuple(DOUBLE_QUOTES):
                    break
                content.append('""' if self.text[self.at] == '"' else self.text[self.at])
                self.at += 1
            else:
                content.append(character)
                self.at += 1
        return "".join(content)

    def subexpression(self) -> str:
        """Pass `$( … )` inside a text, up to the bracket that closes it."""
        start, depth = self.at, 0
        while self.at < len(self.text):
            depth += {"(": 1, ")": -1}.get(self.text[self.at], 0)
            self.at += 1
            if depth == 0 and self.text[self.at - 1] == ")":
                break
        return self.text[start : self.at]

    def word(self) -> None:
        parameter = _PARAMETER.match(self.text, self.at)
        if self.frame.command and parameter:
            self.at = parameter.end()
            self.put("-" + re.sub(r"\d", lambda digit: f"__{_DIGITS[int(digit.group())]}", parameter.group(1)))
            if self.text.startswith(":", self.at):
                self.put(":")
                self.at += 1
            return
        written = self.raw()
        if self.frame.start and not self.frame.table and written[0].isalpha():
            self.begins(written)
        elif _SIZE.fullmatch(written) or (self.frame.command and self.is_bare(written)):
            self.put(f'"{quoteless(written)}"' if "$" in written else straight(unescaped(quoteless(written))))
        else:
            self.put(written)

    def begins(self, written: str) -> None:
        """Put the first word of a statement."""
        keyword = written.lower() in _KEYWORDS
        self.put(written if keyword else re.sub(f"[{DASHES}]", "-", written))
        self.frame.command = not keyword
        self.frame.start = keyword

    def is_bare(self, written: str) -> bool:
        return not (written[0] in "$@[" or _NUMBER.fullmatch(written) or re.match(r"\d+>|::|\.", written))

    def ends_early(self) -> bool:
        """Whether a table or the value of an assignment begins here, right behind a word or a type."""
        assigns = self.text[self.at] == "=" and not self.frame.command
        return assigns or self.text.startswith("@{", self.at)

    def raw(self) -> str:
        """Pass everything up to what ends a word; quoted parts and braced names belong to it."""
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in _ENDS_WORD:
            if self.text.startswith("${", self.at):
                self.at = (self.text.find("}", self.at) + 1) or len(self.text)
            elif self.text.startswith("$(", self.at):
                self.subexpression()
            elif self.text[self.at] == "`":
                self.at += 2
            elif self.at > start and self.ends_early():
                break
            elif self.at > start and self.text[self.at] in SINGLE_QUOTES and self.frame.command:
                self.single()
            elif self.at > start and self.text[self.at] in DOUBLE_QUOTES and self.frame.command:
                self.double()
            elif self.at > start and self.text[self.at] in SINGLE_QUOTES + DOUBLE_QUOTES:
                break
            else:
                self.at += 1
        if self.at == start:
            self.at += 1
        return self.text[start : self.at]


def restored(written: str) -> str:
    """Return a piece of a canonical source with the digits in parameter names, which the grammar does not know."""
    return re.sub(f"__([{_DIGITS}])", lambda found: str(_DIGITS.index(found.group(1))), written)


def straight(content: str) -> str:
    """Return `content` as a text in straight single quotes."""
    return "'" + content.replace("'", "''") + "'"


def quoteless(written: str) -> str:
    """Return a bare word without the quotes of its quoted parts."""
    return re.sub(f"[{SINGLE_QUOTES}{DOUBLE_QUOTES}]", "", written)


def unescaped(written: str) -> str:
    """Return a text with its backtick escapes resolved."""
    return re.sub(r"`(.)", lambda found: _ESCAPES.get(found.group(1), found.group(1)), written, flags=re.DOTALL)


_ESCAPES = {"0": "\0", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
