"""Small sources of annotations in the exact formats of EMBED, OMI-DB, COCO and labelme, beside the images they are of."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import public_files as made
from pydicom import dcmread
from pydicom.uid import generate_uid

ROWS, COLUMNS = made.ROWS, made.COLUMNS


def uids(path: Path) -> tuple[str, str]:
    """SOP and Study Instance UID of an image."""
    header = dcmread(path, stop_before_pixels=True)
    return str(header.SOPInstanceUID), str(header.StudyInstanceUID)


def embed_clinical(**said: str) -> dict[str, str]:
    """A finding of a left breast, as EMBED_OpenData_clinical.csv has it."""
    return {
        "empi_anon": "96770000.0",
        "acc_anon": "6.69e15",
        "study_date_anon": "2014-03-02",
        "numfind": "1",
        "side": "L",
        "asses": "S",
        "calcfind": "A",
        "calcdistri": "G",
        "calcnumber": "0",
        "changed": "",
        "recc": "B",
        "path_severity": "4.0",
    } | said


def embed_image(path: str, **said: str) -> dict[str, str]:
    """A file of a left breast, as EMBED_OpenData_metadata.csv has it."""
    return {
        "empi_anon": "96770000",
        "acc_anon": "6.69e15",
        "anon_dicom_path": f"/mnt/NAS2/mammo/anon_dicom/cohort_1/96770000/{path}",
        "FinalImageType": "2D",
        "ImageLateralityFinal": "L",
        "ViewPosition": "CC",
        "num_roi": "1",
        "ROI_coords": "[[90, 110, 160, 180]]",
        "match_level": "[1]",
        "ROI_frames": "",
    } | said


def make_embed(folder: Path, clinical: list[dict[str, str]], images: list[dict[str, str]]) -> None:
    """Both tables, and an image for every row of the second."""
    made.write_table(folder / "tables" / "EMBED_OpenData_clinical.csv", clinical)
    made.write_table(folder / "tables" / "EMBED_OpenData_metadata.csv", images)
    study = generate_uid()
    for row in images:
        path = folder / "images" / Path(row["anon_dicom_path"]).name
        made.write_dicom(path, made.breast(), StudyInstanceUID=study, ImageLaterality="L")


def omidb_mark(**said: Any) -> dict[str, Any]:
    """A mark as a client's imagedb file has it."""
    return {"MarkID": "1", "LinkedNBSSLesionNumber": "1", "X1": 110, "Y1": 90, "X2": 180, "Y2": 160} | said


def make_omidb(folder: Path, *marks: dict[str, Any], client: str = "optm1") -> list[str]:
    """A client with one image of one study for each mark, and their SOP Instance UIDs."""
    study, series, found = generate_uid(), generate_uid(), []
    images: dict[str, Any] = {}
    for number, mark in enumerate(marks):
        path = folder / client / f"{number}.dcm"
        made.write_dicom(path, made.breast(), StudyInstanceUID=study, ImageLaterality="R")
        uid = uids(path)[0]
        path.rename(folder / client / f"{uid}.dcm")
        found.append(uid)
        images[uid] = {"1": mark} if mark else None
    document = {
        "ClientID": client,
        "Site": "stge",
        "STUDIES": {study: {"StudyDate": "2012-04-05", "EpisodeID": "1", series: images}},
    }
    (folder / client / f"imagedb_{client}.json").write_text(json.dumps(document))
    return found


def coco_document(*annotations: dict[str, Any], **said: Any) -> dict[str, Any]:
    """One image, three categories, and annotations on it."""
    document = {
        "info": {"description": "specks", "version": "1.2"},
        "images": [{"id": 7, "file_name": "images/one.png", "height": ROWS, "width": COLUMNS}],
        "categories": [
            {"id": 1, "name": "microcalcification", "supercategory": "lesion"},
            {"id": 2, "name": "calcification cluster", "supercategory": "lesion"},
            {"id": 3, "name": "mass", "supercategory": "lesion"},
        ],
        "annotations": [
            {"id": number, "image_id": 7, "iscrowd": 0} | one for number, one in enumerate(annotations)
        ],
    }
    return document | said


def make_coco(folder: Path, document: dict[str, Any]) -> Path:
    """The file, and one.dcm beside it."""
    made.write_dicom(folder / "one.dcm", made.breast())
    path = folder / "annotations.json"
    path.write_text(json.dumps(document))
    return path


def flat(points: list[tuple[float, float]]) -> list[float]:
    """x, y, x, y of an outline."""
    return [number for point in points for number in point]


def shape(label: str, kind: str, points: list[tuple[float, float]], **said: Any) -> dict[str, Any]:
    """A shape as labelme writes it."""
    return {
        "label": label,
        "points": [list(point) for point in points],
        "group_id": None,
        "description": "",
        "shape_type": kind,
        "flags": {},
        "mask": None,
    } | said


def mask_shape(label: str, left: int, top: int, pixels: np.ndarray) -> dict[str, Any]:
    """A shape that is a mask, a PNG of its own part in base64."""
    png = cv2.imencode(".png", pixels.astype(np.uint8))[1].tobytes()
    rows, columns = pixels.shape
    corners = [(left, top), (left + columns - 1, top + rows - 1)]
    return shape(label, "mask", corners, mask=base64.b64encode(png).decode())


def make_labelme(folder: Path, *shapes: dict[str, Any], **said: Any) -> Path:
    """The file of one.png, and one.dcm beside it."""
    made.write_dicom(folder / "one.dcm", made.breast())
    document = {
        "version": "5.5.0",
        "flags": {},
        "shapes": list(shapes),
        "imagePath": "..\\pictures\\one.png",
        "imageData": None,
        "imageHeight": ROWS,
        "imageWidth": COLUMNS,
    } | said
    path = folder / "one.json"
    path.write_text(json.dumps(document))
    return path
