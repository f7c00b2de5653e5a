"""Measures the length of functions and the number of their parameters in sources that clang-format has formatted."""

import dataclasses
import functools
import re

from sources import PRODUCT

LINES = 50
PARAMETERS = 5

# What opens a scope in which functions are defined.
SCOPE = re.compile(r'^(?:template *<.*> *)?(?:(?:inline +)?(?:namespace|class|struct|union)\b|extern *" *"$)')
WORDS_BEFORE_BODY = re.compile(r"(?:\)|\]|\b(?:const|noexcept|override|final|mutable|try)|-> *[\w:<>,&* ()]+|})\s*$")
# The parentheses of these hold no parameters.
NOT_PARAMETERS = re.compile(r"(?:__attribute__|alignas|decltype|explicit|requires|noexcept|sizeof)\s*$")


@dataclasses.dataclass(frozen=True)
class Function:
    name: str
    line: int  # where the declaration begins
    last: int
    parameters: int

    @property
    def lines(self):
        return self.last - self.line + 1


def without_directives(code):
    """The code with preprocessor lines blanked. All branches of an #if are kept."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda found: re.sub(r"[^\n]", " ", found.group()), code,
                  flags=re.MULTILINE)


def closing(code, start):
    """The position of the bracket that closes the one at start."""
    depth = 0
    for place in range(start, len(code)):
        if code[place] in "({[":
            depth += 1
        elif code[place] in ")}]":
            depth -= 1
            if depth == 0:
                return place
    raise ValueError("a bracket is not closed")


def parameter_list(head):
    """(name, text between the parentheses), or None if the head is not that of a function."""
    place = 0
    while (place := head.find("(", place)) >= 0:
        end = closing(head, place)
        before = head[:place].rstrip()
        name = re.search(r"(?:operator *(?:\(\)|[^\w\s]+|\w+)|[\w:~]+)$", before)
        if name and name.group() == "operator":
            place = end + 1
            continue
        if name and not NOT_PARAMETERS.search(before):
            return name.group(), head[place + 1:end]
        place = end + 1
    return None


def count_parameters(text):
    if not text.strip() or text.strip() == "void":
        return 0
    depth = 0
    count = 1
    for place, sign in enumerate(text):
        if sign in "([{<":
            depth += 1
        elif sign in ")]}" or (sign == ">" and text[place - 1] != "-"):
            depth -= 1
        elif sign == "," and depth == 0:
            count += 1
    return count


@functools.lru_cache(maxsize=None)
def functions(source):
    """Each function that is defined at the level of namespaces and classes."""
    code = without_directives(source.code)
    return tuple(in_scope(code, 0, len(code), 1))


def in_scope(code, start, end, first_line):
    begin = place = start

    def line_of(at):
        return first_line + code.count("\n", start, at)

    while place < end:
        sign = code[place]
        if sign == ";" or (sign == "}" and place == begin) or ends_label(code, begin, place):
            begin = place + 1
        elif sign in "([":
            place = closing(code, place)
        elif sign == "{":
            head = code[begin:place]
            close = closing(code, place)
            text = head.strip()
            begins = begin + len(head) - len(head.lstrip())
            if SCOPE.match(re.sub(r"\[\[[^]]*\]\] *", "", text)):
                yield from in_scope(code, place + 1, close, line_of(place + 1))
                begin = close + 1
            elif in_initializers(text):
                pass  # a member is initialized in braces; the body follows
            elif is_function(text):
                name, parameters = parameter_list(text)
                yield Function(name, line_of(begins), line_of(close), count_parameters(parameters))
                begin = close + 1
            elif not re.search(r"=\s*$|\w\s*$", text) or text.startswith("enum"):
                begin = close + 1
            place = close
        place += 1


def ends_label(code, begin, place):
    return code[place] == ":" and code[begin:place].strip() in ("public", "private", "protected")


def in_initializers(head):
    """Whether the brace after the head initializes a member in a constructor."""
    return re.search(r"\)\s*(?:noexcept\s*)?:[^:]", head) and re.search(r"\w\s*$", head)


def outer(head):
    """The head without the text in brackets and without template parameters."""
    if head.startswith("template"):
        depth = 0
        for place, sign in enumerate(head):
            depth += {"<": 1, ">": -1}.get(sign, 0)
            if sign == ">" and depth == 0:
                head = head[place + 1:]
                break
    text = ""
    place = 0
    while place < len(head):
        text += head[place]
        if head[place] in "({[":
            place = closing(head, place)
            text += head[place]
        place += 1
    return text


def is_function(head):
    # An initializer (perhaps of a lambda) has an equals sign outside all brackets.
    if "=" in re.sub(r"operator *[^\w\s(]+", "operator", outer(head)):
        return False
    return parameter_list(head) is not None and WORDS_BEFORE_BODY.search(head) is not None


def check_length(tree):
    for source in tree.product(*PRODUCT):
        for function in functions(source):
            if function.lines > LINES:
                yield f"{source.path}:{function.line}: {function.name}: {function.lines} lines"


def check_parameters(tree):
    for source in tree.product(*PRODUCT):
        for function in functions(source):
            if function.parameters > PARAMETERS:
                yield f"{source.path}:{function.line}: {function.name}: {function.parameters} parameters"
