"""A sample exam whose headers say of a person wherever they can: to be searched for in what should say of nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydicom import DataElement, Dataset, Sequence, dcmread
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.tag import Tag

from annotator.exchange.deidentify import load_profile

SAMPLES = Path(__file__).resolve().parents[1] / "sample_dicoms"
NAME, NUMBER, BIRTH, DAY, TIME = (
    "Quillfeather^Zoe Ünal",
    "KH-7731905",
    "19571104",
    "20190317",
    "113355.271828",
)
_LEFT = {
    "SpecificCharacterSet",
    "SOPClassUID",
    "PatientBirthDate",
    "PatientName",
    "PatientID",
    "ContentSequence",
    "GraphicAnnotationSequence",
    "EncapsulatedDocument",
    "DigitalSignaturesSequence",
    "DataSetTrailingPadding",
}


@dataclass
class Identified:
    """The files, and everything in them that says who, when or where."""

    folder: Path
    paths: list[Path] = field(default_factory=list)
    said: set[str] = field(default_factory=set)

    def found_in(self, content: bytes) -> list[str]:
        """What of it stands in some bytes, in any usual encoding; an independent search, slow and plain."""
        forms = {
            (said, said.encode(encoding, "ignore"))
            for said in self.said
            for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "utf-8-sig")
        }
        upper = content.upper()
        return sorted({said for said, form in forms if form in content or form.upper() in upper})


def identified_exam(folder: Path) -> Identified:
    """The sample images RCC, LCC and a stack as one exam of one person, every attribute of the table filled in."""
    exam = Identified(
        folder, said={"Quillfeather", "QUILLFEATHER", "Ünal", NUMBER, BIRTH, DAY, TIME, "1957-11-04"}
    )
    folder.mkdir(parents=True, exist_ok=True)
    for number, source in enumerate(("screening/RCC", "screening/LCC", "tomosynthesis/RCC-tomo")):
        dataset = dcmread(SAMPLES / f"{source}.dcm")
        _fill(dataset, exam, number)
        path = folder / f"Quillfeather_{number}.dcm"
        dataset.save_as(path)
        content = bytearray(path.read_bytes())
        content[:12] = b"Quillfeather"
        path.write_bytes(content)
        exam.paths.append(path)
    return exam


def _fill(dataset: Dataset, exam: Identified, number: int) -> None:
    dataset.SpecificCharacterSet = "ISO_IR 192"
    kept = {name: dataset.get(name) for name in ("SOPClassUID",)}
    for tag, row in load_profile().rows.items():
        if row.name not in _LEFT and dictionary_has_tag(tag) and Tag(tag).group not in (0, 2, 4):
            _fill_one(dataset, tag, exam, number)
    dataset.SOPClassUID = kept["SOPClassUID"]
    study, place = "1.2.276.0.7230010.99.31.5551", f"1.2.276.0.7230010.99.{number}.32.777"
    dataset.StudyInstanceUID, dataset.SOPInstanceUID = study, place
    dataset.SeriesInstanceUID = f"1.2.276.0.7230010.99.{number}.33.888"
    exam.said |= {study, place, dataset.SeriesInstanceUID}
    dataset.file_meta.MediaStorageSOPInstanceUID = place
    dataset.file_meta.SourceApplicationEntityTitle = "QF-AETITLE-77"
    dataset.file_meta.PrivateInformationCreatorUID = "1.2.276.0.7230010.99.71.5"
    dataset.file_meta.PrivateInformation = b"Quillfeather"
    exam.said |= {"QF-AETITLE-77", "1.2.276.0.7230010.99.71.5"}
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = NAME, NUMBER, BIRTH
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = DAY
    dataset.StudyTime = dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = TIME
    dataset.AcquisitionDateTime = f"{DAY}{TIME}"
    _words(dataset)
    _linked(dataset, exam, number)
    _private(dataset, exam)
    dataset.add_new(0x00111000 | 0x0008, "UN", b"Quillfeather in UN")
    dataset.add_new(0x60000010, "US", 8)
    dataset.add_new(0x60004000, "LT", "overlay of Quillfeather")


def _fill_one(dataset: Dataset, tag: int, exam: Identified, number: int) -> None:
    vr = dictionary_VR(tag).split(" or ")[0]
    mark = f"{tag:08X}"
    made = {
        "LO": f"lo{mark}qz",
        "SH": f"sh{mark}qz",
        "ST": f"st{mark}qz Quillfeather",
        "LT": f"lt{mark}qz Quillfeather",
        "UT": f"ut{mark}qz",
        "UC": f"uc{mark}qz",
        "CS": f"CS{mark}QZ",
        "AE": f"ae{mark}qz",
        "PN": f"pn{mark}qz^Quillfeather",
        "UI": f"1.2.276.0.7230010.99.{tag}.{number}",
    }.get(vr)
    if made is not None:
        exam.said.add(made.split("^")[0].split(" ")[0])
        dataset.add_new(tag, vr, made)
    elif vr in ("DA", "TM", "DT"):
        dataset.add_new(tag, vr, {"DA": DAY, "TM": TIME, "DT": f"{DAY}{TIME}"}[vr])
    elif vr == "SQ":
        dataset.add_new(tag, "SQ", Sequence([_item(tag, exam)]))


def _item(tag: int, exam: Identified) -> Dataset:
    """An item that names somebody in coded form, by name, by UID and in a further item."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = f"cv{tag:08X}"[:16], "99HOSP"
    item.CodeMeaning = "code of Zoe Quillfeather"
    item.PersonName = NAME
    item.StudyDate = DAY
    item.ReferencedSOPInstanceUID = f"1.2.276.0.7230010.99.{tag}.4"
    exam.said.add(item.ReferencedSOPInstanceUID)
    deeper = Dataset()
    deeper.PatientID, deeper.InstitutionName = NUMBER, "Larkspur Infirmary"
    exam.said.add("Larkspur")
    item.RequestAttributesSequence = Sequence([deeper])
    return item


