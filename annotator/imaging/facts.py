"""Header elements as plain values, however badly they are written; what was mended goes to `repairs`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag

from annotator.imaging.decode_guard import attempt

_LETTERS = frozenset({"AS", "CS", "DA", "TM", "UI"})
_NUMBERS: dict[str, Callable[[str], object]] = {"DS": float, "IS": int}
_LONGEST_NUMBER = 16
MAX_SEQUENCE = 4 << 20
"""Bytes of all sequences that are looked into; the per-frame groups of 200 slices take a tenth of this."""
MAX_ITEMS = 60_000
"""Items of all these sequences; 200 slices have 3,000. An item takes 8 bytes in a file, and longer to read than a
thousand pixels.
"""
_ITEMS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")

MAX_TEXT = 1024
"""Letters of a value: the longest of what is read here is a Short Text (PS3.5 table 6.2-1)."""
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
"""Control characters, line breaks, and what turns the direction of writing around for all that follows."""


class _Allowance:
    """What may still be read of the sequences of one header."""

    def __init__(self) -> None:
        self._bytes = MAX_SEQUENCE
        self._items = MAX_ITEMS

    def takes(self, value: bytes) -> bool:
        """Whether a sequence that nobody has looked into yet may be read too."""
        items = sum(value.count(mark) for mark in _ITEMS)
        if len(value) > self._bytes or items > self._items:
            return False
        self._bytes -= len(value)
        self._items -= items
        return True


class Facts:
    """A data set whose elements can be asked for without fear. `repairs` is shared with nested items."""

    def __init__(self, dataset: Dataset, repairs: list[str], allowance: _Allowance | None = None) -> None:
        self.dataset = dataset
        self.repairs = repairs
        self._allowance = allowance or _Allowance()

    def __contains__(self, keyword: str) -> bool:
        return _tag(keyword) in self.dataset

    def value(self, keyword: str) -> Any:
        """The element's value, None when absent, empty or not to be understood (said in `repairs`)."""
        if keyword not in self:
            return None
        value, why = attempt(lambda: self.dataset[keyword].value)
        if why:
            self.repairs.append(f"{keyword} cannot be understood and was ignored.")
        return value

    def texts(self, keyword: str) -> tuple[str, ...]:
        """The element's values as stripped text, () when absent or empty."""
        raw: Any = self.dataset.get_item(_tag(keyword))
        if raw is None:
            return ()
        plain = _plain_texts(raw) if isinstance(raw, RawDataElement) else None
        if plain is not None:
            return self._shown(keyword, plain)
        value = self.value(keyword)
        if value is None:
            return ()
        values = list(value) if isinstance(value, (MultiValue, list, tuple)) else [value]
        return self._shown(keyword, tuple(str(v).replace("\0", "").strip() for v in values))

    def _shown(self, keyword: str, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Texts as a line of a window can show them: of a length that can be, without signs that steer."""
        if any(len(text) > MAX_TEXT for text in texts):
            self.repairs.append(f"{keyword} is far longer than it can be and was cut.")
            texts = tuple(text[:MAX_TEXT].rstrip() for text in texts)
        if not all(text.isprintable() for text in texts):
            texts = tuple(_STEERING.sub(" ", text).strip() for text in texts)
        return texts if any(texts) else ()

    def text(self, keyword: str) -> str:
        """The first of `texts`, '' when there is none."""
        return next(iter(self.texts(keyword)), "")

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """All values as finite numbers; () when absent, or when any is not one (said in `repairs`)."""
        texts = self.texts(keyword)
        found = [_finite(t) for t in texts]
        kept = tuple(n for n in found if n is not None)
        if len(kept) != len(texts):
            shown = "\\".join(texts)[:40]
            self.repairs.append(f"{keyword} is not a number ({shown!r}) and was ignored.")
            return ()
        return kept

    def number(self, keyword: str) -> float | None:
        """The first of `numbers`, None when there is none."""
        return next(iter(self.numbers(keyword)), None)

    def positive(self, keyword: str) -> float | None:
        """A number above zero; anything else counts as absent (said in `repairs`)."""
        number = self.number(keyword)
        if number is not None and number <= 0:
            self.repairs.append(f"{keyword} is {number:g}, which cannot be, and was ignored.")
            return None
        return number

    def whole(self, keyword: str) -> int | None:
        """A whole number; two bytes under a wrong value representation are read as the standard means them."""
        if keyword not in self:
            return None
        tag = tag_for_keyword(keyword)
        raw: Any = self.dataset.get_item(tag) if tag is not None else None
        if (
            isinstance(raw, RawDataElement)
            and isinstance(raw.value, bytes)
            and raw.VR not in (None, "US", "IS", "SS", "DS")
        ):
            return self._misdeclared(keyword, raw)
        value, why = attempt(lambda: self.dataset[keyword].value)
        number = (
            None
            if why
            else _finite(str(value[0] if isinstance(value, (MultiValue, list)) and value else value))
        )
        if number is None and isinstance(raw, RawDataElement) and isinstance(raw.value, bytes) and raw.value:
            return self._misdeclared(keyword, raw)
        return int(number) if number is not None and number == int(number) else None

    def _misdeclared(self, keyword: str, raw: RawDataElement) -> int | None:
        assert isinstance(raw.value, bytes)
        text = raw.value.strip(b" \0")
        if len(raw.value) == 2:
            number = int.from_bytes(raw.value, "little" if raw.is_little_endian else "big")
        elif text.isdigit() and len(text) < 10:
            number = int(text)
        else:
            self.repairs.append(f"{keyword} cannot be understood and was ignored.")
            return None
        self.repairs.append(f"{keyword} is declared as {raw.VR}; it was read as {number}.")
        return number

    def items(self, keyword: str) -> Iterator[Facts]:
        """The items of a sequence, none when absent, damaged or absurdly long."""
        if keyword not in self:
            return
        tag = tag_for_keyword(keyword)
        raw: Any = self.dataset.get_item(tag) if tag is not None else None
        unread = raw.value if isinstance(raw, RawDataElement) else None
        if isinstance(unread, bytes) and not self._allowance.takes(unread):
            self.repairs.append(f"{keyword} is far longer than it can be and was ignored.")
            return
        value = self.value(keyword)
        if value is None or not hasattr(value, "__iter__") or isinstance(value, (str, bytes)):
            return
        for item in value:
            if isinstance(item, Dataset):
                yield Facts(item, self.repairs, self._allowance)

    def item(self, keyword: str) -> Facts | None:
        """The first item of a sequence."""
        return next(self.items(keyword), None)

    def group(self, keyword: str) -> Facts | None:
        """A functional group macro: of all frames if shared, else of the first frame (PS3.3 C.7.6.16)."""
        for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
            first = self.item(groups)
            found = first.item(keyword) if first is not None else None
            if found is not None:
                return found
        return None


def _finite(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


@cache
def _tag(keyword: str) -> BaseTag:
    tag = tag_for_keyword(keyword)
    assert tag is not None, keyword
    return BaseTag(tag)


def _plain_texts(raw: RawDataElement) -> tuple[str, ...] | None:
    """The values of an element written as the standard has it, several times as fast as pydicom converts it.

    None for everything else, to be converted by pydicom: text in a character set, numbers out of form, other
    representations than the commonest.
    """
    if not isinstance(raw.value, bytes):
        return None
    if raw.VR == "US" and len(raw.value) == 2:
        return (str(int.from_bytes(raw.value, "little" if raw.is_little_endian else "big")),)
    if not raw.value.isascii():
        return None
    number = _NUMBERS.get(raw.VR or "")
    if number is None and raw.VR not in _LETTERS:
        return None
    texts = tuple(part.replace("\0", "").strip() for part in raw.value.decode("ascii").split("\\"))
    if number is None:
        return texts
    try:
        for text in texts:
            number(text)
    except ValueError:
        return None
    return texts if max(map(len, texts)) <= _LONGEST_NUMBER else None
