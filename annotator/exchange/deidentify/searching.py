"""A last look at the bytes of a copy: whether anything in them says who it is, in whatever encoding."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from pydicom import Dataset
from pydicom.datadict import keyword_for_tag

from annotator.exchange.deidentify.copying import header_bytes
from annotator.exchange.deidentify.known import Known

SOUGHT = 5
"""Letters of a name or number that is looked for among bytes: shorter ones stand in words of every header."""
SOUGHT_PLACE = 8
SOUGHT_IN_PICTURE = 6
"""The same in a compressed picture, where bytes are as if by chance: six letters in a gigabyte once in 300."""
_LETTER = rb"[0-9A-Za-z\x80-\xff]"
_UID = re.compile(rb"(?<![\d.])\d+(?:\.\d+){3,}(?![\d.])")
_OVERLAP = 512


class Search:
    """Looks for what is known of a patient, in any case; a word inside a longer one is another word.

    A word of `public`, which stands in every copy, is not looked for.
    """

    def __init__(self, known: Known, public: str = "") -> None:
        words = {word for word in known.names | known.who.numbers if len(word) >= SOUGHT} | known.births
        words |= {word for _, word in known.places if len(word) >= SOUGHT_PLACE}
        words = {word for word in words if word.lower() not in public.lower()}
        forms = {form for word in words for form in _forms(word, known.encodings)}
        self._uids = frozenset(uid.encode(errors="ignore") for _, uid in known.uids)
        self._words = [form for form in forms if len(form) >= SOUGHT_IN_PICTURE]
        either = b"|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
        self._pattern = (
            re.compile(rb"(?<!" + _LETTER + rb")(?:" + either + rb")(?!" + _LETTER + rb")", re.IGNORECASE)
            if forms
            else None
        )

    def finds(self, header: bytes) -> bool:
        """Whether any of it is there, in UTF-16 too."""
        return any(self._in(form) for form in (header, header.replace(b"\0", b"")))

    def _in(self, content: bytes) -> bool:
        if self._pattern is not None and self._pattern.search(content) is not None:
            return True
        return any(found.group() in self._uids for found in _UID.finditer(content))

    def where(self, dataset: Dataset, syntax: str) -> str:
        """The first element at the top of a data set in which it is, by its name; '' where none has it."""
        for tag in list(dataset.keys()):
            alone = Dataset()
            alone[tag] = dataset.get_item(tag)
            if self.finds(header_bytes(alone, syntax)):
                return keyword_for_tag(tag) or str(tag)
        return ""

    def through(self, pieces: Iterable[bytes], found: list[bool]) -> Iterator[bytes]:
        """The pieces of a compressed picture; `found` gets an entry as soon as a word is in one or across two."""
        before = b""
        for piece in pieces:
            content = before + piece
            if not found and any(word in content for word in self._words):
                found.append(True)
            before = piece[-_OVERLAP:]
            yield piece


def _forms(word: str, encodings: Collection[str]) -> Iterator[bytes]:
    for encoding in encodings:
        try:
            yield word.encode(encoding)
        except (UnicodeEncodeError, LookupError):
            continue
