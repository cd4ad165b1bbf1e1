"""Protobuf's text format: messages as lists of (field, value), where a value is text, as it stands there, or a message."""

import re

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]|[^\s{}":]+|:')


class Name(str):
    """The name of an enum's value: text that is written without quotes."""


def parse(text):
    tokens = _TOKEN.findall(text)
    at = 0

    def message(end):
        nonlocal at
        fields = []
        while at < len(tokens) and tokens[at] != end:
            name = tokens[at]
            at += 1
            if tokens[at] == ":":
                at += 1
                fields.append((name, tokens[at]))
                at += 1
            else:
                at += 1
                fields.append((name, message("}")))
                at += 1
        return fields

    return message(None)


def render(fields):
    """`fields`: such a list; or a dictionary, whose values may be lists for what is repeated, and Python's own types."""
    pairs = fields.items() if isinstance(fields, dict) else fields
    words = []
    for name, value in pairs:
        many = isinstance(value, list) and not (value and isinstance(value[0], tuple)) and not isinstance(fields, list)
        words += [_field(name, each, raw=isinstance(fields, list)) for each in (value if many else [value])]
    return " ".join(words)


def _field(name, value, raw):
    if isinstance(value, (dict, list)):
        return f"{name} {{ {render(value)} }}"
    if isinstance(value, bool):
        return f"{name}: {str(value).lower()}"
    if isinstance(value, str) and not raw and not isinstance(value, Name):
        escaped = "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in value.encode())
        return f'{name}: "{escaped}"'
    return f"{name}: {value}"


def at_path(fields, path):
    """What a path such as `locations.blocks.1.b` names: fields, and for repeated ones how many to pass over."""
    value = fields
    words = path.split(".")
    while words:
        name = words.pop(0)
        skip = int(words.pop(0)) if words and words[0].isdigit() else 0
        value = [found for field, found in value if field == name][skip]
    return value
