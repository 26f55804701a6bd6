"""Ctrl+C and a polite kill close the window in good order, with everything saved."""

from __future__ import annotations

import signal
import socket

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QWidget

ENDING = (signal.SIGINT, signal.SIGTERM)


class PoliteEnd(QObject):
    """Wakes Qt's event loop when a signal arrives; without one nothing runs, not even a clock.

    Python runs its signal handlers only between its own instructions, and Qt's event loop has none: the
    byte that the interpreter writes into the socket makes Qt call back into Python.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._heard, self._told = socket.socketpair()
        for end in (self._heard, self._told):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._heard.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._hear)
        self._before = [signal.signal(number, self._close) for number in ENDING]
        self._told_before = signal.set_wakeup_fd(self._told.fileno(), warn_on_full_buffer=False)

    def stop(self) -> None:
        """Signals do again what they did before."""
        signal.set_wakeup_fd(self._told_before)
        for number, before in zip(ENDING, self._before, strict=True):
            signal.signal(number, before)
        self._notifier.setEnabled(False)
        self._heard.close()
        self._told.close()

    def _hear(self) -> None:
        # the handler has run by now; the byte is only taken away
        self._heard.recv(64)

    def _close(self, _number: int, _frame: object) -> None:
        self._window.close()
