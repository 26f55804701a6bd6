"""How, where, by whom and why a picture was taken, as its header says."""

from __future__ import annotations

from typing import NamedTuple

from annotator.imaging.facts import Facts
from annotator.model.image import Technique

_MGY_IN_A_DGY = 100
"""Organ Dose and Entrance Dose are in dGy (PS3.3 C.8.7.8), Entrance Dose in mGy is a newer attribute."""

_SECTIONS = {
    "255549009": "Anterior",
    "255551008": "Posterior",
    "255561001": "Medial",
    "261089000": "Inferior",
    "26216008": "Central",
    "264217000": "Superior",
    "49370004": "Lateral",
}
"""Sections of a breast in partial views (CID 4005), for items that leave out the words."""

NAMED_AT_MOST = 8
"""Sections of a breast, or persons, that a line has room for; more of them are no fact but a fault."""


class Circumstances(NamedTuple):
    """Where, by whom, with which machine and why; field names are those of `ImageInfo`."""

    patient_birth_date: str
    study_description: str
    series_description: str
    protocol_name: str
    institution_name: str
    institution_address: str
    device_serial_number: str
    detector_id: str
    operators_name: str
    reason: str
    partial_view_reasons: tuple[str, ...]


def read_circumstances(facts: Facts) -> Circumstances:
    """What the header says; '' and () where it is silent."""
    return Circumstances(
        patient_birth_date=facts.text("PatientBirthDate"),
        study_description=facts.text("StudyDescription"),
        series_description=facts.text("SeriesDescription"),
        protocol_name=facts.text("ProtocolName"),
        institution_name=facts.text("InstitutionName"),
        institution_address=" ".join(facts.text("InstitutionAddress").split()),
        device_serial_number=facts.text("DeviceSerialNumber"),
        detector_id=facts.text("DetectorID"),
        operators_name=", ".join(facts.texts("OperatorsName")[:NAMED_AT_MOST]),
        reason=_reason(facts),
        partial_view_reasons=_partial_view_reasons(facts),
    )


def acquired(facts: Facts) -> tuple[str, str]:
    """Date (YYYYMMDD) and time (HHMMSS and more) at which the picture was taken, else made; '' when unsaid."""
    moment = facts.text("AcquisitionDateTime")
    if len(moment) > 8 and moment[:8].isdigit():
        return moment[:8], moment[8:].split("+")[0].split("-")[0]
    for kind in ("Acquisition", "Content"):
        date, time = facts.text(f"{kind}Date"), facts.text(f"{kind}Time")
        if date or time:
            return date, time
    return "", ""


def read_technique(facts: Facts, factor: float | None) -> Technique:
    """Exposure, compression and dose; stacks keep some of them in their 3D acquisition."""
    taken = facts.item("XRay3DAcquisitionSequence")
    sources = [facts] if taken is None else [facts, taken]

    def number(keyword: str) -> float | None:
        return next((n for source in sources if (n := source.number(keyword)) is not None), None)

    def words(keyword: str) -> str:
        return next((", ".join(t) for source in sources if (t := source.texts(keyword))), "")

    return Technique(
        kvp=number("KVP"),
        exposure_mas=_first(
            number("ExposureInmAs"), number("Exposure"), _scaled(number("ExposureInuAs"), 1e-3)
        ),
        compression_force_n=number("CompressionForce"),
        body_part_thickness_mm=number("BodyPartThickness"),
        magnification_factor=factor,
        exposure_time_ms=_first(
            number("ExposureTimeInms"), number("ExposureTime"), _scaled(number("ExposureTimeInuS"), 1e-3)
        ),
        anode=words("AnodeTargetMaterial"),
        filter_material=words("FilterMaterial"),
        positioner_angle_deg=number("PositionerPrimaryAngle"),
        relative_exposure=number("RelativeXRayExposure"),
        organ_dose_mgy=_scaled(number("OrganDose"), _MGY_IN_A_DGY),
        entrance_dose_mgy=_first(number("EntranceDoseInmGy"), _scaled(number("EntranceDose"), _MGY_IN_A_DGY)),
        detector_temperature=number("DetectorTemperature"),
    )


def _first(*numbers: float | None) -> float | None:
    return next((number for number in numbers if number is not None), None)


def _scaled(number: float | None, factor: float) -> float | None:
    return None if number is None else number * factor


def _reason(facts: Facts) -> str:
    """Why the procedure was done: of the request, else of the study, in words or else by the words of a code."""
    places = [*facts.items("RequestAttributesSequence"), facts]
    for place in places:
        said = place.text("ReasonForTheRequestedProcedure")
        if said:
            return said
    for place in places:
        coded = place.item("ReasonForRequestedProcedureCodeSequence")
        if coded is not None and coded.text("CodeMeaning"):
            return coded.text("CodeMeaning")
    return facts.text("ReasonForStudy")


def _partial_view_reasons(facts: Facts) -> tuple[str, ...]:
    coded = (
        item.text("CodeMeaning") or _SECTIONS.get(item.text("CodeValue"), "")
        for item in facts.items("PartialViewCodeSequence")
    )
    found = tuple(dict.fromkeys(words for words in coded if words))[:NAMED_AT_MOST]
    described = facts.text("PartialViewDescription")
    return found or ((described,) if described else ())
