"""`annotator compare`: a cluster now and then, without registration: matched, new, gone, and what chance would match."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.measure import place
from annotator.cli.output import print_json, visible
from annotator.cli.progress import ProgressLine

if TYPE_CHECKING:
    from annotator.compared_files import ClusterPair, SearchedImage
    from annotator.model.cluster_facts import ClusterFacts
    from annotator.model.compared import Answer
    from annotator.model.comparison import ClusterOnImage, Comparison
    from annotator.model.image import ExamInfo, ImageInfo
    from annotator.workspace import Workspace

_NUMBERS = (
    "new_count",
    "new_range",
    "gone_count",
    "gone_range",
    "chance_level",
    "score",
    "chance_score",
    "extent_change_mm",
    "size_change",
)
_FACTS = ("extent_mm", "density_per_cm2", "nipple_distance_mm")


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """The command and its options."""
    parser = subparsers.add_parser(
        "compare",
        parents=[common],
        help="clusters now and on an earlier exam",
        description="Lay clusters of an exam over those of an earlier one and say which calcifications were matched, which"
        " are new and which gone, or that it cannot be told. Of two images it takes their candidates; with --saved the"
        " marks of saved readings.",
    )
    parser.add_argument(
        "now", metavar="NOW", type=Path, help="an image of this exam; with --saved also its folder"
    )
    parser.add_argument(
        "then", metavar="THEN", type=Path, help="the same view of an earlier exam, or its folder"
    )
    parser.add_argument("--at", metavar="COL,ROW", type=place, help="only the cluster at this place of NOW")
    parser.add_argument(
        "--then", dest="there", metavar="COL,ROW", type=place, help="and the one at this of THEN"
    )
    parser.add_argument("--saved", action="store_true", help="marks of saved readings, finding by finding")
    parser.add_argument(
        "--threshold",
        metavar="P",
        type=float,
        help="only candidates of this score or more, 0 to 1 (default: those the window shows)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of sentences")
    parser.set_defaults(run=run_compare)


def run_compare(arguments: argparse.Namespace) -> int:
    """Tell every pair of clusters; 0 when that was done, be it that nothing can be matched."""
    from annotator.bootstrap import make_workspace
    from annotator.settings import load_settings

    _check(arguments)
    given = {"database": arguments.database, "reader": arguments.reader, "rules_file": arguments.rules}
    workspace = make_workspace(load_settings(arguments.settings, given), make_database=False)
    look = _of_readings if arguments.saved else _of_images
    try:
        with ProgressLine() as line:
            told = look(workspace, arguments, line)
    finally:
        workspace.close()
    if arguments.json:
        print_json(told)
    else:
        print("\n".join(map(visible, _in_words(told))))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    from annotator.errors import CallError

    if arguments.saved and (arguments.at or arguments.there):
        raise CallError("--saved compares findings; --at and --then name clusters of candidates.")
    if arguments.there and not arguments.at:
        raise CallError("--then names the cluster that the one of --at is compared with; give --at too.")
    if arguments.threshold is not None and not 0 <= arguments.threshold <= 1:
        raise CallError(f"--threshold {arguments.threshold:g}: a score lies between 0 and 1.")


def _of_images(workspace: Workspace, arguments: argparse.Namespace, line: ProgressLine) -> dict[str, Any]:
    """The candidates of two images, cluster by cluster."""
    from annotator.compared_files import compared_images, seen_on
    from annotator.model.candidate import SHOWN_FROM

    threshold = SHOWN_FROM if arguments.threshold is None else arguments.threshold
    now, then = _image(workspace, arguments.now), _image(workspace, arguments.then)
    _same_view(now, then)
    seen = []
    for info, at in ((now, arguments.at), (then, arguments.there)):
        line.show(f"candidates of {info.path.name}")
        seen.append(seen_on(info, threshold=threshold, at=_point(at)))
    line.show("clusters")
    both = compared_images(workspace.comparing, *seen, chosen=arguments.there is not None)
    comparisons = [_as_json(one) for one in both]
    return _document(arguments, seen[0].model_version, comparisons, _nothing(*seen))


def _nothing(now: SearchedImage, then: SearchedImage) -> str | None:
    """Why there is nothing to compare, None where there is."""
    unknown = next((seen.info for seen in (now, then) if seen.info.spacing is None), None)
    if unknown is not None:
        return (
            f"the pixel spacing of {unknown.path.name} is not known, and clusters are compared in millimetres"
        )
    if not now.clusters:
        return "no cluster of candidates is on the image of this exam"
    return None if then.clusters else "no cluster of candidates is on the earlier image"


def _of_readings(workspace: Workspace, arguments: argparse.Namespace, line: ProgressLine) -> dict[str, Any]:
    """The marks of the saved readings of two exams, finding by finding."""
    from annotator.compared_files import ClusterPair, compared_readings
    from annotator.errors import StoreError
    from annotator.hanging import corrected_exam

    line.show("marks of both exams")
    exam, prior = _exam(workspace, arguments.now), _exam(workspace, arguments.then)
    saved = workspace.readings_of(exam.study_instance_uid)
    own = [one for one in saved if one.reader == workspace.settings.reader] or saved
    if not own:
        raise StoreError(
            f"No reading of {arguments.now} is saved; 'annotator readings' lists those that are."
        )
    reading = workspace.revisions(own[0].reading_id)[-1].reading
    exam = corrected_exam(exam, reading.hanging)
    comparisons, reasons = [], []
    for one in compared_readings(workspace.comparing, reading, exam, (prior,)):
        if isinstance(one, ClusterPair):
            comparisons.append(_as_json(one))
        else:
            reasons.append(f"{one[0]}: {one[1].why_not}")
    if not reading.findings:
        reasons.append("the reading has no findings")
    return _document(arguments, None, comparisons, " ".join(reasons) or None)


def _document(
    arguments: argparse.Namespace, model: str | None, comparisons: list[dict[str, Any]], reason: str | None
) -> dict[str, Any]:
    return {
        "now": str(arguments.now),
        "then": str(arguments.then),
        "model_version": model,
        "reason": reason,
        "comparisons": comparisons,
    }


def _image(workspace: Workspace, path: Path) -> ImageInfo:
    from annotator.errors import CallError, UnreadableImage

    if path.is_dir():
        raise CallError(f"{path} is a folder; name one image, or give --saved to compare exams.")
    listing = workspace.list_images([path])
    if listing.rejected:
        raise UnreadableImage(path, listing.rejected[0].reason)
    if len(listing.images) != 1:
        raise CallError(f"{path} holds {len(listing.images)} images; name one.")
    return listing.images[0]


def _exam(workspace: Workspace, path: Path) -> ExamInfo:
    from annotator.errors import CallError, UnreadableImage

    listing = workspace.list_images([path])
    exams = workspace.group_exams(listing.images)
    if not exams and listing.rejected:
        raise UnreadableImage(path, listing.rejected[0].reason)
    if len(exams) != 1:
        raise CallError(f"{path} holds {len(exams)} exams; name the files or the folder of one.")
    return exams[0]


def _same_view(now: ImageInfo, then: ImageInfo) -> None:
    """Refuse another breast or view, and the exams in the wrong order; what tells nothing is believed."""
    from annotator.compared_files import months_apart
    from annotator.errors import CallError

    sides, views = (now.laterality, then.laterality), (now.view.name, then.view.name)
    if (all(sides) and sides[0] is not sides[1]) or (all(views) and views[0] != views[1]):
        raise CallError(
            f"NOW is {now.label}, THEN is {then.label}; clusters are compared on the same view of a breast."
        )
    if now.sop_instance_uid == then.sop_instance_uid:
        raise CallError("NOW and THEN are the same image.")
    months = months_apart(now, then)
    if months is not None and months < 0:
        raise CallError(
            "THEN is of a later exam than NOW; what is new would be told as gone. Name the later one first."
        )


def _point(at: tuple[float, float] | None) -> Any:
    from annotator.model.geometry import ImagePoint

    return None if at is None else ImagePoint(*at)


def _as_json(one: ClusterPair) -> dict[str, Any]:
    """One pair of clusters, always with the same keys; null where nothing is told."""
    from annotator.compared_files import months_apart

    comparison = one.comparison
    compared, hint = (None, None) if comparison is None else (comparison.compared, comparison.hint)
    return {
        "finding": one.finding or None,
        "how_paired": one.provenance,
        "apart_mm": _plain(one.apart_mm),
        "months": None if one.then is None else _plain(months_apart(one.now.info, one.then.info)),
        "now": _cluster(one.now, comparison, "now"),
        "then": None if one.then is None else _cluster(one.then, comparison, "then"),
        "can_be_matched": compared is not None and compared.can_be_matched,
        "reason": one.why_not or (compared.why_not if compared else "") or None,
        "pairs": [
            {
                "now": pair.now,
                "then": pair.then,
                "apart_mm": round(pair.apart_mm, 2),
                "sure": round(pair.sure, 2),
            }
            for pair in (compared.pairs if compared else ())
        ],
        "new": list(compared.new) if compared else [],
        "gone": list(compared.gone) if compared else [],
        **{name: _plain(getattr(compared, name, None)) for name in _NUMBERS},
        "change": None if hint is None else hint.change,
        "because": list(hint.because) if hint else [],
        "questions": {
            name: _answer(getattr(hint, name) if hint else None)
            for name in ("appearance", "number", "pattern")
        },
    }


def _cluster(cluster: ClusterOnImage, comparison: Comparison | None, side: str) -> dict[str, Any]:
    facts: ClusterFacts | None = None if comparison is None else getattr(comparison.compared, side)
    measured = [None if mark.measurement is None else mark.measurement.diameter_mm for mark in cluster.marks]
    return {
        "sop_instance_uid": cluster.info.sop_instance_uid,
        "label": cluster.info.label or None,
        "frame": cluster.frame,
        "basis": None if cluster.info.spacing is None else cluster.info.spacing.basis,
        "count": len(cluster.marks),
        **{name: _plain(getattr(facts, name, None)) for name in _FACTS},
        "marks": [
            {
                "column": round(mark.point.column, 2),
                "row": round(mark.point.row, 2),
                "frame": mark.image.frame,
                "diameter_mm": _plain(size),
            }
            for mark, size in zip(cluster.marks, measured, strict=True)
        ],
    }


def _answer(answer: Answer | None) -> dict[str, Any]:
    changed = None if answer is None else answer.changed
    return {"changed": changed, "because": list(answer.because) if answer else []}


def _plain(value: Any) -> Any:
    """A number with two places, a pair as a list; whole numbers and None as they are."""
    if isinstance(value, tuple):
        return list(value)
    return round(value, 2) if isinstance(value, float) else value


def _in_words(told: dict[str, Any]) -> list[str]:
    """Some lines for each pair of clusters."""
    lines = [told["reason"]] if told["reason"] else []
    for one in told["comparisons"]:
        now, then = one["now"], one["then"]
        lines.append(f"{one['finding'] or 'cluster'} on {now['label'] or 'the image'}: {_facts(now)}")
        if then is not None:
            lines.append(f"  then {_facts(then)} ({one['how_paired']})")
        if one["can_be_matched"]:
            lines.append(
                f"  matched {len(one['pairs'])}, new {len(one['new'])}, gone {len(one['gone'])}"
                f" (by chance {one['chance_level']} would match)"
            )
        else:
            lines.append(f"  {one['reason']}")
        if one["change"]:
            lines.append(f"  suggests: {one['change'].replace('_', ' ')}; {' '.join(one['because'])}")
        for name, answer in one["questions"].items():
            word = {True: "changed", False: "not changed", None: "cannot be told"}[answer["changed"]]
            lines.append(f"  {name}: {word}{'; ' if answer['because'] else ''}{' '.join(answer['because'])}")
    return lines


def _facts(cluster: dict[str, Any]) -> str:
    marks = cluster["marks"]
    column, row = (round(sum(mark[name] for mark in marks) / len(marks)) for name in ("column", "row"))
    extent = "" if cluster["extent_mm"] is None else f", {cluster['extent_mm']:.1f} mm {cluster['basis']}"
    return f"{len(marks)} about {column},{row}{extent}"
