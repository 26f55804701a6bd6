"""SQLite files that only their key opens (SQLCipher: AES-256, every page, its WAL too); an option of the installation.

The passphrase comes from the variable ANNOTATOR_DATABASE_KEY, else from the keyring of the system, else from whoever
starts the program on a terminal. It is never kept in a file, a setting or an argument, which every program here can read.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import secrets
import sqlite3
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import cast

from sqlalchemy import URL

from annotator.errors import PassphraseWanted, StoreError

DRIVER = "sqlite+sqlcipher"
"""What stands before :///FILE in the address of an encrypted file."""
SQLALCHEMY_DRIVER = "sqlite+pysqlcipher"
VARIABLE = "ANNOTATOR_DATABASE_KEY"
SERVICE = "mammo-annotator"
SHORTEST = 12
"""Letters of a new passphrase."""

_PLAIN = b"SQLite format 3\0"
_SALT_BYTES, _ROUNDS = 16, 256_000
"""As SQLCipher 4 itself derives a key (PBKDF2-HMAC-SHA-512), so that its other tools open the file by the passphrase."""

_keys: dict[bytes, bytes] = {}
"""Keys of this process by salt: each connection would otherwise take half a second to work one out."""
_new_salts: dict[Path, bytes] = {}


def keyed(url: URL, path: Path) -> URL:
    """The address as SQLAlchemy takes it, with the key of the file in place of a password.

    Raises StoreError when SQLCipher is not installed, the file is a plain one, no passphrase is at hand, or it is wrong.
    """
    cipher = _sqlcipher()
    salt = salt_of(path)
    fresh = salt is None
    salt = salt or _new_salts.setdefault(path, secrets.token_bytes(_SALT_BYTES))
    key = _keys.get(salt) or _derived(passphrase(path, salt, fresh=fresh), salt)
    if not fresh and not _opens(cipher, path, key, salt):
        raise PassphraseWanted(
            f"The passphrase does not open {path}; give the right one in {VARIABLE}, or with 'annotator key'. If none "
            "does, the file is no encrypted database, or is damaged: restore a backup.",
            wrong=True,
        )
    _keys[salt] = key
    return url.set(drivername=SQLALCHEMY_DRIVER, password=raw_key(key, salt))


def unlock(path: Path, said: str) -> bool:
    """Whether a passphrase opens the file at `path`; for as long as this program runs it is not asked for again then.

    Takes half a second. Raises StoreError for a file that is no encrypted database.
    """
    salt = salt_of(path)
    if salt is None:
        raise StoreError(f"{path} holds nothing yet, so there is nothing to open.")
    key = _derived(said, salt)
    opened = _opens(_sqlcipher(), path, key, salt)
    if opened:
        _keys[salt] = key
    return opened


def salt_of(path: Path) -> bytes | None:
    """The first bytes of an encrypted file, which tell it from others; None for one that is still to be made."""
    try:
        with path.open("rb") as file:
            first = file.read(_SALT_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}); check your rights.") from error
    if first == _PLAIN:
        raise StoreError(
            f"{path} is not encrypted; name it as sqlite:///..., or make an encrypted copy of it with 'annotator copy'."
        )
    return first if len(first) == _SALT_BYTES else None


def raw_key(key: bytes, salt: bytes) -> str:
    """Key and salt in the form that SQLCipher takes without working anything out."""
    return f"x'{key.hex()}{salt.hex()}'"


def encrypted_connection(path: Path, key: str) -> sqlite3.Connection:
    """A connection beside SQLAlchemy's; SQLCipher's is made after that of `sqlite3`, and no subclass of it."""
    connection = cast("sqlite3.Connection", _sqlcipher().connect(str(path)))
    _unlock(connection, key)
    return connection


def passphrase(path: Path, salt: bytes, *, fresh: bool) -> str:
    """From the environment, the keyring, or whoever sits at the terminal; StoreError when nobody tells it."""
    said = os.environ.get(VARIABLE) or (None if fresh else kept_passphrase(salt)) or _asked(path, fresh=fresh)
    if not said:
        sentence = (
            f"{path} is {'to be ' if fresh else ''}encrypted, and nothing here tells its passphrase; keep it in the keyring "
            f"of the system with 'annotator key', or set {VARIABLE}."
        )
        raise StoreError(sentence) if fresh else PassphraseWanted(sentence, wrong=False)
    if fresh and len(said) < SHORTEST:
        raise StoreError(
            f"{path} was not made: a passphrase has {SHORTEST} letters or more; choose a longer one."
        )
    return said


def kept_passphrase(salt: bytes) -> str | None:
    """What the keyring of the system holds for a file; None where there is no keyring, or nothing in it."""
    try:
        import keyring  # noqa: PLC0415  comes with the extra only
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ModuleNotFoundError:
        return None
    try:
        return keyring.get_password(SERVICE, salt.hex())
    except KeyringError:
        return None


def keep_passphrase(path: Path, said: str) -> None:
    """Give the keyring of the system the passphrase of a file, '' to forget it. Raises StoreError."""
    salt = salt_of(path)
    if salt is None:
        raise StoreError(
            f"{path} is no encrypted database yet; make it with 'annotator copy', then keep its passphrase."
        )
    try:
        import keyring  # noqa: PLC0415
        from keyring.errors import KeyringError, PasswordDeleteError  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise StoreError(
            "Keyrings are not installed; run: pip install 'mammo-annotator[encryption]'."
        ) from error
    if said and not _opens(_sqlcipher(), path, _derived(said, salt), salt):
        raise StoreError(f"The passphrase does not open {path}, so it was not kept; type it again.")
    try:
        if said:
            keyring.set_password(SERVICE, salt.hex(), said)
        else:
            keyring.delete_password(SERVICE, salt.hex())
    except PasswordDeleteError as error:
        raise StoreError(f"The keyring of this system holds no passphrase of {path}.") from error
    except KeyringError as error:
        raise StoreError(
            f"The keyring of this system took no passphrase ({error}); set {VARIABLE}."
        ) from error


def _asked(path: Path, *, fresh: bool) -> str:
    at_terminal = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    if not at_terminal or threading.current_thread() is not threading.main_thread():
        return ""
    said = getpass.getpass(f"{'New passphrase' if fresh else 'Passphrase'} of {path}: ")
    if fresh and said and getpass.getpass("Once more: ") != said:
        raise StoreError(f"{path} was not made: the two passphrases differ; start again.")
    return said


def _derived(said: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", said.encode(), salt, _ROUNDS, 32)


def _opens(cipher: ModuleType, path: Path, key: bytes, salt: bytes) -> bool:
    connection = cipher.connect(str(path))
    try:
        _unlock(connection, raw_key(key, salt))
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except cipher.OperationalError:
        # locked by another: it will be told when it is used
        return True
    except cipher.DatabaseError:
        return False
    finally:
        connection.close()
    return True


def _unlock(connection: sqlite3.Connection, key: str) -> None:
    # what is wrong is told in a sentence, not by the library on standard error
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f'PRAGMA key = "{key}"')


def _sqlcipher() -> ModuleType:
    try:
        from sqlcipher3 import dbapi2  # noqa: PLC0415  an extra that most do without
    except ModuleNotFoundError as error:
        raise StoreError(
            "SQLCipher is not installed, so encrypted databases cannot be used; run: pip install "
            "'mammo-annotator[encryption]'."
        ) from error
    module: ModuleType = dbapi2
    return module
