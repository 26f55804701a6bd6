"""Signing on the table: frozen off the window, signed once on disk, amended for a reason, never undone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from test_session import EXAM, SPOTS, StillPicture, bugs, mark_all, picture, runner, workspace  # noqa: F401

from annotator.bootstrap import open_workspace
from annotator.errors import StoreError
from annotator.model import edits
from annotator.model.changes import Changes
from annotator.model.finding import Assessment, Distribution, Morphology, Stage
from annotator.model.geometry import ImagePoint
from annotator.model.hanging_choice import HangingChoice
from annotator.model.history import Act
from annotator.model.image import Laterality
from annotator.model.mark import MarkKind
from annotator.model.seen_on_image import RecallReason
from annotator.settings import load_settings
from annotator.store.encoding import content_digest
from annotator.ui.desk.followed_patient import call_its_own
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.saying import say, switch_recall
from annotator.ui.desk.session import ReadingSession
from annotator.ui.desk.signing import Signing, SignState
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace


class Table(QObject):
    """A desk with its signing, and what it said."""

    def __init__(
        self, qtbot: QtBot, space: Workspace, tasks: TaskRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._qtbot = qtbot
        self.desk = ReadingDesk(space, tasks, self)
        self.signing = Signing(self.desk, tasks, self)
        self.said: list[str] = []
        self.signing.message.connect(self.said.append)
        self.desk.session_changed.connect(self._listen)
        self.open()

    def _listen(self, session: ReadingSession | None) -> None:
        if session is not None:
            session.message.connect(self.said.append)

    @property
    def session(self) -> ReadingSession:
        assert self.desk.session is not None
        return self.desk.session

    def open(self) -> None:
        self.desk.open_exam(EXAM)
        self._qtbot.waitUntil(lambda: self.desk.session is not None)

    def reopen(self) -> None:
        assert self.desk.close_session()
        self.open()

    def sign(self) -> None:
        self.signing.sign()
        self._qtbot.waitUntil(lambda: self.signing.state is SignState.SIGNED)


@pytest.fixture
def table(qtbot: QtBot, workspace: Workspace, runner: TaskRunner) -> Iterator[Table]:  # noqa: F811
    made = Table(qtbot, workspace, runner)
    yield made
    made.desk.close_session()


def described(table: Table, picture: StillPicture) -> str:  # noqa: F811
    mark_all(table.session, picture)
    finding = table.session.reading.findings[0].id
    table.session.describe(
        finding,
        "Say",
        morphology=(Morphology.FINE_PLEO,),
        distributions=(Distribution.GROUPED,),
        assessment=Assessment.MODERATE_SUSPICION,
    )
    return finding


def test_a_signature_freezes_what_stood_beside_every_finding(table: Table, picture: StillPicture) -> None:  # noqa: F811
    finding = described(table, picture)
    table.session.display = "a screen"
    standing = table.session.facts.contradictions(finding)
    assert standing
    table.sign()
    (signature,) = table.session.reading.signatures
    workspace = table.desk.workspace  # noqa: F811
    assert (signature.version, signature.reader, signature.reason) == (1, "r1", "")
    assert signature.content == content_digest(table.session.reading)
    assert signature.rules == workspace.rules.digest
    assert signature.rules_version == workspace.rules.version
    assert signature.lexicon_version == workspace.lexicon.version
    assert (signature.lexicon_edition, signature.display) == ("5", "a screen")
    assert signature.at.endswith("Z")
    frozen = signature.finding(finding)
    assert frozen is not None
    assert frozen.follow_up == table.session.follow_up(finding) == table.session.signed_follow_up(finding)
    assert frozen.assessment == "4B"
    assert frozen.contradictions == standing
    assert table.session.reading.done
    assert not table.session.undo_stack.canUndo()
    table.reopen()
    assert table.session.reading.signatures == (signature,)
    assert table.signing.state is SignState.SIGNED


def acts(session: ReadingSession, picture: StillPicture) -> dict[str, object]:  # noqa: F811
    """Every act a window offers on the reading."""
    finding = session.reading.findings[0].id
    mark = session.reading.marks[0].id
    around = tuple(ImagePoint(c, r) for c, r in ((40, 50), (90, 50), (90, 90), (40, 90)))
    return {
        "describe": lambda: session.describe(finding, "Say", comment="x"),
        "new_finding": session.new_finding,
        "remove_finding": lambda: session.remove_finding(finding),
        "mark_spot": lambda: session.mark_spot(picture, SPOTS[0], MarkKind.MACRO, force=True),
        "move_mark": lambda: session.move_mark(picture, mark, SPOTS[1]),
        "lasso": lambda: session.lasso(picture, around),
        "choose_hanging": lambda: session.choose_hanging(
            HangingChoice("1.2.3.4", laterality=Laterality.LEFT)
        ),
        "place_nipple": lambda: session.place_nipple(picture, SPOTS[0]),
        "remove_nipple": lambda: session.remove_nipple("1.2.3.4"),
        "stage": lambda: say(session, "stage", Stage.FU6),
        "recall": lambda: switch_recall(session, "1.2.3.4", RecallReason.MOTION),
        "keep": lambda: session.facts.keep(finding, "macro_fine_pleo"),
        "its own": lambda: call_its_own(session, finding),
        "set_done": lambda: session.set_done(False),
        "remove_selected": session.remove_selected,
        "move_selected": session.move_selected,
        "call_selected": lambda: session.call_selected(MarkKind.MACRO),
    }


def test_every_act_on_a_signed_reading_says_in_one_sentence_how_to_amend(
    table: Table,
    picture: StillPicture,  # noqa: F811
) -> None:
    described(table, picture)
    table.sign()
    before = table.session.reading
    table.session.select_marks(frozenset({before.marks[0].id}))
    for name, act in acts(table.session, picture).items():
        shown: list[Changes] = []
        table.session.reading_changed.connect(shown.append)
        table.said.clear()
        act()
        assert [("Version 1" in s, "Amend..." in s) for s in table.said] == [(True, True)], name
        assert table.session.reading is before, name
        # a control that was switched shows again what is said
        assert [bool(changes) for changes in shown] == [False], name
        table.session.reading_changed.disconnect(shown.append)
    assert table.session.save_state is SaveState.SAVED


def test_an_amendment_has_a_reason_undo_of_its_own_and_ends_as_version_two(
    table: Table,
    picture: StillPicture,  # noqa: F811
) -> None:
    finding = described(table, picture)
    table.sign()
    table.signing.amend("   ")
    assert table.signing.state is SignState.SIGNED
    table.signing.amend(" seen on the lateral view ")
    assert table.signing.state is SignState.AMENDING
    assert not table.session.undo_stack.canUndo()
    table.session.describe(finding, "Say", assessment=Assessment.HIGH_SUSPICION)
    table.session.describe(finding, "Say", comment="x")
    table.reopen()
    assert table.session.undo_stack.count() == 2
    table.session.undo_stack.undo()
    table.session.undo_stack.undo()
    assert not table.session.undo_stack.canUndo()
    assert table.session.reading.amending == "seen on the lateral view"
    table.session.undo_stack.redo()
    table.sign()
    first, second = table.session.reading.signatures
    assert (second.version, second.reason) == (2, "seen on the lateral view")
    assert first.content != second.content == content_digest(table.session.reading)
    frozen = (first.finding(finding), second.finding(finding))
    assert [one and one.assessment for one in frozen] == ["4B", "4C"]


@pytest.mark.parametrize("restarted", [False, True])
def test_withdrawing_brings_what_was_signed_back(
    table: Table,
    picture: StillPicture,  # noqa: F811
    restarted: bool,
) -> None:
    finding = described(table, picture)
    table.sign()
    signed = table.session.reading
    table.signing.withdraw()
    assert table.session.reading is signed
    table.signing.amend("side")
    table.session.remove_finding(finding)
    if restarted:
        table.reopen()
    table.signing.withdraw()
    assert table.session.reading == signed
    assert not table.session.undo_stack.canUndo()
    assert table.session.flush()
    acts_kept = [r.act for r in table.session.revisions()]
    assert acts_kept[-4:] == [Act.SIGN, Act.AMEND, Act.EDIT, Act.WITHDRAW]


def test_what_is_said_while_the_signature_is_made_is_not_signed_unseen(
    table: Table,
    picture: StillPicture,  # noqa: F811
    qtbot: QtBot,
) -> None:
    finding = described(table, picture)
    table.signing.sign()
    assert table.signing.state is SignState.SIGNING
    table.session.describe(finding, "Say", comment="x")
    qtbot.waitUntil(lambda: table.signing.state is SignState.OPEN)
    assert table.session.reading.signatures == ()
    assert "sign again" in table.said[-1]


def test_signed_is_said_only_once_it_is_on_disk(
    table: Table,
    picture: StillPicture,  # noqa: F811
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    described(table, picture)
    save = table.desk.workspace.save
    refuses = [True]

    def full(reading, *, act: Act, **rest: object) -> int:
        if act is Act.SIGN and refuses[0]:
            raise StoreError("the disk is full")
        return save(reading, act=act, **rest)

    monkeypatch.setattr(table.desk.workspace, "save", full)
    table.signing.sign()
    qtbot.waitUntil(lambda: table.session.save_state is SaveState.KEPT)
    assert table.session.reading.is_signed
    assert table.signing.state is SignState.SIGNING
    refuses[0] = False
    table.session.save_now()
    qtbot.waitUntil(lambda: table.signing.state is SignState.SIGNED)


def test_another_reader_has_a_reading_of_their_own_and_looks_at_the_signed_one(
    table: Table,
    picture: StillPicture,  # noqa: F811
    qtbot: QtBot,
    runner: TaskRunner,  # noqa: F811
) -> None:
    described(table, picture)
    table.sign()
    signed = table.session.reading
    table.signing.amend("not to be seen by others yet")
    table.session.remove_finding(signed.findings[0].id)
    assert table.session.flush()
    settings = load_settings(overrides={"database": table.desk.workspace.settings.database, "reader": "r2"})
    other = open_workspace(settings)
    theirs = Table(qtbot, other, runner, table)
    assert theirs.session.reading.findings == ()
    theirs.session.new_finding()
    (mine,) = [s for s in other.readings_of(EXAM.study_instance_uid) if s.reader == "r1"]
    lent = other.open_signed(mine.reading_id)
    assert lent is not None
    theirs.desk.look_at(lent)
    assert theirs.signing.state is SignState.LENT
    assert theirs.session.reading == signed
    for act in acts(theirs.session, picture).values():
        theirs.said.clear()
        act()
        assert len(theirs.said) == 1
        assert "reading of r1" in theirs.said[0]
    theirs.session.apply(edits.set_stage(signed.blank(), Stage.FU6), "x")
    assert theirs.session.reading == signed
    theirs.signing.sign()
    theirs.signing.amend("x")
    theirs.desk.back_to_own()
    qtbot.waitUntil(lambda: not theirs.session.is_lent)
    assert len(theirs.session.reading.findings) == 1
    assert [s.revisions for s in other.readings_of(EXAM.study_instance_uid) if s.reader == "r1"] == [
        mine.revisions
    ]
    theirs.desk.close_session()
    other.close()


def test_where_a_signed_exam_stands_in_the_list(table: Table, picture: StillPicture, qtbot: QtBot) -> None:  # noqa: F811
    described(table, picture)
    uid = EXAM.study_instance_uid

    def state() -> str:
        return str(table.desk.states.get(uid))

    qtbot.waitUntil(lambda: state() == "in progress")
    table.sign()
    qtbot.waitUntil(lambda: state() == "signed")
    assert table.desk.next_not_done([EXAM]) is None
    table.signing.amend("side")
    qtbot.waitUntil(lambda: state() == "in progress")
