"""The window of an encrypted database asks for its passphrase first, and says plainly when that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from annotator.cli import main
from annotator.errors import PassphraseWanted
from annotator.store import encrypted
from annotator.store.address import parse_url
from annotator.store.store import Store
from annotator.ui.program.passphrase import AT_HAND, KEEP, WRONG, PassphraseQuestion, passphrase_was_told

pytest.importorskip("sqlcipher3")
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
SECRET = "a long enough secret"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An encrypted database whose passphrase nothing tells."""
    monkeypatch.setattr(encrypted, "_keys", {})
    monkeypatch.setattr(encrypted, "_new_salts", {})
    monkeypatch.setattr(encrypted, "kept_passphrase", lambda _salt: None)
    monkeypatch.setenv(encrypted.VARIABLE, SECRET)
    address = f"sqlite+sqlcipher:///{tmp_path / 'readings.db'}"
    Store.open(address).close()
    encrypted._keys.clear()
    monkeypatch.delenv(encrypted.VARIABLE)
    return address


def why_closed(url: str) -> PassphraseWanted:
    with pytest.raises(PassphraseWanted) as wanted:
        parse_url(url)
    return wanted.value


def question_of(url: str) -> PassphraseQuestion:
    return PassphraseQuestion(Path(url.removeprefix("sqlite+sqlcipher:///")), KEEP)


def test_a_wrong_one_is_told_and_the_right_one_opens(qtbot: QtBot, url: str) -> None:
    asked = question_of(url)
    qtbot.addWidget(asked)
    asked.show()
    assert asked.line.echoMode() == QLineEdit.EchoMode.Password
    assert not asked.opening.isEnabled()
    qtbot.keyClicks(asked.line, "not this one")
    qtbot.keyClick(asked.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: asked.note.text() == WRONG, timeout=20_000)
    assert asked.isVisible()
    assert asked.line.selectedText() or asked.line.text()
    why_closed(url)
    asked.line.setText(SECRET)
    with qtbot.waitSignal(asked.accepted, timeout=20_000):
        qtbot.mouseClick(asked.opening, Qt.MouseButton.LeftButton)
    Store.open(url).close()


def test_giving_up_ends_the_program_with_the_reason(
    qtbot: QtBot, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    met: list[str] = []

    def give_up() -> None:
        asked = QApplication.activeModalWidget()
        assert isinstance(asked, PassphraseQuestion)
        met.append(asked.note.text())
        asked.reject()

    QTimer.singleShot(200, give_up)
    assert main(["--database", url]) == 1
    assert met == [KEEP]
    assert "nothing here tells its passphrase" in capsys.readouterr().err


def test_a_wrong_one_in_the_variable_is_told(qtbot: QtBot, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(encrypted.VARIABLE, "not this one at all")
    locked = why_closed(url)

    def answer() -> None:
        asked = QApplication.activeModalWidget()
        assert isinstance(asked, PassphraseQuestion)
        assert asked.note.text() == AT_HAND
        asked.line.setText(SECRET)
        asked.opening.click()

    QTimer.singleShot(200, answer)
    assert passphrase_was_told(url, locked)
    Store.open(url).close()
