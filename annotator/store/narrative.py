"""Revisions told as sentences: what the reader did, from what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from annotator.model.changes import Changes, diff
from annotator.model.finding import Finding, Reading
from annotator.model.geometry import contains
from annotator.model.history import OF_SIGNING, Act, Revision, restored_number
from annotator.model.mark import Mark, MarkKind
from annotator.store.finding_words import Word, finding_changes


def by_uid(sop_instance_uid: str) -> str:
    """The name of an image for those who have no more of it than its UID."""
    return f"image {sop_instance_uid}"


def tell(before: Reading, revision: Revision, word: Word, image: Callable[[str], str] = by_uid) -> str:
    """What one revision did to `before`, e.g. "placed a microcalcification in F1".

    `word` gives the lexicon's word for an id, `image` the name of an image for its SOP Instance UID. An undo
    or redo names the act it is about first.
    """
    done = describe_changes(before, revision.reading, word, image)
    again = restored_number(revision.label)
    if revision.act is Act.EDIT and again is not None:
        return f"restored revision {again}: {done or 'changed nothing'}"
    if revision.act is Act.EDIT or revision.act in OF_SIGNING:
        return done or f"{revision.label}: changed nothing"
    if revision.act is Act.MERGE:
        return f"put together with what was saved meanwhile: {done or 'nothing is new'}"
    if revision.act is Act.IMPORT:
        return f"{revision.label}: {done or 'changed nothing'}"
    verb = "took back" if revision.act is Act.UNDO else "did again"
    named = f"{verb} {revision.label!r}" if revision.label else verb
    return f"{named}: {done}" if done else named


def describe_changes(
    before: Reading, after: Reading, word: Word, image: Callable[[str], str] = by_uid
) -> str:
    """The difference of two readings in words, '' when there is none."""
    return "; ".join(changes_told(before, after, word, image))


def changes_told(
    before: Reading, after: Reading, word: Word, image: Callable[[str], str] = by_uid
) -> list[str]:
    """The difference of two readings, one part of a sentence for each thing that differs."""
    changes = diff(before, after)
    names = {f.id: f"F{f.number}" for f in (*before.findings, *after.findings)}
    gone = {key for key, value in changes.findings.items() if value is None}
    parts = [*_signing(before, after)]
    signing = bool(parts)
    if changes.stage:
        parts.append(_stage(after, word))
    parts += [*_findings(before, changes, names, word), *_marks(before, changes, names, gone)]
    parts += _clusters(before, changes, names, gone)
    parts += _images(before, changes, word, image)
    parts += _decisions(before, changes)
    if changes.first_pass is not None:
        parts.append("finished the first pass" if changes.first_pass else "began the first pass anew")
    if changes.lexicon_edition:
        parts.append(f"switched to the words of edition {changes.lexicon_edition}")
    for uid in changes.hanging:
        parts.append(f"hung {image(uid)} as {after.hanging_of(uid).words}")
    if changes.done is not None and not signing:
        parts.append(_done_or_not(changes.done, alone=not parts))
    if changes.pixels and not parts:
        parts.append("noted what the pixels of marked images are")
    return parts


def _signing(before: Reading, after: Reading) -> Iterable[str]:
    """Signed, opened for an amendment, withdrawn; an undo of none of them exists."""
    known = len(before.signatures)
    for signature in after.signatures[known:]:
        why = f", amended because: {signature.reason}" if signature.reason else ""
        yield f"signed version {signature.version} of the reading{why}"
    if known == len(after.signatures) and before.amending != after.amending:
        if after.amending:
            yield f"opened version {known} for an amendment because: {after.amending}"
        else:
            yield f"withdrew the amendment ({before.amending}), so that version {known} stands"


def _stage(after: Reading, word: Word) -> str:
    if after.stage is None:
        return "cleared the stage of the exam"
    return f"set the stage of the exam to {word(after.stage)}"


def _images(before: Reading, changes: Changes, word: Word, image: Callable[[str], str]) -> Iterable[str]:
    for uid, place in changes.nipples.items():
        if place is None:
            yield f"took the nipple of {image(uid)} away"
        else:
            yield f"{'placed' if before.nipple_on(uid) is None else 'moved'} the nipple on {image(uid)}"
    for uid, wall in changes.chest_walls.items():
        if wall is None:
            yield f"took the chest wall of {image(uid)} away"
        else:
            yield f"{'drew' if before.chest_wall_on(uid) is None else 'moved'} the chest wall on {image(uid)}"
    for uid, recall in changes.recalls.items():
        if recall is None:
            yield f"no longer asks for {image(uid)} to be taken again"
            continue
        reasons = ", ".join(map(word, recall.reasons))
        comment = f" ({recall.comment})" if recall.comment else ""
        yield f"asked for {image(uid)} to be taken again: {reasons}{comment}"


def _decisions(before: Reading, changes: Changes) -> Iterable[str]:
    known = {one.candidate.id: one for one in before.decisions}
    acts: Counter[tuple[str, str]] = Counter()
    for key, decision in changes.decisions.items():
        if decision is None:
            acts["took the verdict back on", known[key].model_version] += 1
        else:
            acts[decision.verdict.value, decision.model_version] += 1
    for (verb, model), count in acts.items():
        yield f"{verb} {'a candidate' if count == 1 else f'{count} candidates'} of {model}"


def _done_or_not(done: bool, *, alone: bool) -> str:
    if done:
        return "called the exam done"
    return "took up the exam again" if alone else "so the exam is no longer done"


def _findings(before: Reading, changes: Changes, names: Mapping[str, str], word: Word) -> Iterable[str]:
    known = {f.id: f for f in before.findings}
    for key, finding in changes.findings.items():
        if finding is None:
            yield f"removed {names[key]}"
            continue
        old = known.get(key)
        if old is None:
            yield f"began {names[key]}"
            # what a new finding says beyond an empty one
            old = Finding(id=key, number=finding.number, tracking_uid=finding.tracking_uid)
        yield from finding_changes(old, finding, names[key], word)


def _marks(before: Reading, changes: Changes, names: Mapping[str, str], gone: set[str]) -> Iterable[str]:
    known = {m.id: m for m in before.marks}
    acts: Counter[tuple[str, MarkKind, str]] = Counter()
    for key, mark in changes.marks.items():
        old = known.get(key)
        if mark is None:
            if old is not None and old.finding_id not in gone:
                acts["removed", old.kind, f"from {names[old.finding_id]}"] += 1
        elif old is None:
            acts["placed", mark.kind, f"in {names[mark.finding_id]}"] += 1
        elif old.finding_id != mark.finding_id:
            there = f"from {names[old.finding_id]} to {names[mark.finding_id]}"
            acts["reassigned", mark.kind, there] += 1
        elif old.kind is not mark.kind:
            acts["renamed to", mark.kind, f"in {names[mark.finding_id]}"] += 1
        elif old.point != mark.point and not _is_same_spot(old, mark):
            acts["moved", mark.kind, f"in {names[mark.finding_id]}"] += 1
        else:
            acts["measured", mark.kind, f"in {names[mark.finding_id]} again"] += 1
    for (verb, kind, where), count in acts.items():
        if verb == "renamed to":
            yield f"called {_number(count, 'mark')} {where} {kind.value}"
        else:
            yield f"{verb} {_number(count, f'{kind.value}calcification')} {where}"


def _is_same_spot(old: Mark, new: Mark) -> bool:
    """Whether a mark stands for the spot it stood for: its middle lies elsewhere only because it was measured anew."""
    was, now = old.measurement, new.measurement
    if was is None or now is None or (old.point, new.point) != (was.center, now.center):
        return False
    return contains(was.outline, new.point) and contains(now.outline, old.point)


def _clusters(before: Reading, changes: Changes, names: Mapping[str, str], gone: set[str]) -> Iterable[str]:
    known = {c.id: c for c in before.clusters}
    for key, cluster in changes.clusters.items():
        old = known.get(key)
        if cluster is None:
            if old is not None and old.finding_id not in gone:
                yield f"untied a cluster of {names[old.finding_id]}"
        elif old is None:
            tied = len(cluster.mark_ids)
            what = f"tied {_number(tied, 'mark')} into a cluster" if tied else "outlined a cluster"
            yield f"{what} in {names[cluster.finding_id]}"
        else:
            yield f"changed a cluster of {names[cluster.finding_id]}"


def _number(count: int, noun: str) -> str:
    return f"a {noun}" if count == 1 else f"{count} {noun}s"
