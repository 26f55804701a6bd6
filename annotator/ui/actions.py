"""The one table of what the window can do; menus, shortcuts, tooltips and the key help come from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from annotator.model.finding import Distribution, Morphology
from annotator.model.mark import MarkKind

Needs = Literal["nothing", "exam", "picture", "stack", "finding", "marks", "selection", "undo", "redo"]
Scope = Literal["window", "image"]


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One thing the window can do.

    `slot` is the name of a method of the window's commands, called with `argument` when there is one.
    `needs` says when it is enabled. Scope "image": the keys act only while the images have the focus,
    because lists and fields use the same keys themselves.
    """

    id: str
    menu: str
    text: str
    shortcuts: tuple[str, ...]
    slot: str
    tooltip: str
    needs: Needs = "nothing"
    scope: Scope = "window"
    argument: Any = None


MENUS = ("Exam", "Edit", "Mark", "View", "Stack", "Window", "Go", "Help")

_WINDOWS = tuple(
    ActionSpec(
        f"window_{n}",
        "Window",
        "Window as stored" if n == 0 else f"Window alternative {n}",
        (str(n),),
        "use_window",
        "The first window of the file" if n == 0 else f"Alternative {n} of the file, then the presets",
        "picture",
        "image",
        n,
    )
    for n in range(10)
)

