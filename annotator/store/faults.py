"""What a database complains of, as one sentence for the person at the keyboard."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from annotator.errors import DatabaseAway, NotAllowed, StoreError, UnsavableAct
from annotator.store.silence import SILENT

_SQLITE = {
    "SQLITE_BUSY": "is locked by another program; close that program, or wait until it has finished",
    "SQLITE_LOCKED": "is locked by another program; close that program, or wait until it has finished",
    "SQLITE_READONLY": "can only be read, so nothing was saved; allow writing to the file and its folder",
    "SQLITE_FULL": "could not grow because the disk is full; free some space, nothing saved before is lost",
    "SQLITE_CANTOPEN": "cannot be opened; check that its folder exists and that you may read and write there",
    "SQLITE_PERM": "cannot be opened; check that you may read and write the file and its folder",
    "SQLITE_AUTH": "cannot be opened; check that you may read and write the file and its folder",
    "SQLITE_NOTADB": "is not a database of this program; choose another file with --database",
    "SQLITE_CORRUPT": "is damaged; keep the file, and restore a backup copy in its place",
    "SQLITE_IOERR": "cannot be read or written by the system; check the disk and its connection",
    "SQLITE_TOOBIG": "cannot hold a value this large; undo the act, and please report it",
}

_AWAY = ("BUSY", "LOCKED", "READONLY", "FULL", "CANTOPEN", "PERM", "AUTH", "IOERR")
"""Faults of SQLite that are over once somebody ends them."""

_NO_RIGHT = "42501"
"""SQLSTATE of PostgreSQL: insufficient_privilege, which row policies answer with too."""


@contextmanager
def told(place: str) -> Iterator[None]:
    """Turn any fault of the database at `place` that is raised inside into a StoreError.

    A value that the database cannot hold is an UnsavableAct; what may be over by itself is DatabaseAway.
    """
    try:
        yield
    except DataError as error:
        raise UnsavableAct(_sentence(place, error.orig)) from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _NO_RIGHT:
            raise NotAllowed(
                f"{place} does not let this account do that ({_first_line(error.orig)}), so nothing was saved; ask an "
                "administrator of the database, who gives each account its role with 'annotator people'."
            ) from error
        kind = DatabaseAway if _may_pass(error) else StoreError
        raise kind(_sentence(place, error.orig)) from error
    except SQLAlchemyError as error:
        raise StoreError(f"{place}: the database could not be used ({_first_line(error)}).") from error
    except sqlite3.Error as error:
        raise StoreError(_sentence(place, error)) from error
    except UnicodeEncodeError as error:
        raise UnsavableAct(
            f"{place} cannot keep a text of yours: it holds half a character ({_first_line(error)}); write it anew."
        ) from error


def _may_pass(error: DBAPIError) -> bool:
    """Whether it is the database that is away, and not what was asked of it that is wrong."""
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return any(name == f"SQLITE_{one}" or name.startswith(f"SQLITE_{one}_") for one in _AWAY)
    return isinstance(error, OperationalError | InterfaceError)


def _sentence(place: str, fault: BaseException | None) -> str:
    name = getattr(fault, "sqlite_errorname", None) or ""
    for known, text in _SQLITE.items():
        if name == known or name.startswith(f"{known}_"):
            return f"{place} {text}."
    if type(fault).__name__ == SILENT or "timed out" in str(fault).lower():
        return f"{place} does not answer; check the network, and that the server is running."
    return f"{place}: the database refused ({_first_line(fault)}); check that it is running and reachable."


def _first_line(fault: BaseException | None) -> str:
    lines = str(fault).strip().splitlines()
    return lines[0] if lines else type(fault).__name__
