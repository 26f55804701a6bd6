"""Words that are kept, with stars in place of what may say who, when or where."""

from __future__ import annotations

import re

from annotator.model.identity import HIDDEN, Identity

_MONTH = r"(?:jan|feb|m[aä]r|mar|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zä]*\.?"
_DATES = re.compile(
    rf"(?<!\d)(?:(?:19|20)\d\d[-./ ]?[01]\d[-./ ]?[0-3]\d(?:\d{{6}})?|[0-3]?\d[-./]\s?[0-3]?\d[-./]\s?(?:19|20)?\d\d"
    rf"|[0-3]?\d(?:th|st|nd|rd)?\.?[ -]{_MONTH},?[ -](?:19|20)\d\d"
    rf"|{_MONTH}[ -][0-3]?\d(?:th|st|nd|rd)?,?[ -](?:19|20)\d\d)(?![\d])",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?<![\d.:])[0-2]?\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?![\d:])")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+|\\\\\S+|(?<!\w)[A-Za-z]:\\\S+")
_UID = re.compile(r"(?<![\d.])\d(?:\.\d+){4,}(?![\d.])")
_DIGITS = re.compile(r"(?<![\w.])\+?\d(?:[ /()-]?\d){4,}(?![\w])")
_TITLED = re.compile(
    r"(?<!\w)(?:Dr|Prof|Mrs|Mr|Ms|Miss|Frau|Herr|Mme|Dra|Sra|Sr)\b\.?(?:[ \^]+(?:med|Dr)\.?)*[ \^]+[^\W\d_][\w'\u2019-]*"
    r"(?:[ \^]+[^\W\d_a-zß-ÿ][\w'\u2019-]*)?"
)


def cleaned(text: str, identity: Identity) -> str:
    """What a person may have typed: names of the exam, titled names, dates, times, addresses and long numbers are hidden."""
    text = identity.hidden(text)
    for pattern in (_UID, _ADDRESS, _DATES, _CLOCK, _TITLED, _DIGITS):
        text = pattern.sub(HIDDEN, text)
    return text


def cleaned_label(text: str, identity: Identity) -> str:
    """A short label: as `cleaned`, but numbers by themselves stay, which are versions and sizes of machines."""
    text = identity.hidden(text)
    for pattern in (_UID, _ADDRESS, _DATES, _TITLED):
        text = pattern.sub(HIDDEN, text)
    return text