# fmt: off
ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("open_files", "Exam", "Open files...", ("Ctrl+O",), "open_files", "Choose image files, a DICOMDIR or a ZIP"),
    ActionSpec("open_folder", "Exam", "Open folder...", ("Ctrl+Shift+O",), "open_folder", "Open every image under a folder"),
    ActionSpec("open_sample", "Exam", "Open the sample exam", (), "open_sample", "Synthetic mammograms; no patient exists"),
    ActionSpec("save", "Exam", "Save now", ("Ctrl+S",), "save_now", "Every act is saved as it happens; this tries at once", "exam"),
    ActionSpec("save_report", "Exam", "Save report...", ("Ctrl+P",), "save_report", "A page for people: findings, pictures, documented follow-up", "exam"),
    ActionSpec("save_findings", "Exam", "Save findings as JSON...", ("Ctrl+Shift+S",), "save_findings", "Every finding with its marks, for programs", "exam"),
    ActionSpec("quit", "Exam", "Quit", ("Ctrl+Q",), "quit", "Finish saving and close the window"),
    ActionSpec("undo", "Edit", "Undo", ("Ctrl+Z",), "undo", "Take back the last act, also after a restart", "undo"),
    ActionSpec("redo", "Edit", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "Do again what was undone", "redo"),
    ActionSpec("delete", "Edit", "Delete what is selected", ("Del", "Backspace"), "delete_selected", "Delete the marks shown white, or untie the cluster shown white; its marks stay", "selection", "image"),
    ActionSpec("cancel", "Edit", "Cancel", ("Esc",), "cancel", "Cancel the stroke in hand, or go back to the image; never the finding"),
    ActionSpec("mark_micro", "Mark", "Mark microcalcifications", ("M",), "use_mark_tool", "A click marks the spot it hits; a drag outlines a cluster, with Shift it selects marks", "picture", "window", MarkKind.MICRO),
    ActionSpec("mark_macro", "Mark", "Mark macrocalcifications", ("Shift+M",), "use_mark_tool", "A click marks the spot it hits; a drag outlines a cluster, with Shift it selects marks", "picture", "window", MarkKind.MACRO),
    ActionSpec("select_tool", "Mark", "Select marks", ("A",), "use_select_tool", "A click selects a mark; a drag selects what lies inside", "picture"),
    ActionSpec("benign_chord", "Mark", "Benign preset...", ("B",), "open_chord", "Mark the spot under the pointer and name its benign type, in one act", "picture", "window", "benign"),
    ActionSpec("descriptor_chord", "Mark", "Descriptor...", ("L",), "open_chord", "Say morphology or distribution with two letters", "finding", "window", "descriptor"),
    ActionSpec("new_finding", "Mark", "New finding", ("F", "Ctrl+N"), "new_finding", "The next marks belong to a new finding", "exam"),
    ActionSpec("remove_finding", "Mark", "Remove finding", ("Ctrl+Del",), "remove_finding", "Remove the current finding with its marks; undo brings it back", "finding"),
    ActionSpec("move_to_new", "Mark", "Move selected marks to a new finding", ("Shift+F",), "move_to_new_finding", "They leave their clusters; the menu of the right button moves them to F1, F2 ...", "marks"),
    ActionSpec("next_finding", "Mark", "Next finding", ("Tab",), "step_finding", "Make the next finding the current one", "finding", "image", 1),
    ActionSpec("previous_finding", "Mark", "Previous finding", ("Shift+Tab",), "step_finding", "Make the finding before it the current one", "finding", "image", -1),
    ActionSpec("fit", "View", "Fit / 1:1", ("Z",), "toggle_fit", "Whole image, or one image pixel on one screen pixel at the pointer", "picture"),
    ActionSpec("invert", "View", "Invert", ("I",), "toggle_invert", "Black becomes white; air stays black", "picture"),
    ActionSpec("speck_true", "View", "Speck-true / mean", ("T",), "toggle_mode", "Shrink so that no speck is lost, or by averaging", "picture"),
    ActionSpec("enlarged", "View", "Squares / smooth", ("Shift+T",), "toggle_enlarged", "Above 1:1 show each image pixel as a square, or interpolate between them", "picture"),
    ActionSpec("lens", "View", "Lens", ("X",), "toggle_lens", "A magnifier at the pointer, with its own window: wheel sizes, Alt+wheel magnifies, right drag sets its window", "picture"),
    ActionSpec("lens_invert", "View", "Invert inside the lens", ("Shift+X",), "invert_lens", "Black and white turned round inside the lens only; opens it when it is closed", "picture"),
    ActionSpec("enlarge", "View", "Enlarge", ("+", "="), "enlarge", "Magnify more inside the lens when it is open, else zoom in at the pointer", "picture", "image", 1),
    ActionSpec("reduce", "View", "Reduce", ("-",), "enlarge", "Magnify less inside the lens when it is open, else zoom out at the pointer", "picture", "image", -1),
    ActionSpec("cine", "Stack", "Cine", ("C",), "toggle_cine", "Run through the slices, there and back, until anything is touched", "stack"),
    ActionSpec("cine_faster", "Stack", "Cine faster", (".",), "change_cine_speed", "More slices a second, up to 30", "stack", "image", 1),
    ActionSpec("cine_slower", "Stack", "Cine slower", (",",), "change_cine_speed", "Fewer slices a second, down to 2", "stack", "image", -1),
    ActionSpec("slab", "Stack", "Slab: off, mean, maximum", ("J",), "next_slab", "Put the slices around the one in view together: their mean, or their brightest values", "stack"),
    ActionSpec("slab_thicker", "Stack", "Slab thicker", ("Ctrl+Up",), "thicken_slab", "More millimetres of tissue in the slab (Shift+wheel)", "stack", "image", 1),
    ActionSpec("slab_thinner", "Stack", "Slab thinner", ("Ctrl+Down",), "thicken_slab", "Fewer millimetres of tissue in the slab (Shift+wheel)", "stack", "image", -1),
    ActionSpec("best_slice", "Stack", "Best slice", ("U",), "best_slice", "Go to the slice in which the spot under the pointer, or the selected mark, is sharpest", "stack"),
    ActionSpec("first_slice", "Stack", "First slice", ("Home",), "end_slice", "The first slice of the stack in the active pane", "stack", "image", 0),
    ActionSpec("last_slice", "Stack", "Last slice", ("End",), "end_slice", "The last slice of the stack in the active pane", "stack", "image", 1),
    ActionSpec("show_marks", "View", "Show or hide marks", ("G",), "toggle_marks", "Look at the breast without marks", "picture"),
    ActionSpec("text_level", "View", "Text on the image", ("O",), "cycle_text", "All, little or only side and view", "picture"),
    ActionSpec("layout", "View", "Next layout", ("H",), "cycle_layout", "Four, three, two or one image", "exam"),
    ActionSpec("images_only", "View", "Images only", ("F11",), "toggle_images_only", "Hide everything but the images"),
    ActionSpec("display_check", "View", "Display check...", ("F9",), "show_display_check", "Test pattern, photometer values and correction of this screen, with a dated log"),
    ActionSpec("show_worklist", "View", "Worklist", ("Ctrl+1",), "toggle_panel", "Show or hide the worklist", argument="worklist"),
    ActionSpec("show_thumbnails", "View", "Images", ("Ctrl+2",), "toggle_panel", "Show or hide the small pictures", argument="thumbnails"),
    ActionSpec("show_findings", "View", "Findings", ("Ctrl+3",), "toggle_panel", "Show or hide findings and follow-up", argument="findings"),
    ActionSpec("show_history", "View", "History", ("Ctrl+4",), "toggle_panel", "Show or hide what was done when", argument="history"),
    ActionSpec("show_problems", "View", "Files not opened", ("Ctrl+5",), "toggle_panel", "Show or hide the files that could not be opened", argument="problems"),
    *_WINDOWS,
    ActionSpec("next_image", "Go", "Next image", ("Right",), "step_image", "The next image in hung order, in the active pane", "exam", "image", 1),
    ActionSpec("previous_image", "Go", "Previous image", ("Left",), "step_image", "The image before it, in the active pane", "exam", "image", -1),
    ActionSpec("next_slice", "Go", "Next slice", ("Down",), "step_slice", "The next slice of a stack; of other pictures the next image", "exam", "image", 1),
    ActionSpec("previous_slice", "Go", "Previous slice", ("Up",), "step_slice", "The slice before it; of other pictures the image before", "exam", "image", -1),
    ActionSpec("next_exam", "Go", "Next exam", ("PgDown",), "step_exam", "The next exam of the worklist", "exam", "image", 1),
    ActionSpec("previous_exam", "Go", "Previous exam", ("PgUp",), "step_exam", "The exam before it", "exam", "image", -1),
    ActionSpec("older_exam", "Go", "Older exam of this patient", ("[",), "step_patient", "The exam of this patient before this one", "exam", "window", -1),
    ActionSpec("newer_exam", "Go", "Newer exam of this patient", ("]",), "step_patient", "The exam of this patient after this one", "exam", "window", 1),
    ActionSpec("other_view", "Go", "CC / MLO", ("V",), "other_view", "The other view of the same breast", "picture"),
    ActionSpec("other_side", "Go", "Other breast", ("S",), "other_side", "The same view of the other breast", "picture"),
    ActionSpec("filter", "Go", "Filter the worklist", ("Ctrl+F",), "focus_filter", "Type part of a patient, date or state"),
    ActionSpec("next_area", "Go", "Next area", ("F6",), "next_area", "Move the keyboard: images, findings, worklist, small pictures"),
    ActionSpec("keys", "Help", "Keys", ("F1", "?"), "show_keys", "Every key, in one list"),
    ActionSpec("about", "Help", "About", (), "show_about", "Version, licence and what this is not"),
)
# fmt: on
"""One row per act, unwrapped so that it reads as a table."""


