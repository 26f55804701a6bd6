"""The reading on the screen: the value, its undo stack, its saving, and what is selected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from annotator.errors import AnnotatorError
from annotator.hanging import corrected_exam
from annotator.lexicon.loader import Lexicon, load_lexicon
from annotator.model import edits
from annotator.model.changes import Changes, diff
from annotator.model.counts import counted
from annotator.model.display import NOT_RECORDED
from annotator.model.finding import Finding, Reading
from annotator.model.follow_up import FollowUp
from annotator.model.geometry import ImagePoint
from annotator.model.hanging_choice import HangingChoice
from annotator.model.history import Act, Revision
from annotator.model.image import ExamInfo, ImageKey
from annotator.model.mark import MarkKind
from annotator.model.opened import OpenedReading
from annotator.model.seen_on_image import NipplePlace
from annotator.ui.desk.finding_facts import FindingFacts
from annotator.ui.desk.marked_pixels import with_pixels
from annotator.ui.desk.outline_level import OutlineLevel
from annotator.ui.desk.replace_reading import ReplaceReading
from annotator.ui.desk.saving import ActsToSave, SaveState
from annotator.ui.desk.snapping import NO_OTHER_UNMARKED, PictureLike, SnappedMark, Snapping, marks_at
from annotator.ui.marks.hit_test import marks_inside
from annotator.ui.marks.words import size_words
from annotator.ui.pictures.picture import SlabOfSlices
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

_Act = TypeVar("_Act", bound=Callable[..., None])


def _while_open(act: _Act) -> _Act:
    """An act on a reading that can be changed; of one that is closed, why it cannot be and what to do is said."""

    @wraps(act)
    def guarded(session: ReadingSession, *args: Any, **kwargs: Any) -> None:
        if session.may_change():
            act(session, *args, **kwargs)

    return cast("_Act", guarded)


class ReadingSession(QObject):
    """One reading being made. Every act goes through `apply`; everything on screen follows from
    `reading_changed`.

    Acts wait in line until the database has taken them (`saving`), on this computer while it is away; `unseen` where
    what it holds of the reading is not known yet. `display` says in words what the images are
    seen on; every act keeps what it says at that moment. `pixels` are the digests of frames as far as they are known. What is selected may be another with every
    reading; `selection_changed` tells it where the reading stays the same.
    """

    reading_changed = Signal(object)  # model.changes.Changes
    selection_changed = Signal()
    save_state_changed = Signal()
    message = Signal(str)

    def __init__(
        self,
        workspace: Workspace,
        runner: TaskRunner,
        exam: ExamInfo,
        opened: OpenedReading,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self.exam = exam
        self.display = NOT_RECORDED
        self.pixels: Mapping[ImageKey, str] = {}
        self.unseen = opened.unseen
        self._runner = runner
        self._reading = opened.reading
        self.signed_reading = opened.signed
        self.saving = ActsToSave(workspace, runner, opened, self)
        self.saving.changed.connect(self.save_state_changed)
        self._selected_finding = self._reading.findings[-1].id if self._reading.findings else None
        self._selected_marks: frozenset[str] = frozenset()
        self._selected_cluster: str | None = None
        self.undo_stack = QUndoStack(self)
        self._restoring = False
        self._restore_steps(opened)
        self.facts = FindingFacts(self)
        self.snapping = Snapping(self)
        self.level = OutlineLevel(self)

    @property
    def corrected_exam(self) -> ExamInfo:
        """The exam with sides and views as the reader corrected them."""
        return corrected_exam(self.exam, self._reading.hanging)

    @property
    def reading(self) -> Reading:
        """The reading as it stands on screen."""
        return self._reading

    @property
    def lexicon(self) -> Lexicon:
        """The words this reading is said in: those of its own edition, whatever the settings say now."""
        return load_lexicon(self._reading.lexicon_edition)

    @property
    def revision(self) -> int:
        """Number of the last revision the database has confirmed; 0 before the first."""
        return self.saving.revision

    @property
    def current_finding_id(self) -> str | None:
        """The finding that the next mark and the next word go to."""
        return self._selected_finding

    @property
    def current_finding(self) -> Finding | None:
        """The selected finding itself."""
        return None if self._selected_finding is None else self._reading.finding(self._selected_finding)

    @property
    def selected_marks(self) -> frozenset[str]:
        """Ids of the selected marks."""
        return self._selected_marks

    @property
    def selected_cluster(self) -> str | None:
        """Id of the selected cluster; None while marks are selected, or nothing is."""
        return self._selected_cluster

    @property
    def save_state(self) -> SaveState:
        """Whether everything on screen is in the database."""
        return self.saving.state

    @property
    def save_error(self) -> AnnotatorError | None:
        """Why the last save failed, None while none did."""
        return self.saving.error

    @property
    def saved_at(self) -> datetime | None:
        """When the database confirmed the last act; None before the first."""
        return self.saving.saved_at

    @property
    def unsaved_acts(self) -> int:
        """How many acts the database has not confirmed yet."""
        return len(self.saving)

    def apply(self, after: Reading, label: str) -> None:
        """Make an act: show `after`, keep it, and let it be undone under the name `label`."""
        if after != self._reading and (not self.is_lent or self.may_change()):
            after = with_pixels(self._reading, after, self.pixels)
            self.undo_stack.push(ReplaceReading(self._show, self._reading, after, label))

    def seal(self, after: Reading, act: Act, label: str) -> None:
        """Sign, amend or withdraw: shown and kept, never undone, and nothing before it is."""
        self.undo_stack.clear()
        if act is Act.SIGN:
            self.signed_reading = after
        self._show(after, act, label)

    def take_in(self, opened: OpenedReading, together: Reading, label: str, reason: str = "") -> None:
        """Go on from what the database has now (`opened`), with `together` as one act that can be undone.

        `reason` opens a signed reading again first.
        """
        saved = opened.reading
        self.unseen, self.signed_reading = False, opened.signed
        self.saving.start_over(saved, opened.revision)
        self._restore_steps(opened)
        if reason:
            self.undo_stack.clear()
            saved = edits.amend(saved, reason)
            together = replace(together, amending=saved.amending, done=False)
            self.saving.put(saved, Act.AMEND, f"Amend: {saved.amending}", self.display)
        if together != saved:
            self.undo_stack.push(ReplaceReading(self._show, saved, together, label, Act.MERGE))
        else:
            self._put_on_screen(saved)
            self.saving.tidy_up()

    @property
    def is_lent(self) -> bool:
        """Whether it is another's reading, to be looked at only."""
        return self._reading.reader != self.workspace.settings.reader

    @property
    def why_closed(self) -> str:
        """Why nothing can be changed here and what to do, as one sentence; '' where everything can be."""
        if self.is_lent:
            return f"This is the reading of {self._reading.reader}, to be looked at only; close it to go on with yours."
        if self._reading.is_signed:
            version = self._reading.signatures[-1].version
            return f"Version {version} of this reading is signed; Amend... opens it again, for a reason."
        return ""

    def may_change(self) -> bool:
        """Whether the reading is open; where it is not, says why, and what shows it shows it as it is again.

        Asked before every act: what the hand was turning becomes part of the reading first.
        """
        self.level.settle()
        why = self.why_closed
        if why:
            self.message.emit(why)
            self.reading_changed.emit(Changes())
        return not why

    @_while_open
    def describe(self, finding_id: str, label: str, **said: Any) -> None:
        """The reader says something of a finding: fields of `Finding` by name."""
        number = self._reading.finding(finding_id).number
        after = edits.describe(self._reading, finding_id, **said)
        if "kept" not in said:
            after = edits.describe(after, finding_id, kept=self.facts.still_kept(after, finding_id))
        self.apply(after, f"{label} (F{number})")

    @_while_open
    def new_finding(self) -> None:
        """Begin another finding and select it."""
        after, finding = edits.add_finding(self._reading)
        self.apply(after, f"Begin F{finding.number}")
        self.select_finding(finding.id)

    @_while_open
    def remove_finding(self, finding_id: str) -> None:
        """Take a finding away, its marks with it."""
        number = self._reading.finding(finding_id).number
        self.apply(edits.remove_finding(self._reading, finding_id), f"Remove F{number}")

    @_while_open
    def mark_spot(
        self,
        picture: PictureLike,
        point: ImagePoint,
        kind: MarkKind,
        radius_px: float = 0.0,
        *,
        force: bool = False,
        choice: int = 0,
    ) -> None:
        """Mark the spot near a click; where there is none, say so and mark nothing unless `force`.

        `radius_px` is one deviation, in image pixels, of the hand that clicked (0: the default of the measurement).
        On a slab the mark goes to the slice of it in which the spot is sharpest, and is measured there. `choice` 1 is
        the next best of the spots there, and so on.
        """
        number, result = self.snapping.measured(picture, point, radius_px, choice)
        if choice and choice >= result.choices:
            self.message.emit(NO_OTHER_UNMARKED)
            return
        if not result.found and not force:
            reason = result.reason or "no spot here"
            self.message.emit(f"{reason[:1].upper()}{reason[1:]}. Alt+click marks it all the same.")
            return
        reading, finding = self._finding_to_mark()
        place = result.measurement.center if result.measurement else point
        key = picture.info.key(number)
        there = marks_at(reading, key, place, result.measurement)
        if there:
            self.select_marks(frozenset(mark.id for mark in there))
            self.snapping.remember(SnappedMark(there[0], point, radius_px, choice, kind))
            more = choice + 1 < result.choices
            self.message.emit(
                f"This spot is already marked{', another click takes the next' if more else ''}."
            )
            return
        after, mark = edits.add_mark(reading, finding.id, key, place, kind, result.measurement)
        self._choose(finding.id, frozenset({mark.id}))
        self.apply(after, f"Mark {kind}calcification in F{finding.number}")
        if result.measurement is not None:
            self.snapping.remember(SnappedMark(mark, point, radius_px, choice))
            where = "" if picture.slab is None else f", on {_slice_in_slab(number, picture.slab)}"
            which = f" · spot {choice + 1} of {result.choices}" if result.choices > 1 else ""
            self.message.emit(f"{size_words(result.measurement)}{where}{which}")

    def is_second_click(self, picture: PictureLike, point: ImagePoint, reach_px: float) -> bool:
        """Whether a click asks for the next spot beside the one just marked."""
        return self.snapping.is_second_click(picture, point, reach_px)

    def take_next_spot(self, picture: PictureLike) -> None:
        """The mark just made takes the next best spot beside the click."""
        self.snapping.take_next(picture)

    @_while_open
    def move_mark(self, picture: PictureLike, mark_id: str, point: ImagePoint) -> None:
        """A mark was dragged to `point`: it stays there exactly, on its slice, and is measured anew if a spot
        is there.
        """
        frame = picture.slice_frame(self._reading.mark(mark_id).image.frame)
        if frame is None:
            return
        result = self.workspace.spots.measure(picture.info, frame, point, 0.0)
        self.apply(edits.move_mark(self._reading, mark_id, point, result.measurement), "Move mark")

    @_while_open
    def lasso(self, picture: PictureLike, outline: tuple[ImagePoint, ...]) -> None:
        """Tie what lies inside the outline to the current finding as a cluster, area included."""
        key = picture.info.key(picture.frame_number)
        inside = marks_inside(self._reading, picture, outline)
        reading, finding = self._finding_to_mark()
        after, cluster = edits.add_cluster(reading, finding.id, key, outline, inside, picture.info.spacing)
        what = f"{len(inside)} marks" if inside else "an area"
        self._choose(finding.id, frozenset(inside), None if inside else cluster.id)
        self.apply(after, f"Outline {what} as a cluster of F{finding.number}")

    @_while_open
    def place_nipple(self, picture: PictureLike, point: ImagePoint) -> None:
        """The nipple of an image lies here; places of findings on it are measured from it."""
        key = picture.info.key(picture.frame_number)
        place = NipplePlace(key, point, picture.info.spacing)
        name = self.image_name(key.sop_instance_uid)
        self.apply(edits.place_nipple(self._reading, place), f"Place the nipple on {name}")

    @_while_open
    def remove_nipple(self, sop_instance_uid: str) -> None:
        """Take away the nipple placed on an image; it is estimated again."""
        if self._reading.nipple_on(sop_instance_uid) is None:
            self.message.emit("No nipple was placed on this image.")
            return
        name = self.image_name(sop_instance_uid)
        self.apply(edits.remove_nipple(self._reading, sop_instance_uid), f"Remove the nipple on {name}")

    @_while_open
    def choose_hanging(self, choice: HangingChoice) -> None:
        """Hang an image as the reader says; a choice of nothing hangs it as its file says."""
        self.apply(
            edits.choose_hanging(self._reading, choice),
            f"Hang {self.image_name(choice.sop_instance_uid)} as {choice.words}",
        )

    @_while_open
    def set_done(self, done: bool) -> None:
        """The reader calls the exam done, or takes it up again."""
        self.apply(
            edits.set_done(self._reading, done), "Call the exam done" if done else "Take the exam up again"
        )

    def image_name(self, sop_instance_uid: str) -> str:
        """What an image of the exam is called: its side and view as its file says them."""
        names = (i.name for i in self.corrected_exam.images if i.sop_instance_uid == sop_instance_uid)
        return next(names, "") or "an image without side and view"

    @_while_open
    def remove_selected(self) -> None:
        """Delete the selected marks, or untie the selected cluster, whose marks stay."""
        if self._selected_marks:
            after = edits.remove_marks(self._reading, self._selected_marks)
            self.apply(after, f"Delete {_count(self._selected_marks)}")
        elif self._selected_cluster is not None:
            cluster = self._reading.cluster(self._selected_cluster)
            number = self._reading.finding(cluster.finding_id).number
            act = "Untie a cluster" if cluster.mark_ids else "Remove an area"
            self.apply(edits.remove_cluster(self._reading, cluster.id), f"{act} of F{number}")

    @_while_open
    def move_selected(self, finding_id: str | None = None) -> None:
        """Hand the selected marks to another finding, or to a new one; they leave their clusters."""
        if not self._selected_marks:
            return
        if finding_id is None:
            reading, finding = edits.add_finding(self._reading)
        else:
            reading, finding = self._reading, self._reading.finding(finding_id)
        after = edits.assign_marks(reading, self._selected_marks, finding.id)
        self.apply(after, f"Move {_count(self._selected_marks)} to F{finding.number}")
        self.select_marks(self._selected_marks)

    @_while_open
    def call_selected(self, kind: MarkKind) -> None:
        """Call the selected marks micro or macro; where they are and what was measured stays."""
        marks = self._reading.marks_by_id(self._selected_marks)
        other = [mark_id for mark_id, mark in marks.items() if mark.kind is not kind]
        if not other:
            self.message.emit(f"What is selected is called {kind}calcification already.")
            return
        called = f"a {kind}calcification" if len(other) == 1 else f"{kind}calcifications"
        self.apply(edits.set_mark_kind(self._reading, other, kind), f"Call {_count(other)} {called}")

    def select_finding(self, finding_id: str | None) -> None:
        """Make a finding the current one (None: none, the next mark begins another)."""
        if finding_id != self._selected_finding:
            self._selected_finding = finding_id
            self.selection_changed.emit()

    def select_marks(self, mark_ids: frozenset[str]) -> None:
        """Select marks; their finding becomes the current one when they share it."""
        owners = {m.finding_id for m in self._reading.marks_by_id(mark_ids).values()} if mark_ids else set()
        self._choose(owners.pop() if len(owners) == 1 else self._selected_finding, mark_ids)
        self.selection_changed.emit()

    def select_cluster(self, cluster_id: str) -> None:
        """Select a cluster in place of marks; its finding becomes the current one."""
        self._choose(self._reading.cluster(cluster_id).finding_id, frozenset(), cluster_id)
        self.selection_changed.emit()

    def follow_up(self, finding_id: str) -> FollowUp:
        """The documented follow-up of a finding as described now; derived, never stored."""
        return self.workspace.follow_up(self._reading, finding_id, self.corrected_exam)

    def signed_follow_up(self, finding_id: str) -> FollowUp | None:
        """What the table said of a finding when the reading was signed last; None where it was not signed."""
        signed = self._reading.signatures[-1].finding(finding_id) if self._reading.signatures else None
        return None if signed is None else signed.follow_up

    def revisions(self) -> tuple[Revision, ...]:
        """Everything saved of this reading so far, oldest first."""
        return self.workspace.revisions(self._reading.id)

    def save_now(self) -> None:
        """Try to save at once what is not saved yet."""
        self.level.settle()
        self.saving.try_now()

    def flush(self) -> bool:
        """Wait until every act is saved; False when the database refuses (the acts are still here)."""
        self.level.settle()
        return self.saving.flush()

    def close(self) -> bool:
        """Stop saving, with every act in the database or on this computer. False when some of them are in neither."""
        self.level.settle()
        return self.saving.leave()

    def give_up_unsaved(self) -> None:
        """Lose the acts that the database has not taken, because the reader said so."""
        self.saving.give_up()

    def _show(self, reading: Reading, act: Act, label: str) -> None:
        if self._restoring:
            return
        self.saving.put(reading, act, label, self.display)
        self._put_on_screen(reading)
        self.saving.start()

    def _put_on_screen(self, reading: Reading) -> None:
        """The only place that assigns the reading."""
        changes = diff(self._reading, reading)
        self._reading = reading
        self._keep_selection_valid(changes)
        self.reading_changed.emit(changes)

    def _restore_steps(self, opened: OpenedReading) -> None:
        self._restoring = True
        self.undo_stack.clear()
        for step in opened.steps:
            self.undo_stack.push(ReplaceReading(self._show, step.before, step.after, step.label))
        self.undo_stack.setIndex(opened.steps_done)
        self._restoring = False

    def _finding_to_mark(self) -> tuple[Reading, Finding]:
        if self._selected_finding is not None:
            return self._reading, self._reading.finding(self._selected_finding)
        return edits.add_finding(self._reading)

    def _choose(
        self, finding_id: str | None, mark_ids: frozenset[str], cluster_id: str | None = None
    ) -> None:
        """Select; before an act, what it makes, so that whoever follows the reading shows both at once."""
        self._selected_finding = finding_id
        self._selected_marks, self._selected_cluster = mark_ids, cluster_id

    def _keep_selection_valid(self, changes: Changes) -> None:
        known = {f.id for f in self._reading.findings}
        if self._selected_finding not in known:
            last = self._reading.findings[-1].id if self._reading.findings else None
            self._selected_finding = last
        self._selected_marks -= {key for key, mark in changes.marks.items() if mark is None}
        if self._selected_cluster not in {c.id for c in self._reading.clusters}:
            self._selected_cluster = None


def _slice_in_slab(number: int, slab: SlabOfSlices) -> str:
    """Which slice, and whether the spot may be sharper beyond the slab."""
    at_edge = len(slab.frames) > 1 and number in (min(slab.frames), max(slab.frames))
    return f"slice {number}, the edge of the slab: it may be sharper beyond" if at_edge else f"slice {number}"


def _count(marks: Collection[str]) -> str:
    return counted(len(marks), "mark")
