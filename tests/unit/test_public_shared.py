"""The table of real images: what snaps, what is found, what is missed."""

from __future__ import annotations

from pathlib import Path

import public_files as made
import pytest

from benchmarks.detection import public
from benchmarks.detection.datasets.annotated import UnusableData
from benchmarks.detection.public_shared import read_places, shared_table

HEAD = "file\tshape\tx0\ty0\tx1\ty1\twhat\ttruth_source"
FAR = made.FAR_SPECK


def make_folder(folder: Path, *lines: str) -> None:
    made.write_dicom(folder / "one.dcm", made.breast((*made.SPECKS, FAR)))
    made.write_dicom(folder / "two_wrapped.dcm", made.breast((), seed=2))
    (folder / "truth.tsv").write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")


def test_points_snap_or_not_and_boxes_hold_several_spots(tmp_path: Path) -> None:
    make_folder(
        tmp_path,
        f"one.dcm\tpoint\t{FAR[0]}\t{FAR[1]}\t\t\tround\teye",
        "one.dcm\tpoint\t60\t250\t\t\tnothing is there\teye",
        "one.dcm\tbox\t110\t90\t180\t160\tfour of them\teye",
        "two.png\tpoint\t60\t250\t\t\tNOT a calcification: a marker\teye",
        "three.dcm\tpoint\t60\t250\t\t\tround\teye",
    )
    table = shared_table(tmp_path).splitlines()
    rows = {line.split(" | ")[0].strip("| "): line.split(" | ") for line in table if line.startswith("| ")}
    assert rows["one.dcm"][1:3] == ["1 of 2", "4"]
    assert rows["two.png"][1:3] == ["-", "-"]
    assert "could not be used" in rows["three.dcm"][3]


@pytest.mark.parametrize(
    "line", ["one.dcm\tpoint\tx\t1\t\t\tround\teye", "one.dcm\tbox\t1\t1\t\t\tround\teye", "one.dcm"]
)
def test_a_place_that_is_none_is_told_by_its_row(tmp_path: Path, line: str) -> None:
    make_folder(tmp_path, line)
    with pytest.raises(UnusableData, match="row 2, is no place") as fault:
        read_places(tmp_path)
    assert "\n" not in str(fault.value)


def test_a_folder_without_places_is_told(tmp_path: Path, capsys) -> None:
    assert public.main(["--shared", str(tmp_path)]) == 1
    assert "holds no truth.tsv" in capsys.readouterr().err


def test_every_place_found_by_eye_on_real_images_snaps(shared_data: Path) -> None:
    from annotator.imaging.dicom_file import read_image
    from benchmarks.detection.public_shared import _picture, _snaps

    for name, places in read_places(shared_data).items():
        picture = read_image(_picture(shared_data, name))
        for place in places:
            if place.is_calcification and place.is_point:
                assert _snaps(picture.frame(), picture.info, place.low), (name, place.what)


def test_all_clusters_but_one_found_by_eye_on_real_images_have_candidates(shared_data: Path) -> None:
    from annotator.analysis.candidates.find import find_candidates
    from annotator.imaging.dicom_file import read_image
    from annotator.model.candidate import SHOWN_FROM
    from benchmarks.detection.public_shared import _picture

    missed = []
    for name, places in read_places(shared_data).items():
        boxes = [place for place in places if place.is_calcification and not place.is_point]
        if not boxes:
            continue
        picture = read_image(_picture(shared_data, name))
        info = picture.info
        found = find_candidates(picture.frame(), spacing=info.spacing, image=info.key(), padding=info.padding)
        shown = [one.point for one in found.candidates if one.score >= SHOWN_FROM]
        missed += [(name, box.what) for box in boxes if sum(box.holds(point, 0) for point in shown) < 2]
    assert len(missed) <= 1, missed