@dataclass(frozen=True, slots=True)
class ChordChoice:
    """One row of an open chord: the letters that pick it, and the id of the lexicon it stands for."""

    letters: str
    word: Morphology | Distribution


@dataclass(frozen=True, slots=True)
class Chord:
    """A key that opens a legend; the next letters pick a row of it."""

    id: str
    key: str
    title: str
    choices: tuple[ChordChoice, ...]


CHORDS: tuple[Chord, ...] = (
    Chord(
        "benign",
        "B",
        "Benign type at the pointer",
        tuple(
            ChordChoice(letters, word)
            for letters, word in (
                ("S", Morphology.SKIN),
                ("V", Morphology.VASCULAR),
                ("C", Morphology.COARSE),
                ("R", Morphology.ROD),
                ("O", Morphology.ROUND),
                ("I", Morphology.RIM),
                ("D", Morphology.DYSTROPHIC),
                ("M", Morphology.MILK),
                ("U", Morphology.SUTURE),
            )
        ),
    ),
    Chord(
        "descriptor",
        "L",
        "Morphology or distribution",
        tuple(
            ChordChoice(letters, word)
            for letters, word in (
                ("AM", Morphology.AMORPHOUS),
                ("CH", Morphology.COARSE_HET),
                ("FP", Morphology.FINE_PLEO),
                ("FL", Morphology.FINE_LINEAR),
                ("RO", Morphology.ROUND),
                ("PU", Morphology.PUNCTATE),
                ("UN", Morphology.UNCHARACTERISED),
                ("DI", Distribution.DIFFUSE),
                ("RE", Distribution.REGIONAL),
                ("GR", Distribution.GROUPED),
                ("LI", Distribution.LINEAR),
                ("SE", Distribution.SEGMENTAL),
                ("SI", Distribution.SINGLE),
            )
        ),
    ),
)


def key_text(spec: ActionSpec) -> str:
    """The keys of an act as shown to people: "Ctrl+Shift+Z, Ctrl+Y"."""
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(keys).toString(native) for keys in spec.shortcuts)


def make_actions(window: QWidget, images: QWidget, commands: object) -> dict[str, QAction]:
    """QActions for the whole table, wired to the methods of `commands` and live in their scope."""
    made: dict[str, QAction] = {}
    for spec in ACTIONS:
        action = QAction(spec.text, window)
        action.setObjectName(spec.id)
        keys = key_text(spec)
        action.setToolTip(f"{spec.tooltip} ({keys})" if keys else spec.tooltip)
        action.setStatusTip(spec.tooltip)
        action.setShortcuts([QKeySequence(s) for s in spec.shortcuts])
        in_images = spec.scope == "image"
        contexts = Qt.ShortcutContext
        action.setShortcutContext(
            contexts.WidgetWithChildrenShortcut if in_images else contexts.WindowShortcut
        )
        action.triggered.connect(_call(getattr(commands, spec.slot), spec.argument))
        (images if in_images else window).addAction(action)
        made[spec.id] = action
    return made


def enable_actions(actions: Mapping[str, QAction], fulfilled: Mapping[Needs, bool]) -> None:
    """Enable each action whose need is met."""
    for spec in ACTIONS:
        actions[spec.id].setEnabled(fulfilled[spec.needs])


def _call(slot: Callable[..., object], argument: Any) -> Callable[[], None]:
    def run() -> None:
        slot() if argument is None else slot(argument)

    return run
