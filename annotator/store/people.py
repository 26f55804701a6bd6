"""Rows of people: which account is whom, in which role; of several rows of one account the last counts."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, text

from annotator.errors import NotAllowed
from annotator.model.person import Person, Role
from annotator.store.rows import checked, fetched
from annotator.store.schema import people


def account(connection: Connection, who: str | None, place: str) -> str:
    """Who acts: on PostgreSQL the account that logged in, elsewhere `who`, or the account of the system.

    Raises NotAllowed where the rows of PostgreSQL are kept from an account that has no role, or that would read under
    another name.
    """
    if connection.dialect.name != "postgresql":
        return who or system_account()
    query = text("SELECT session_user::text, row_security_active('people'), annotator_role()")
    name, kept, role = connection.execute(query).one()
    if kept and role is None:
        raise NotAllowed(
            f"The database account {name} has no role in {place}, so it sees no reading and saves none; ask an "
            f"administrator for 'annotator people add {name} --role reader'."
        )
    if kept and who is not None and who != name:
        raise NotAllowed(
            f"You read as {who!r}, but the database knows you as {name} and keeps readings of {name} only; leave the "
            f"reader out of the settings, or log in to the database as {who}."
        )
    return str(name)


def sees_all(connection: Connection) -> bool:
    """Whether this account is shown every reading whole, ends of chains too."""
    if connection.dialect.name != "postgresql":
        return True
    query = text("SELECT NOT row_security_active('heads') OR annotator_role() = 'administrator'")
    return bool(connection.execute(query).scalar())


def system_account() -> str:
    """The name of whoever is logged in to the system, '' where it does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def role_of(connection: Connection, name: str) -> str | None:
    """The role an account has now; None for none."""
    query = select(people.c.role).where(people.c.name == name).order_by(people.c.id.desc()).limit(1)
    role = connection.execute(query).scalar()
    return None if role in (None, Role.NONE.value) else str(role)


def append(connection: Connection, name: str, display_name: str, role: Role, added_by: str) -> None:
    """Say who an account is from now on."""
    row = {
        "name": name,
        "display_name": display_name,
        "role": role.value,
        "added": datetime.now(UTC),
        "added_by": added_by,
    }
    connection.execute(insert(people).inline(), row)


def load(connection: Connection, place: str) -> tuple[Person, ...]:
    """Everybody as they are now, by name. Raises StoreError for a row that does not fit."""
    return tuple(_person(row, place) for row in fetched(connection, _query(), f"{place}: a person"))


def _query() -> Select[Any]:
    last = select(func.max(people.c.id)).group_by(people.c.name)
    told = (people.c[name] for name in ("name", "display_name", "role", "added", "added_by"))
    return select(*told).where(people.c.id.in_(last)).order_by(people.c.name)


def _person(row: Row[Any], place: str) -> Person:
    return checked(row, Person, f"{place}: a row about {row.name}")
