"""What a decision table says about one finding, and what contradicts itself in what was said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

TAG = re.compile(r"\[([A-Za-z0-9]+(?:-[0-9A-Z]+)?)\]")
"""How a sentence names its source: "[BR5]", "[SJRA-8]"."""

KEPT_BACK = "Told after the reader's own choice."

LEADS_READER = re.compile(r"\b[Cc]ategor(?:y|ies)\b|\b4[ABC]\b|%")
"""What may not be told to a reader who has not chosen yet."""


class FollowUpAction(StrEnum):
    """What the documented follow-up of a finding is."""

    AS_PLANNED = "as_planned"
    ADDITIONAL_VIEWS = "additional_views"
    MAGNIFICATION_VIEWS = "magnification_views"
    PRIOR_MAMMOGRAMS = "prior_mammograms"
    ROUTINE_SCREENING = "routine_screening"
    SIX_MONTHS = "six_months"
    TWELVE_MONTHS = "twelve_months"
    BIOPSY = "biopsy"
    MORE_INPUT = "more_input"
    READER_DECIDES = "reader_decides"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What the table says about a finding.

    `suggested_assessment` None: the row gives no category. `row` '' and `follow_up` None: kept back until the reader
    has chosen one. `interval_months` None: no source gives
    one. `because` are the reasons in sentences, `sources` tags of the lexicon, `notes` what the reader
    should know beside it. `patient_pages` and `birads` are what pages for patients and BI-RADS say where
    they differ ('' otherwise). `assumed` says in sentences what the reader had not said and was looked
    up as if.
    """

    row: str
    suggested_assessment: str | None
    follow_up: FollowUpAction | None
    interval_months: int | None
    text: str
    because: tuple[str, ...]
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    patient_pages: str
    birads: str
    rules_version: str
    lexicon_edition: str
    assumed: tuple[str, ...] = ()

    @property
    def cited(self) -> tuple[str, ...]:
        """Tags of every source behind the result or named in one of its sentences, each once."""
        texts = (*self.because, *self.notes, self.patient_pages, self.birads)
        named = (tag for text in texts for tag in TAG.findall(text))
        return tuple(dict.fromkeys((*self.sources, *named)))

    def before_choice(self) -> FollowUp:
        """What a reader who has not chosen a category may see: what is missing, else only that it is told afterwards.

        A row, a step ("Biopsy") or a source tells a category as well as its name does, so none of them stands there.
        """
        asks = self.follow_up is FollowUpAction.MORE_INPUT
        asking = tuple(text for text in self.because if not LEADS_READER.search(text)) if asks else ()
        return replace(
            self,
            row=self.row if asks else "",
            suggested_assessment=None,
            follow_up=self.follow_up if asks else None,
            interval_months=None,
            text=self.text if asks else KEPT_BACK,
            because=asking,
            sources=self.sources if asks else (),
            notes=(),
            patient_pages="",
            birads="",
        )

    @property
    def is_kept_back(self) -> bool:
        """Whether nothing of it may be told, as the reader has not chosen a category."""
        return self.follow_up is None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two things said, or said and measured, that do not go together.

    `id` is that of the lexicon's list, `field` the field of the finding under which it is told, `text` the
    reason as one sentence, `sources` tags of the lexicon. `kept`: the reader saw it and leaves it as it is.
    """

    id: str
    field: str
    text: str
    sources: tuple[str, ...]
    kept: bool = False
