"""What a segmentation or presentation state shows, as findings: each segment or layer of calcifications one finding."""

from __future__ import annotations

from collections import Counter, defaultdict

from annotator.exchange.datasets.found import Found, ImageName, SourceFinding, SourceShape, Wishes
from annotator.exchange.datasets.labels import left_out, meaning
from annotator.exchange.drawing import PART_OF, Drawing, Drawn, Group
from annotator.exchange.json_faults import shortened
from annotator.model.origin import Origin

COORDINATES = "column, then row, in pixels of the stored image from its first corner"
_KINDS = {part: kind for kind, part in PART_OF.items()}


def found_in(drawing: Drawing, source: str, wishes: Wishes) -> Found:
    """The drawn calcifications. `source` is the kind of object; what says nothing of calcifications is left out and told."""
    sizes = {one.sop_instance_uid: (one.rows, one.columns) for one in drawing.images}
    groups: dict[str, list[Drawn]] = defaultdict(list)
    labels: dict[str, Group] = {}
    passed: Counter[str] = Counter()
    for one in drawing.drawn:
        if not _is_calcification(one.group, wishes):
            passed[shortened(one.group.label)] += 1
            continue
        key = one.group.tracking_uid or one.group.label.split(" ")[0]
        groups[key].append(one)
        labels.setdefault(key, one.group)
    findings = []
    for key, members in groups.items():
        parts = tuple(_drawn(one, *sizes.get(one.image.sop_instance_uid, (0, 0))) for one in members)
        names = tuple(("label", label) for label in dict.fromkeys(one.group.label for one in members))
        origin = Origin(source=source, coordinates=COORDINATES, values=names)
        findings.append(SourceFinding(parts, origin, group=key, tracking_uid=labels[key].tracking_uid))
    nothing = () if drawing.drawn else ("Nothing is drawn in it, so that there is nothing to bring in.",)
    notes = (*drawing.notes, *nothing, *left_out("What does not say calcification was left out", passed))
    return Found(source, tuple(findings), notes=notes)


def _is_calcification(group: Group, wishes: Wishes) -> bool:
    if group.part is not None:
        return True
    named = (group.label, "" if group.code is None else group.code.meaning)
    return any(name and meaning(name, wishes) is not None for name in named)


def _drawn(one: Drawn, rows: int, columns: int) -> SourceShape:
    uid = one.image.sop_instance_uid
    single = one.group.part in _KINDS or (one.group.part is None and len(one.outline) < 3)
    outline = one.outline if len(one.outline) > 2 and one.closed else ()
    points = outline or ((one.point,) if one.point is not None else one.outline[:1])
    return SourceShape(
        ImageName(uid, sop_instance_uid=uid, rows=rows, columns=columns),
        points,
        single=single or len(points) < 3,
        frame=one.image.frame,
        kind=None if one.group.part is None else _KINDS.get(one.group.part),
        point=one.point if single else None,
    )
