"""A reading made ready to leave."""

from __future__ import annotations

from annotator.exchange.outgoing import Outgoing
from annotator.hanging import corrected_exam
from annotator.jobs import CancelToken
from annotator.lexicon.loader import load_lexicon
from annotator.model.finding import Reading
from annotator.model.identity import Identity, without_names
from annotator.model.image import ExamInfo
from annotator.workspace import Workspace


def outgoing(
    workspace: Workspace,
    reading: Reading,
    exam: ExamInfo,
    token: CancelToken | None = None,
    *,
    identified: bool = False,
    patient: str = "",
    places: bool = True,
) -> Outgoing:
    """Everything the written objects say of a reading; for a job, since it looks for the breast on marked images.

    Behind pseudonyms unless `identified`; comments are then free of the patient's names. `patient` is the pseudonym
    where it is known from elsewhere than the images, `places` False leaves depth and distances unmeasured where no
    picture has told of the breast, and decodes nothing. Raises StoreError.
    """
    exam = corrected_exam(exam, reading.hanging)
    if places:
        workspace.find_breasts(reading, exam, token)
    told = workspace.follow_ups(reading, exam)
    return Outgoing(
        reading=reading if identified else without_names(reading, Identity.of(exam)),
        exam=exam,
        lexicon=load_lexicon(reading.lexicon_edition),
        rules_version=workspace.rules.version,
        measured={one.id: workspace.measured(reading, one.id, exam) for one in reading.findings},
        follow_ups={
            one.id: told[one.id] if one.assessment is not None else told[one.id].before_choice()
            for one in reading.findings
        },
        name=workspace.pseudonyms.exam(reading.study_instance_uid),
        patient=patient or workspace.patient_pseudonym(exam),
        displays=workspace.displays(reading.id),
        pseudonyms=None if identified else workspace.pseudonyms,
    )
