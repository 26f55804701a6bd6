"""What a copy says of itself: that it is one, by which profile and options it was made (PS3.15 E.2, PS3.3 C.12.1)."""

from __future__ import annotations

from pydicom import Dataset, Sequence

from annotator import __version__
from annotator.exchange.deidentify.profile import Option, OptionName, Profile

_BASIC = Option("113100", "Basic Application Confidentiality Profile", "")


def mark(dataset: Dataset, profile: Profile, options: frozenset[OptionName], *, blacked_out: bool) -> None:
    """Put the marks of a de-identified object on `dataset`; what it said of earlier methods stays."""
    dataset.PatientIdentityRemoved = "YES"
    used = [_BASIC, *(profile.options[name] for name in sorted(options))]
    if blacked_out:
        used.append(profile.options["pixels"])
    before = _texts(dataset)
    own = _own(profile)
    dataset.DeidentificationMethod = [*before, own] if own not in before else before
    codes = list(dataset.get("DeidentificationMethodCodeSequence") or ())
    there = {str(item.get("CodeValue", "")) for item in codes}
    codes += [_item(one) for one in used if one.code not in there]
    dataset.DeidentificationMethodCodeSequence = Sequence(codes)
    dataset.LongitudinalTemporalInformationModified = (
        "UNMODIFIED" if "full_dates" in options else "MODIFIED" if "shifted_dates" in options else "REMOVED"
    )


def own_words(profile: Profile) -> str:
    """Everything that `mark` may write, which says of nobody whatever it is equal to."""
    return " ".join([_own(profile), _BASIC.meaning, *(one.meaning for one in profile.options.values())])


def _own(profile: Profile) -> str:
    return f"Mammogram Annotator {__version__}, PS3.15 {profile.edition}"


def _texts(dataset: Dataset) -> list[str]:
    said = dataset.get("DeidentificationMethod")
    if not said:
        return []
    return [said] if isinstance(said, str) else [str(one) for one in said]


def _item(option: Option) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = option.code, "DCM", option.meaning
    return item
