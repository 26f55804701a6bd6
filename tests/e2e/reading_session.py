"""A reader at work, as a program of its own to be killed: acts as the window makes them, each confirmed.

Usage: python reading_session.py URL SEED. Before an act is confirmed it is saved; what is printed for it
(one line: revision, act, digest of the reading, digest of the undo stack) is what the reader has seen.
"""

from __future__ import annotations

import hashlib
import random
import sys

from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology, Reading
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.history import Act, Step, last_signed, undo_steps
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.model.signing import Signature
from annotator.store.encoding import content_digest, encode_reading
from annotator.store.store import Store

STUDY, READER = "2.25.1", "killed reader"
IMAGES = (ImageKey("2.25.10"), ImageKey("2.25.11"), ImageKey("2.25.12", 3))
SPACING = PixelSpacing(0.07, 0.07, SpacingBasis.AT_DETECTOR)


def digest(reading: Reading) -> str:
    """A reading as a short text that differs when anything in it differs."""
    return hashlib.sha256(encode_reading(reading).encode()).hexdigest()[:16]


def stack_digest(steps: tuple[Step, ...], done: int) -> str:
    """The undo stack as a short text: how long it is, how much of it is done, its last steps."""
    whole = "|".join(f"{s.label}/{digest(s.before)}/{digest(s.after)}" for s in steps[-3:])
    return hashlib.sha256(f"{len(steps)}:{done}:{whole}".encode()).hexdigest()[:16]


def edited(reading: Reading, chance: random.Random) -> tuple[Reading, str]:
    """One act of the kind a window offers."""
    if not reading.findings or chance.random() < 0.05:
        return edits.add_finding(reading)[0], "Begin a finding"
    finding = chance.choice(reading.findings).id
    point = ImagePoint(chance.uniform(0, 3328), chance.uniform(0, 4096))
    act = chance.random()
    if act < 0.55 or len(reading.marks) < 3:
        outline = tuple(ImagePoint(point.column + i, point.row - i) for i in range(16))
        spot = SpotMeasurement(
            point, 4.4, 0.3, 5.1, 3.9, 41.0, 0.8, 212.0, 9.1, outline, 0.31, 0.02, 0.36, 0.27, SPACING.basis
        )
        image = chance.choice(IMAGES)
        return edits.add_mark(reading, finding, image, point, MarkKind.MICRO, spot)[0], "Mark"
    mark = chance.choice(reading.marks)
    if act < 0.65:
        return edits.move_mark(reading, mark.id, point), "Move a mark"
    if act < 0.70:
        return edits.remove_marks(reading, [mark.id]), "Delete a mark"
    if act < 0.75:
        tied = [m.id for m in reading.marks if m.image == mark.image][:9]
        outline = (ImagePoint(0.0, 0.0), ImagePoint(9.0, 0.0), point)
        return edits.add_cluster(reading, finding, mark.image, outline, tied, SPACING)[0], "Lasso"
    if act < 0.76:
        return edits.remove_finding(reading, finding), "Delete a finding"
    said = {
        "morphology": (chance.choice(list(Morphology)),),
        "distributions": (chance.choice(list(Distribution)),),
        "assessment": chance.choice(list(Assessment)),
        "comment": chance.choice(("", "unsure", "spiculated? no")),
    }
    return edits.describe(reading, finding, **said), "Describe"


def act_of_signing(
    reading: Reading, signed: Reading | None, chance: random.Random
) -> tuple[Reading, str, Act]:
    """Sign, open again for an amendment, or withdraw it."""
    if reading.is_signed:
        return edits.amend(reading, chance.choice(("one more view", "side"))), "Amend", Act.AMEND
    if reading.amending and signed is not None and chance.random() < 0.4:
        return edits.withdraw(reading, signed), "Withdraw", Act.WITHDRAW
    signature = Signature(
        version=len(reading.signatures) + 1,
        reader=READER,
        at="2026-01-01T00:00:00Z",
        reason=reading.amending,
        content=content_digest(reading),
        program_version="1",
        lexicon_edition="5",
        lexicon_version="1",
        rules_version="1",
        rules="d",
        display="a screen",
    )
    return edits.sign(reading, signature), "Sign", Act.SIGN


def main(url: str, seed: int) -> None:
    """Read until killed, from where the last session was killed."""
    chance = random.Random(seed)
    store = Store.open(url)
    reading, number = store.open_reading(STUDY, READER, lexicon_edition="5")
    blank = store.blank(reading.id) if number else reading
    steps, done = undo_steps(blank, store.revisions(reading.id) if number else ())
    stack = list(steps)
    print("open", number, flush=True)
    signed = last_signed(store.revisions(reading.id)) if number else None
    while True:
        kind = chance.random()
        if reading.is_signed or kind < 0.05:
            value, label, act = act_of_signing(reading, signed, chance)
            signed = value if act is Act.SIGN else signed
            stack.clear()
            done = 0
        elif kind < 0.15 and done:
            done -= 1
            value, label, act = stack[done].before, stack[done].label, Act.UNDO
        elif kind < 0.25 and done < len(stack):
            value, label, act = stack[done].after, stack[done].label, Act.REDO
            done += 1
        else:
            value, label = edited(reading, chance)
            act = Act.EDIT
            del stack[done:]
            stack.append(Step(label, reading, value))
            done += 1
        number = store.save(value, reader=value.reader, based_on=number, act=act, label=label)
        reading = value
        print(number, act.value, digest(reading), stack_digest(tuple(stack), done), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
