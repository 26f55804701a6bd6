"""What readers and sites write is shown as it is and never as markup: names, comments, reasons, a site's table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from small_exam import write_exam
from test_hostile_words import every_word, marked_up

from annotator.lexicon.entries import data_file
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology, Recommendation
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from annotator.model.seen_on_image import RecallReason
from annotator.ui.commands import signing as signing_commands
from annotator.ui.desk.saying import say_recall
from annotator.ui.desk.signing import SignState
from annotator.ui.main_window import MainWindow
from annotator.ui.panels.sign_card import LONGEST_REASON

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

EVIL = "<img src=x>&amp;<b>Evil"


@pytest.fixture(autouse=True)
def no_reflex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_commands, "REFLEX_S", 0.0)


def hostile_table(folder: Path) -> Path:
    """The table of the program with markup in all its words."""
    text = data_file("follow_up.toml").read_text(encoding="utf-8")
    text = re.sub(r'(?m)^((?:text|patient_pages|birads|note) = ")', rf"\g<1>{EVIL} ", text)
    text = re.sub(r'(?m)^(because = \[")', rf"\g<1>{EVIL} ", text)
    text = re.sub(r'(?m)^version = ".*"', 'version = "site-1.0"', text, count=1)
    text += f'[[source]]\ntag = "EVIL"\ncitation = "{EVIL} book"\naddress = "https://evil.example/<b>Evil"\n'
    text = text.replace('sources = ["', 'sources = ["EVIL", "')
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def opened(qtbot, window: MainWindow, folder: Path):
    window.open_paths([folder])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=5000)
    return window.desk.session


def everything_said(qtbot, window: MainWindow) -> None:
    session = window.desk.session
    session.new_finding()
    finding = session.reading.findings[0].id
    image = ImageKey(session.exam.images[0].sop_instance_uid)
    for at in range(3):
        after, _ = edits.add_mark(session.reading, finding, image, ImagePoint(9.0 + at, 9.0), MarkKind.MACRO)
        session.apply(after, f"Mark {EVIL}")
    session.describe(
        finding,
        f"Say {EVIL}",
        morphology=(Morphology.FINE_PLEO,),
        distributions=(Distribution.GROUPED,),
        assessment=Assessment.MODERATE_SUSPICION,
        recommendation=Recommendation.SIX_MONTHS,
        comment=EVIL,
    )
    say_recall(session, image.sop_instance_uid, [RecallReason.MOTION], EVIL)
    signing = window.signing_commands.signing
    for reason in (f"{EVIL} one", f"{EVIL} two"):
        signing.sign()
        qtbot.waitUntil(lambda: signing.state is SignState.SIGNED, timeout=5000)
        signing.amend(reason)
    assert session.flush()


def evil(window: MainWindow) -> list[tuple[str, str]]:
    for panel in ("history", "timeline", "worklist", "findings"):
        window.show_panel(panel)
    QApplication.processEvents()
    assert any("Evil" in text for _where, text in every_word(window))
    return [(where, text) for where, text in marked_up(window) if "Evil" in text and "&lt;" not in text]


def test_words_of_readers_and_of_a_site_are_no_markup(qtbot, open_window, tmp_path: Path) -> None:
    table = hostile_table(tmp_path)
    window = open_window(reader=EVIL, rules_file=str(table))
    assert window.errors.texts == ()
    opened(qtbot, window, write_exam(tmp_path / "before", study="2.25.1", date="20230312"))
    everything_said(qtbot, window)
    assert evil(window) == []
    opened(qtbot, window, write_exam(tmp_path / "now", study="2.25.2"))
    qtbot.waitUntil(lambda: window.desk.session.exam.study_instance_uid == "2.25.2", timeout=5000)
    everything_said(qtbot, window)
    assert evil(window) == []
    signing = window.signing_commands.signing
    signing.sign()
    qtbot.waitUntil(lambda: signing.state is SignState.SIGNED, timeout=5000)
    assert evil(window) == []


def test_the_reading_of_a_reader_with_a_strange_name_is_no_markup(qtbot, open_window, tmp_path: Path) -> None:
    exam = write_exam(tmp_path / "exam")
    window = open_window(reader=EVIL)
    opened(qtbot, window, exam)
    everything_said(qtbot, window)
    window.close()
    other = open_window(reader="bert")
    session = opened(qtbot, other, exam)
    (theirs,) = [
        one for one in other.desk.workspace.readings_of(session.exam.study_instance_uid) if one.reader == EVIL
    ]
    other.desk.look_at(other.desk.workspace.open_signed(theirs.reading_id))
    assert other.desk.session.is_lent
    assert evil(other) == []


def test_no_long_name_comment_or_reason_widens_the_window(qtbot, open_window, tmp_path: Path) -> None:
    window = open_window(reader="W" * 255)
    session = opened(qtbot, window, write_exam(tmp_path / "exam"))
    window.show_panel("timeline")
    everything_said(qtbot, window)
    narrow = window.minimumSizeHint().width()
    finding = session.reading.findings[0].id
    session.describe(finding, "Comment", comment="W" * 100_000)
    say_recall(session, session.exam.images[0].sop_instance_uid, [RecallReason.MOTION], "W" * 10_000)
    signing = window.signing_commands.signing
    signing.sign()
    qtbot.waitUntil(lambda: signing.state is SignState.SIGNED, timeout=5000)
    signing.amend("W" * LONGEST_REASON)
    for panel in ("history", "worklist", "findings"):
        window.show_panel(panel)
    QApplication.processEvents()
    assert narrow < 1000
    assert window.minimumSizeHint().width() <= narrow + 40
    signed = session.signed_reading
    assert signed is not None
    window.signed_note.tell(signed, SignState.LENT)
    window.strip.show_signed(signed, SignState.LENT)
    QApplication.processEvents()
    assert window.minimumSizeHint().width() <= narrow + 400
    assert session.flush()
