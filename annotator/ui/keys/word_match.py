"""How well typed letters name a thing: by the beginnings of its words, by parts of them, by letters in order."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+|[^\w\s]+")


def rank(typed: str, title: str, more: str = "") -> float | None:
    """How far `typed` is from a thing called `title`, of which `more` tells (0: its very name); None: no match.

    Every word typed has to be found; capitals and order do not matter.
    """
    tokens = typed.casefold().split()
    name, rest = title.casefold(), more.casefold()
    words = _WORD.findall(name)
    far = 0.0
    for token in tokens:
        distance = _distance(token, name, words, rest)
        if distance is None:
            return None
        far += distance
    if tokens and " ".join(tokens) == name:
        return 0.0
    # of two that match alike the shorter name is nearer
    return far + len(name) / 1000


def _distance(token: str, name: str, words: list[str], rest: str) -> float | None:
    if token in words:
        return 0.5 + words.index(token) / 100
    beginning = next((i for i, word in enumerate(words) if word.startswith(token)), None)
    if beginning is not None:
        return 1 + beginning / 100
    if len(token) > 1 and token in "".join(word[0] for word in words):
        return 2
    if token in name:
        return 3
    if any(word.startswith(token) for word in rest.split()):
        return 4
    if len(token) > 1 and _in_order(token, name):
        return 5
    return None


def _in_order(token: str, name: str) -> bool:
    """Whether the letters occur one after the other, beginning at the beginning of a word."""
    starts = (match.start() for match in _WORD.finditer(name))
    return any(_follow(token, name, start) for start in starts)


def _follow(token: str, name: str, at: int) -> bool:
    if name[at] != token[0]:
        return False
    for letter in token:
        at = name.find(letter, at) + 1
        if at == 0:
            return False
    return True
