"""Many readings for programs that train: which of them, in which forms, and what is not in it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from annotator.ui.desk.project_export import AskedProject, project_forms

ALL, OPEN = "All readings that you may see", "The exam that is open"
PARTS = ("training", "validation", "test")
USUAL_SHARES = (70, 15, 15)
EITHER = ("yolo", "yolo-seg")
"""Two forms of the same files: ticking one takes the tick of the other away."""
IMAGES = (
    ("Without the images", ""),
    ("With the images, as PNG of the stored values", "png16"),
    ("With the images, as de-identified DICOM", "dicom"),
)
_FEW_OF_SINGLE = "Each reading by itself"


class ExportProjectPage(QWidget):
    """What is to be written of many readings. `changed` when a choice was made."""

    changed = Signal()

    def __init__(self, chosen: tuple[str, ...]) -> None:
        super().__init__()
        self.which = QComboBox()
        self.which.setAccessibleName("Which readings")
        self.which.addItems([ALL, OPEN])
        self.signed = QCheckBox("Only as they were signed last")
        self.images = QComboBox()
        self.images.setAccessibleName("The images")
        for words, form in IMAGES:
            self.images.addItem(words, form)
        self.split = QCheckBox("Deal patients to parts, in per cent:")
        self.shares = tuple(_share(part, share) for part, share in zip(PARTS, USUAL_SHARES, strict=True))
        self.seed = QSpinBox()
        self.seed.setAccessibleName("Seed")
        self.seed.setRange(1, 999_999)
        self.seed.setToolTip("Another number deals anew")
        self.boxes = {name: QCheckBox(says[:1].upper() + says[1:]) for name, says in project_forms().items()}
        for name, box in self.boxes.items():
            box.setChecked(name in chosen)
            box.toggled.connect(self.changed)
        for one, other in (EITHER, EITHER[::-1]):
            self.boxes[one].toggled.connect(lambda on, other=other: self._untick(other, other_ticked=on))
        self.details = QLabel()
        self.details.setWordWrap(True)
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details.setAccessibleName("What is not in it")
        self._place()
        self.split.toggled.connect(self._show_parts)
        for field in self.shares:
            field.valueChanged.connect(self.changed)
        self.split.toggled.connect(self.changed)
        self.images.currentIndexChanged.connect(self.changed)
        self._show_parts()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of the forms that are ticked, in their order."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    @property
    def unready(self) -> str:
        """Why it cannot begin, '' when it can."""
        if not self.chosen:
            return "Tick a form first"
        if (self.images.currentData() or self.split.isChecked()) and set(self.chosen) <= _single_forms():
            return "Images and parts go with a form of all together: tick one"
        if why := _unfit(self.chosen, self.images.currentData()):
            return why
        if self.split.isChecked() and sum(field.value() for field in self.shares) != 100:
            return "The parts have to come to 100 per cent"
        return ""

    def asked(self, folder: Path, *, identified: bool) -> AskedProject:
        """What is chosen."""
        training, validation, test = (float(field.value()) for field in self.shares)
        return AskedProject(
            forms=self.chosen,
            folder=folder,
            only_open=self.which.currentText() == OPEN,
            signed=self.signed.isChecked(),
            images=self.images.currentData(),
            shares=(training, validation, test) if self.split.isChecked() else None,
            seed=self.seed.value(),
            identified=identified,
        )

    def show_open(self, there: bool) -> None:
        """Offer the exam that is open where one is."""
        model = self.which.model()
        assert isinstance(model, QStandardItemModel)
        model.item(1).setEnabled(there)
        if not there and self.which.currentText() == OPEN:
            self.which.setCurrentIndex(0)

    def _untick(self, form: str, *, other_ticked: bool) -> None:
        if other_ticked:
            self.boxes[form].setChecked(False)

    def _place(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(10, 10, 10, 10)
        column.addWidget(self.which, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.signed)
        column.addWidget(self.images, alignment=Qt.AlignmentFlag.AlignLeft)
        parts = QHBoxLayout()
        parts.addWidget(self.split)
        for part, field in zip(PARTS, self.shares, strict=True):
            parts.addWidget(field)
            parts.addWidget(QLabel(part))
        self._seed_label = QLabel("seed")
        parts.addWidget(self._seed_label)
        parts.addWidget(self.seed)
        parts.addStretch(1)
        column.addLayout(parts)
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        sets = [name for name in self.boxes if name not in _single_forms()]
        for at, (title, names) in enumerate(
            (("All together", sets), (_FEW_OF_SINGLE, [n for n in self.boxes if n not in sets]))
        ):
            heading = QLabel(title)
            heading.setProperty("role", "heading")
            grid.addWidget(heading, 0, at)
            for row, name in enumerate(names, start=1):
                grid.addWidget(self.boxes[name], row, at)
        grid.setColumnStretch(2, 1)
        column.addLayout(grid)
        column.addWidget(self.details)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

    def _show_parts(self) -> None:
        for field in (*self.shares, self.seed, self._seed_label):
            field.setEnabled(self.split.isChecked())


def _single_forms() -> set[str]:
    from annotator.exchange.tables.data_set import DATA_SETS  # noqa: PLC0415

    return set(project_forms()) - set(DATA_SETS)


def _unfit(forms: tuple[str, ...], images: str) -> str:
    from annotator.reporting.wanted import unfit  # noqa: PLC0415

    return unfit(forms, images, identified=False)


def _share(part: str, share: int) -> QSpinBox:
    field = QSpinBox()
    field.setAccessibleName(f"Per cent of patients for {part}")
    field.setRange(0, 100)
    field.setValue(share)
    field.setSuffix(" %")
    return field
