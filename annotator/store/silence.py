"""A PostgreSQL that says nothing: a network that drops packets, a server or a machine in between that stands still.

Nothing is closed then, so that nobody is told. What is sent into a network that drops it is noticed by the system
(`staying.PATIENCE`); whatever still confirms each packet (a tunnel, a proxy, a server that was stopped) is not. So each
wait for an answer is watched here, and a server that did not answer is left alone for a moment: everything that is
asked of it meanwhile, an exam that is to be opened above all, is told at once and not after another five seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import URL, Engine, event

if TYPE_CHECKING:
    from psycopg import Connection

ASKED_AFTER_S = 5.0
"""From here on a server that owes an answer is asked by a second connection whether it is still at work."""
LEFT_ALONE_S = 5.0
"""How long nobody connects to a server that did not answer."""
REFUSED_FASTER_S = 1.0
"""A connection that fails sooner was refused by somebody, who can be asked again at once."""

SILENT = "ConnectionTimeout"
"""Name of the class that psycopg, and this module, raises for a server that does not answer."""

_STILL_AT_WORK = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state NOT LIKE 'idle%%'"

_T = TypeVar("_T")

_left_alone: dict[str, float] = {}
"""Until when, by the address of a server that did not answer when it was asked last."""
_guard = threading.Lock()


def heed_silence(engine: Engine) -> None:
    """Let nothing that is asked through `engine` wait for a server that does not answer."""
    place = _place_of(engine.url)

    def connecting(_dialect: object, _record: object, words: list[str], options: dict[str, Any]) -> Any:
        return _connect(place, words, options)

    event.listen(engine, "do_connect", connecting)


def is_silent(url: URL) -> bool:
    """Whether the server did not answer when it was asked last."""
    with _guard:
        return _place_of(url) in _left_alone


def leave_alone(place: str) -> None:
    """The server at `place` did not answer: nobody asks it for a moment."""
    with _guard:
        _left_alone[place] = time.monotonic() + LEFT_ALONE_S


def _place_of(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def _connect(place: str, words: list[str], options: dict[str, Any]) -> Connection[Any]:
    from psycopg import OperationalError  # noqa: PLC0415  an extra that most do without
    from psycopg.errors import ConnectionTimeout  # noqa: PLC0415

    with _guard:
        if time.monotonic() < _left_alone.get(place, 0.0):
            raise ConnectionTimeout("the server did not answer a moment ago")
    begun = time.monotonic()
    try:
        patient = _patient_class()
        made: Connection[Any] = patient.connect(*words, **options)
        patient.made_by(made, place, words, options)
    except OperationalError:
        if time.monotonic() - begun > REFUSED_FASTER_S:
            leave_alone(place)
        raise
    with _guard:
        _left_alone.pop(place, None)
    return made


@cache
def _patient_class() -> Any:
    """psycopg's connection, each of whose waits for the server is watched; loaded when a PostgreSQL is used."""
    from psycopg import Connection, Error  # noqa: PLC0415
    from psycopg.errors import ConnectionTimeout  # noqa: PLC0415

    class PatientConnection(Connection[Any]):
        """Asks by a second connection whether the server is at work, before it gives the answer up."""

        _made_by: tuple[str, list[str], dict[str, Any]] | None = None

        def made_by(self, place: str, words: list[str], options: dict[str, Any]) -> None:
            """Remember how to reach the same server."""
            self._made_by = place, words, options

        def wait(self, gen: Generator[Any, Any, _T], *more: Any, **named: Any) -> _T:
            return super().wait(self._watched(gen), *more, **named)

        def _watched(self, gen: Generator[Any, Any, _T]) -> Generator[Any, Any, _T]:
            heard = time.monotonic()
            try:
                wanted = next(gen)
                while True:
                    ready = yield wanted
                    if ready:
                        heard = time.monotonic()
                    elif time.monotonic() - heard > ASKED_AFTER_S:
                        self._give_up_or_wait_on()
                        heard = time.monotonic()
                    wanted = gen.send(ready)
            except StopIteration as answered:
                answer: _T = answered.value
                return answer

        def _give_up_or_wait_on(self) -> None:
            if self._made_by is not None:
                place, words, options = self._made_by
                if self._is_at_work(words, options):
                    return
                leave_alone(place)
            self.pgconn.finish()
            raise ConnectionTimeout("the server does not answer")

        def _is_at_work(self, words: list[str], options: dict[str, Any]) -> bool:
            try:
                # not told how it was made, it gives up without asking
                with PatientConnection.connect(*words, **options) as asking:
                    found = asking.execute(_STILL_AT_WORK, (self.pgconn.backend_pid,)).fetchone()
            except Error:
                return False
            return found is not None

    return PatientConnection