def _words(dataset: Dataset) -> None:
    """In attributes that are kept."""
    dataset.PartialViewDescription = f"seen by Dr. Larkspur on 4.11.1957 for Quillfeather, ID {NUMBER}"
    lut = Dataset()
    lut.LUTDescriptor, lut.LUTExplanation = [2, 0, 16], "window of Quillfeather 1957-11-04"
    lut.add_new(0x00283006, "OW", b"\0\0\1\0")
    dataset.VOILUTSequence = Sequence([lut])
    dataset.WindowCenterWidthExplanation = "Quillfeather's"
    dataset.BodyPartThickness = 55
    dataset.SoftwareVersions = ["AWS 1.2", "made for Quillfeather"]
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "R-10242", "SRT", "cranio-caudal"
    dataset.ViewCodeSequence = Sequence([code])


def _linked(dataset: Dataset, exam: Identified, number: int) -> None:
    other = f"1.2.276.0.7230010.99.{(number + 1) % 3}.32.777"
    link = Dataset()
    link.ReferencedSOPClassUID, link.ReferencedSOPInstanceUID = dataset.SOPClassUID, other
    dataset.SourceImageSequence = Sequence([link])
    exam.said.add(other)


def _private(dataset: Dataset, exam: Identified) -> None:
    block = dataset.private_block(0x0019, "QUILL MAKER 1.0", create=True)
    block.add_new(1, "LO", "Quillfeather private")
    block.add_new(2, "UN", b"Quillfeather bytes")
    item = Dataset()
    item.PatientName = NAME
    block.add_new(3, "SQ", Sequence([item]))
    philips = dataset.private_block(0x7053, "Philips PET Private Group", create=True)
    philips.add_new(0, "DS", "1.25")
    philips.add_new(5, "LO", "Quillfeather elsewhere")
    exam.said |= {"QUILL MAKER"}
    nested = Dataset()
    nested.private_block(0x0021, "QUILL MAKER 1.0", create=True).add_new(1, "LO", "Quillfeather nested")
    dataset[0x00400260] = DataElement(0x00400260, "SQ", Sequence([nested]))
