"""What no act may do to a signed reading, whoever asks: looked at for every revision before it is written.

A signature stands for ever; the content it closed changes only after an amendment was begun for a reason; and
nobody but its reader changes a reading, or signs it.
"""

from __future__ import annotations

from annotator.errors import SignedReading
from annotator.model.finding import Reading
from annotator.model.history import OF_SIGNING, Act
from annotator.store.encoding import content_digest


def refuse(before: Reading, after: Reading, act: Act, reader: str) -> None:
    """Raise SignedReading when `reader` may not turn `before` into `after` by an act of this kind."""
    if reader != before.reader or after.reader != before.reader:
        raise SignedReading(
            f"This reading is {before.reader}'s and only {before.reader} can change it; {reader} can say otherwise in "
            "a reading of the same exam."
        )
    if after.signatures != before.signatures:
        _refuse_signature(before, after, act)
    elif after.amending != before.amending:
        _refuse_amendment(before, after, act)
    elif act in OF_SIGNING:
        raise SignedReading(
            f"This reading was neither signed nor opened by the act {act!r}; nothing was saved."
        )
    elif before.is_signed and after.content != before.content:
        raise SignedReading(
            f"Version {before.signatures[-1].version} of this reading is signed, so it cannot be changed; begin an "
            "amendment and give its reason."
        )


def tampered(reading: Reading) -> bool:
    """Whether a signed reading no longer says what was signed; False for one that is open."""
    return reading.is_signed and content_digest(reading) != reading.signatures[-1].content


def _refuse_signature(before: Reading, after: Reading, act: Act) -> None:
    known, signed = before.signatures, after.signatures
    if act is not Act.SIGN or len(signed) != len(known) + 1 or signed[:-1] != known:
        raise SignedReading(
            "A signature is added by signing, one at a time, and none is ever taken back; nothing was saved."
        )
    new = signed[-1]
    if before.is_signed:
        raise SignedReading(
            f"This reading is signed already (version {known[-1].version}); to sign another version, begin an "
            "amendment and give its reason."
        )
    if (new.version, new.reader, new.reason) != (
        len(signed),
        after.reader,
        before.amending,
    ) or after.amending:
        raise SignedReading(
            f"Version {len(signed)} of this reading is signed by {after.reader} and for the reason the amendment "
            "was begun for; this signature says otherwise, so nothing was saved."
        )
    if after.content != before.content or new.content != content_digest(after):
        raise SignedReading(
            "What was signed is not what is saved of this reading; look at it again, and sign it again."
        )


def _refuse_amendment(before: Reading, after: Reading, act: Act) -> None:
    if after.amending:
        fits = act is Act.AMEND and before.is_signed and after.amending == after.amending.strip()
        unchanged = after.content == before.content
    else:
        fits = act is Act.WITHDRAW
        unchanged = not tampered(after)
    if not fits:
        raise SignedReading(
            "An amendment is begun on a signed reading, for a reason, and ends with a signature or is withdrawn; "
            "nothing was saved."
        )
    if not unchanged:
        raise SignedReading(
            "An amendment begins and is withdrawn with what was signed, and this is something else; nothing was saved."
        )
