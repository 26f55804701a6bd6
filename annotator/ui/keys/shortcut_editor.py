"""The keys of every act, by menu: press a new one, take one away, go back to what they were."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.ui.actions import (
    ACTIONS,
    FIXED,
    MENUS,
    ActionSpec,
    key_of,
    key_text,
    owner_of,
    why_not_a_key,
)
from annotator.ui.keys.mouse_words import mouse_words
from annotator.ui.keys.profiles import Profiles
from annotator.ui.keys.word_match import rank

_ACT = Qt.ItemDataRole.UserRole
_SPECS = {spec.id: spec for spec in ACTIONS}


class KeyField(QLineEdit):
    """Takes the next keys pressed as they are; `pressed` carries them in Qt's portable words.

    Tab, Shift+Tab and Esc leave it as they leave any field; Tab can be given to an act all the same, by
    its row in `profiles.toml`.
    """

    pressed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setPlaceholderText("press the new key here")
        self.setAccessibleName("New key")
        self.setToolTip("Press the keys that the act above shall have; Tab leaves this field")

    def event(self, event: object) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)  # type: ignore[arg-type]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Escape):
            event.ignore()
            return
        spelt = key_of(event.keyCombination())
        if spelt:
            self.pressed.emit(spelt)


class ShortcutEditor(QWidget):
    """Every change is in force and kept at once; a key that another act has is taken only when told so."""

    def __init__(self, profiles: Profiles) -> None:
        super().__init__()
        self._profiles = profiles
        self._items: dict[str, QTreeWidgetItem] = {}
        self._menus: dict[str, QTreeWidgetItem] = {}
        self._pending = ""
        self.search = QLineEdit()
        self.search.setPlaceholderText("Part of a name, a menu or a key")
        self.search.setAccessibleName("Find an act")
        self.search.setClearButtonEnabled(True)
        self.tree = _tree()
        self.act = QLabel()
        self.act.setProperty("role", "title")
        self.key = KeyField()
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setAccessibleName("What became of the key")
        self.take = _button("Take it from there", "The other act loses this key")
        self.clear = _button("Remove its keys", "The act is then in the menu and under Ctrl+K only")
        self.reset = _button("As it was", "The keys this act has in the profile as it comes")
        self.reset_all = _button("All as they were", "Every act has the keys of the profile as it comes")
        self._place()
        self._wire()
        self._fill()
        self._show_keys()

    @property
    def chosen(self) -> ActionSpec | None:
        """The act whose keys are being changed."""
        item: QTreeWidgetItem | None = self.tree.currentItem()
        return None if item is None else _SPECS.get(item.data(0, _ACT))

    def choose(self, act: str) -> None:
        """Change the keys of this act."""
        self.tree.setCurrentItem(self._items[act])

    def _place(self) -> None:
        keys = QHBoxLayout()
        keys.addWidget(self.key, 1)
        for button in (self.clear, self.reset, self.reset_all):
            keys.addWidget(button)
        told = QHBoxLayout()
        told.addWidget(self.note, 1)
        told.addWidget(self.take)
        column = QVBoxLayout(self)
        column.addWidget(self.search)
        column.addWidget(self.tree, 1)
        column.addWidget(self.act)
        column.addLayout(keys)
        column.addLayout(told)

    def _wire(self) -> None:
        self.search.textChanged.connect(self._filter)
        self.tree.currentItemChanged.connect(self._chosen)
        self.key.pressed.connect(self._pressed)
        self.take.clicked.connect(self._take)
        self.clear.clicked.connect(lambda: self._give(()))
        self.reset.clicked.connect(self._reset)
        self.reset_all.clicked.connect(self._reset_all)
        self._profiles.changed.connect(self._show_keys)

    def _fill(self) -> None:
        for menu in MENUS:
            top = self._menus[menu] = QTreeWidgetItem(self.tree, [menu])
            for spec in ACTIONS:
                if spec.menu == menu:
                    item = QTreeWidgetItem(top, [spec.name])
                    item.setData(0, _ACT, spec.id)
                    item.setToolTip(0, spec.tooltip)
                    self._items[spec.id] = item
        self._mouse = QTreeWidgetItem(self.tree, ["Mouse"])
        self.tree.expandAll()
        self.choose(ACTIONS[0].id)

    def _show_keys(self) -> None:
        keys, given = self._profiles.keys(), self._profiles.given_keys()
        for act, item in self._items.items():
            item.setText(1, key_text(keys[act]))
            item.setText(2, "" if keys[act] == given[act] else f"was {key_text(given[act]) or 'without'}")
        self._mouse.takeChildren()
        for gesture, words in mouse_words(self._profiles.current()):
            QTreeWidgetItem(self._mouse, [words, gesture, "with the profile"])
        self._show_buttons()

    def _show_buttons(self) -> None:
        spec = self.chosen
        keys, given = self._profiles.keys(), self._profiles.given_keys()
        free = spec is not None and spec.id not in FIXED
        self.act.setText(spec.name if spec is not None else "Choose an act above")
        self.key.setEnabled(free)
        self.clear.setEnabled(free and spec is not None and bool(keys[spec.id]))
        self.reset.setEnabled(spec is not None and keys[spec.id] != given[spec.id])
        self.reset_all.setEnabled(keys != given)
        self.take.setVisible(bool(self._pending))

    def _chosen(self, *_items: object) -> None:
        self._pending = ""
        spec = self.chosen
        fixed = spec is not None and spec.id in FIXED
        self.note.setText("Esc stays what it is: it gives up whatever is in hand." if fixed else "")
        self.key.clear()
        self._show_buttons()

    def _pressed(self, key: str) -> None:
        spec = self.chosen
        if spec is None:
            return
        self._pending = ""
        self.key.setText(key_text((key,)))
        keys = self._profiles.keys()
        owner = owner_of(keys, key)
        if why := why_not_a_key(key):
            self.note.setText(why)
        elif owner == spec.id:
            self.note.setText(f"It has {key_text((key,))} already.")
        elif owner in FIXED:
            self.note.setText(f"{key_text((key,))} stays with {_SPECS[owner].name}.")
        elif owner is not None:
            self._pending = key
            place = f"{_SPECS[owner].menu}: {_SPECS[owner].name}"
            self.note.setText(f"<b>{escape(key_text((key,)))}</b> belongs to {escape(place)}.")
        else:
            self._give((*keys[spec.id], key))
            self.note.setText(f"{spec.name} has {key_text((key,))} from now on.")
        self._show_buttons()

    def _take(self) -> None:
        spec, key = self.chosen, self._pending
        owner = owner_of(self._profiles.keys(), key) if key else None
        if spec is None or owner is None:
            return
        keys = self._profiles.keys()
        left = tuple(k for k in keys[owner] if k != key)
        self._pending = ""
        self._profiles.set_keys({owner: left, spec.id: (*keys[spec.id], key)})
        self.note.setText(
            f"{spec.name} has {key_text((key,))} from now on; {_SPECS[owner].name} "
            f"{f'keeps {key_text(left)}' if left else 'has no key left'}."
        )
        self.key.setFocus()

    def _give(self, keys: tuple[str, ...]) -> None:
        if self.chosen is not None:
            self._pending = ""
            self._profiles.set_keys({self.chosen.id: keys})

    def _reset(self) -> None:
        """The keys of the profile, unless another act was given one of them on purpose."""
        spec = self.chosen
        if spec is None:
            return
        self._give(self._profiles.given_keys()[spec.id])
        keys = self._profiles.keys()
        missing = [k for k in self._profiles.given_keys()[spec.id] if k not in keys[spec.id]]
        owners = {name for k in missing if (name := owner_of(keys, k)) is not None}
        names = ", ".join(_SPECS[act].name for act in owners)
        self.note.setText(f"{key_text(missing)} was given to {names}; reset that too." if missing else "")

    def _reset_all(self) -> None:
        self._pending = ""
        self._profiles.reset_keys()
        self.note.setText("Every act has the keys of the profile.")

    def _filter(self, typed: str) -> None:
        keys = self._profiles.keys()
        for act, item in self._items.items():
            spec = _SPECS[act]
            more = f"{spec.menu} {key_text(keys[act])} {spec.tooltip}"
            item.setHidden(rank(typed, spec.name, more) is None)
        for menu, top in self._menus.items():
            top.setHidden(all(self._items[s.id].isHidden() for s in ACTIONS if s.menu == menu))


def _tree() -> QTreeWidget:
    tree = QTreeWidget()
    tree.setAccessibleName("Acts and their keys")
    tree.setHeaderLabels(["Act", "Keys", ""])
    tree.setUniformRowHeights(True)
    tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
    tree.header().setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
    tree.header().setStretchLastSection(False)
    return tree


def _button(text: str, tooltip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    return button
