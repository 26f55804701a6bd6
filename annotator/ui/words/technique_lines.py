"""What a header says of person, time, place, machine, exposure and dose, in short lines.

The list is that of mammography viewers (IHE Mammography Image profile, Image Display); a line holds what is
looked up together, its parts divided by " · ". A line of which the header says nothing is left out.
"""

from __future__ import annotations

import re

from annotator.model.image import ImageInfo, Laterality

DIVIDER = " · "

_SYMBOLS = {
    "ALUMINUM": "Al",
    "COPPER": "Cu",
    "GADOLINIUM": "Gd",
    "MOLYBDENUM": "Mo",
    "NIOBIUM": "Nb",
    "RHODIUM": "Rh",
    "SILVER": "Ag",
    "TIN": "Sn",
    "TUNGSTEN": "W",
}
"""Materials of anode and filter by their DICOM words (PS3.3 C.8.11.7, C.8.7.10)."""
_YEARS = re.compile(r"0*(\d+)([YMWD])")


def person_lines(info: ImageInfo, pseudonym: str | None = None) -> tuple[str, ...]:
    """Name, ID, birth and age of the patient; behind a `pseudonym` only this and the age."""
    age = _age(info.patient_age)
    if pseudonym is not None:
        return _some(_line(pseudonym, age))
    name = person_name(info.patient_name)
    born = f"born {date_words(info.patient_birth_date)}" if info.patient_birth_date else ""
    known = f"ID {info.patient_key}" if info.patient_key and info.patient_key != name else ""
    return _some(name, known, _line(born, age))


def moment_line(info: ImageInfo) -> str:
    """When the picture was taken; the time of the exam where nothing else is known."""
    if info.acquisition_date or info.acquisition_time:
        date = info.acquisition_date or info.exam_date
        return _line_of_words(date_words(date), time_words(info.acquisition_time))
    return _line_of_words(date_words(info.exam_date), time_words(info.exam_time))


def day_line(info: ImageInfo) -> str:
    """The day on which the picture was taken; that of the exam where nothing else is known."""
    return date_words(info.acquisition_date or info.exam_date)


def exam_line(info: ImageInfo) -> str:
    """The date of the exam where the picture says it was taken on another day."""
    other = info.exam_date and info.acquisition_date and info.exam_date != info.acquisition_date
    return f"exam {date_words(info.exam_date)}" if other else ""


def place_lines(info: ImageInfo) -> tuple[str, ...]:
    """Institution, and its address."""
    return _some(info.institution_name, info.institution_address)


def people_lines(info: ImageInfo) -> tuple[str, ...]:
    """Who took the picture, and why it was asked for."""
    operators = "; ".join(person_name(name) for name in info.operators_name.split(", ") if name.strip("^ "))
    return _some(f"by {operators}" if operators else "", f"reason: {info.reason}" if info.reason else "")


def machine_lines(info: ImageInfo, *, numbers: bool = True) -> tuple[str, ...]:
    """Manufacturer and model; with `numbers` also those of device and detector."""
    made = info.model_name
    if info.manufacturer and not made.lower().startswith(info.manufacturer.lower()):
        made = _line(info.manufacturer, made)
    serial = f"serial {info.device_serial_number}" if info.device_serial_number and numbers else ""
    detector = f"detector {info.detector_id}" if info.detector_id and numbers else ""
    return _some(made, _line(serial, detector))


def exposure_line(info: ImageInfo) -> str:
    """Tube voltage, charge, time, anode and filter."""
    technique = info.technique
    metals = "/".join(_some(_symbol(technique.anode), _symbol(technique.filter_material)))
    return _line(
        _number(technique.kvp, "kVp"),
        _number(technique.exposure_mas, "mAs"),
        _number(technique.exposure_time_ms, "ms"),
        metals,
    )


def compression_line(info: ImageInfo) -> str:
    """Force, thickness of the compressed breast, and the angle of the gantry."""
    technique = info.technique
    return _line(
        _number(technique.compression_force_n, "N"),
        _number(technique.body_part_thickness_mm, "mm thick"),
        "" if technique.positioner_angle_deg is None else f"{round(technique.positioner_angle_deg)}°",
    )


def dose_line(info: ImageInfo) -> str:
    """Doses in mGy, and the exposure the detector got by the maker's own measure (no unit)."""
    technique = info.technique
    organ, entrance = (_milligray(d) for d in (technique.organ_dose_mgy, technique.entrance_dose_mgy))
    relative = technique.relative_exposure
    return _line(
        f"organ dose {organ}" if organ else "",
        f"entrance dose {entrance}" if entrance else "",
        "" if relative is None else f"relative exposure {relative:.0f}",
    )


def partial_words(info: ImageInfo) -> str:
    """That only part of the breast is shown, and which; '' of whole views."""
    if not info.partial_view:
        return ""
    return " ".join(("PARTIAL", ", ".join(info.partial_view_reasons))).strip()


def side_and_view(info: ImageInfo) -> str:
    """The label with the side apart: "R CC", "L MLOID"; "side and view unknown" without either."""
    name = info.label.removeprefix(info.laterality or "")
    side = "R+L" if info.laterality is Laterality.BOTH else info.laterality or ""
    return " ".join(_some(side, name)) or "side and view unknown"


def person_name(name: str) -> str:
    """A name as it is read, "Doe, Jane": DICOM divides its parts by ^, and its scripts by = (PS3.5 6.2.1)."""
    family, *given = (part.strip() for part in name.split("=", maxsplit=1)[0].split("^"))
    rest = " ".join(part for part in given if part)
    return ", ".join(_some(family, rest))


def date_words(date: str) -> str:
    """YYYYMMDD as 2026-03-12; anything else as it is."""
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 and date.isdigit() else date


def time_words(time: str) -> str:
    """HHMMSS and more as 10:41:07, without what is finer than a second; anything else as it is."""
    whole = time.split(".", maxsplit=1)[0]
    if not whole.isdigit() or len(whole) not in (2, 4, 6):
        return time
    return ":".join(whole[i : i + 2] for i in range(0, len(whole), 2))


def _age(age: str) -> str:
    """An age such as 062Y as "62 y"; nothing of one that is none."""
    found = _YEARS.fullmatch(age.strip().upper())
    if found is None:
        return age.strip()
    return f"{found[1]} {found[2].lower()}" if int(found[1]) else ""


def _symbol(material: str) -> str:
    return _SYMBOLS.get(material.strip().upper(), material.strip().capitalize())


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    # a charge of 0.04 mAs is not none
    return f"{value:.0f} {unit}" if abs(value) >= 10 or value == round(value) else f"{value:.2g} {unit}"


def _milligray(dose: float | None) -> str:
    return "" if dose is None else f"{dose:.2f} mGy" if dose < 10 else f"{dose:.1f} mGy"


def _some(*parts: str) -> tuple[str, ...]:
    return tuple(part for part in (part.strip() for part in parts) if part)


def _line(*parts: str) -> str:
    return DIVIDER.join(_some(*parts))


def _line_of_words(*parts: str) -> str:
    return " ".join(_some(*parts))
