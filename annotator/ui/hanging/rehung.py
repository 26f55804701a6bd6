"""Pictures as the reader corrected them: another side, another view, another turn; the pixels stay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from annotator.hanging import corrected
from annotator.imaging.air import hung
from annotator.model.hanging_choice import HangingChoice
from annotator.ui.pictures.picture import Picture, small_picture


class Rehung:
    """Remembers the corrected picture of each image, so that showing it again costs nothing."""

    def __init__(self) -> None:
        self._choices: dict[str, HangingChoice] = {}
        self._made: dict[str, tuple[Picture, Picture]] = {}

    def set_choices(self, choices: Iterable[HangingChoice]) -> None:
        """What the reader corrected."""
        chosen = {choice.sop_instance_uid: choice for choice in choices}
        if chosen != self._choices:
            self._choices = chosen
            self._made.clear()

    def choice(self, sop_instance_uid: str) -> HangingChoice:
        """What was corrected of an image; an empty choice when nothing was."""
        return self._choices.get(sop_instance_uid, HangingChoice(sop_instance_uid))

    def as_corrected(self, picture: Picture) -> Picture:
        """The picture itself where nothing was corrected, else the same pixels hung as the reader says."""
        uid = picture.info.sop_instance_uid
        choice = self._choices.get(uid)
        if choice is None:
            return picture
        source, made = self._made.get(uid, (None, None))
        if source is not picture or made is None:
            made = turned(picture, choice)
            self._made[uid] = picture, made
        return made


def turned(picture: Picture, choice: HangingChoice) -> Picture:
    """A picture hung otherwise than its file says; the small one turns along."""
    info = corrected(picture.info, choice)
    orientation, reason = hung(info, picture.levels)
    shown = replace(picture, info=info, orientation=orientation, orientation_reason=reason)
    return replace(shown, small=small_picture(shown, shown.voi))
