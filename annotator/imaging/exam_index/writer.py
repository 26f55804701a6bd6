"""The one place that writes to the exam index: files as they are found, and what follows for their exams."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from pathlib import Path

from annotator.imaging.collection import made_study_uid
from annotator.imaging.exam_index.image_facts import Found, ImageFacts
from annotator.imaging.exam_index.tables import (
    IMAGE,
    NOTHING_DUE,
    PASSED_OVER,
    REJECTED,
    Connection,
    number_of,
    searchable,
)
from annotator.imaging.header_index import Stamp

_TOGETHER = 500
"""Numbers in one question to the database."""
_OF_FOLDER = "images of folder "
"""What stands in place of a Study Instance UID until one is made of the images that name none."""
_EXAMS_KEPT = 10_000


class Fault(IntFlag):
    """What a reader should know of an exam's files before opening it."""

    SOME_MISSING = 1
    ALL_MISSING = 2
    COPIES = 4
    """An image is there twice, pixel for pixel."""
    OTHER_PIXELS = 8
    """Two files claim to be the same image and show other pixels."""


NO_FAULT = Fault(0)


class Verdict(IntEnum):
    """What several files of one SOP Instance UID have in common."""

    SAME_BYTES = 1
    SAME_PIXELS = 2
    OTHER_PIXELS = 3
    NOT_COMPARED = 4
    """One of them cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the reading of an exam is (`state`, 0: not begun) and how urgent what is due of it (`due`, a rank)."""

    state: int = 0
    due: int = NOTHING_DUE
    due_on: str = ""
    due_words: str = ""


KnownFile = tuple[Stamp, bool]
"""How a file was when it was read, and whether it was missing since."""


class IndexWriter:
    """Writes through one connection; exams that change are put in order by `settle`, once for many files."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._changed: set[int] = set()
        self._exams: dict[tuple[str, int], int] = {}
        self._said: dict[int, tuple[str, ...]] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; the exams of what was written are in order at its end."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.settle()
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._exams.clear()
                self._said.clear()
                self._changed.clear()
                self._db.execute("ROLLBACK")

    def begin_root(self, path: Path) -> int:
        """A folder is about to be looked through; the number of this scan."""
        self._db.execute(
            "INSERT INTO roots (path, finished, looked) VALUES (?, 0, 0) ON CONFLICT (path) DO UPDATE SET finished = 0",
            (os.fsencode(path),),
        )
        return int(self._db.execute("SELECT coalesce(max(scan), 0) + 1 FROM folders").fetchone()[0])

    def finish_root(self, path: Path, scan: int) -> int:
        """All of a folder was seen: what was not met is missing; how many files that were."""
        gone = [
            row[0]
            for row in self._db.execute(
                f"SELECT id FROM folders WHERE scan <> ? AND {_BELOW}", (scan, *_below(path))
            )
        ]
        missed = sum(self._miss_all(folder) for folder in gone)
        self._db.execute(
            "UPDATE roots SET finished = 1, looked = ? WHERE path = ?", (int(time.time()), os.fsencode(path))
        )
        return missed

    def forget_root(self, path: Path) -> int:
        """Forget a folder and all below it; how many files that were."""
        folders = [row[0] for row in self._db.execute(f"SELECT id FROM folders WHERE {_BELOW}", _below(path))]
        count = 0
        for folder in folders:
            exams = self._db.execute(
                "SELECT DISTINCT exam FROM files WHERE folder = ? AND exam IS NOT NULL", (folder,)
            )
            self._changed.update(row[0] for row in exams.fetchall())
            count += self._db.execute("DELETE FROM files WHERE folder = ?", (folder,)).rowcount
        self._db.execute(f"DELETE FROM folders WHERE {_BELOW}", _below(path))
        self._db.execute("DELETE FROM roots WHERE path = ?", (os.fsencode(path),))
        return count

    def enter(self, folder: Path, scan: int) -> tuple[int, dict[bytes, KnownFile]]:
        """(number of a folder, its files as they are known)."""
        self._db.execute(
            "INSERT INTO folders (path, scan) VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET scan = excluded.scan",
            (os.fsencode(folder), scan),
        )
        number = self._db.execute("SELECT id FROM folders WHERE path = ?", (os.fsencode(folder),)).fetchone()[
            0
        ]
        rows = self._db.execute(
            "SELECT name, size, modified, changed, missing FROM files WHERE folder = ?", (number,)
        )
        return number, {name: ((s, m, c), bool(gone)) for name, s, m, c, gone in rows}

    def found_again(self, folder: int, names: Iterable[bytes]) -> None:
        """Files that were missing and are there as they were."""
        self._mark(folder, names, missing=False)

    def missed(self, folder: int, names: Iterable[bytes]) -> None:
        """Files that are no longer there."""
        self._mark(folder, names, missing=True)

    def put(self, folder: int, name: bytes, stamp: Stamp, found: Found, *, new: bool = False) -> None:
        """What is in a file now; `new`: nothing was known of it."""
        if found is None:
            return
        if not new:
            before = self._db.execute(
                "SELECT exam FROM files WHERE folder = ? AND name = ?", (folder, name)
            ).fetchone()
            if before is not None and before[0] is not None:
                self._changed.add(before[0])
        exam = sop = label = uid = reason = None
        kind = PASSED_OVER
        if isinstance(found, ImageFacts):
            kind, label = IMAGE, found.name
            exam = self._exam(found, folder)
            self._changed.add(exam)
            sop = number_of(found.sop_instance_uid)
            uid = None if found.study_instance_uid else found.sop_instance_uid
        elif found.reason:
            kind, reason = REJECTED, found.reason
        self._db.execute(
            "INSERT INTO files (folder, name, size, modified, changed, kind, missing, exam, sop, label, reason, uid) "
            "VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?) ON CONFLICT (folder, name) DO UPDATE SET size = excluded.size, "
            "modified = excluded.modified, changed = excluded.changed, kind = excluded.kind, missing = 0, "
            "exam = excluded.exam, sop = excluded.sop, label = excluded.label, reason = excluded.reason, "
            "uid = excluded.uid",
            (folder, name, *stamp, kind, exam, sop, label, reason, uid),
        )

    def drop_moved(self) -> int:
        """Forget missing files whose image is there under another name; how many were found again so."""
        rows = self._db.execute(
            "SELECT id, exam FROM files AS gone WHERE missing = 1 AND sop IS NOT NULL AND EXISTS "
            "(SELECT 1 FROM files AS here WHERE here.sop = gone.sop AND here.missing = 0)"
        ).fetchall()
        self._db.executemany("DELETE FROM files WHERE id = ?", [(row[0],) for row in rows])
        self._changed.update(row[1] for row in rows)
        # what was nothing to this program is not missed by anybody
        self._db.execute("DELETE FROM files WHERE missing = 1 AND kind <> ?", (IMAGE,))
        return len(rows)

    def judge(self, verdicts: Mapping[int, tuple[Verdict, str]], all_copies: Collection[int]) -> None:
        """Keep what copies have in common (with a text that changes with their files), forget what are none now."""
        known = [row[0] for row in self._db.execute("SELECT sop FROM copies")]
        gone = [sop for sop in known if sop not in all_copies]
        self._db.executemany("DELETE FROM copies WHERE sop = ?", [(sop,) for sop in gone])
        self._db.executemany(
            "INSERT OR REPLACE INTO copies VALUES (?, ?, ?)",
            [(sop, int(verdict), files) for sop, (verdict, files) in verdicts.items()],
        )
        for some in _pieces([*gone, *verdicts]):
            marks = ", ".join("?" * len(some))
            rows = self._db.execute(f"SELECT DISTINCT exam FROM files WHERE sop IN ({marks})", some)
            self._changed.update(row[0] for row in rows if row[0] is not None)

    def stand(self, standings: Mapping[str, Standing]) -> None:
        """How far all readings are, by Study Instance UID; those not named are not begun."""
        kept = {
            study: Standing(*rest) for study, *rest in self._db.execute("SELECT * FROM standings").fetchall()
        }
        changed = {
            study: standings.get(study, Standing())
            for study in kept.keys() | standings.keys()
            if kept.get(study) != standings.get(study)
        }
        self.stand_one_by_one(changed)

    def stand_one_by_one(self, changed: Mapping[str, Standing]) -> None:
        """How far some readings are now."""
        rows = [(study, one.state, one.due, one.due_on, one.due_words) for study, one in changed.items()]
        self._db.executemany("INSERT OR REPLACE INTO standings VALUES (?, ?, ?, ?, ?)", rows)
        self._db.execute("DELETE FROM standings WHERE state = 0 AND due = ?", (NOTHING_DUE,))
        self._db.executemany(
            "UPDATE exams SET state = ?, due = ?, due_on = ?, due_words = ? WHERE study = ?",
            [(*rest, study) for study, *rest in rows],
        )

    def settle(self) -> None:
        """Put the rows of exams in order whose files changed."""
        changed, self._changed = self._changed, set()
        for exam in changed:
            self._settle(exam)

    def _exam(self, facts: ImageFacts, folder: int) -> int:
        """The row of the exam of an image, with what its header says of it."""
        key = (facts.study_instance_uid, 0) if facts.study_instance_uid else ("", folder)
        study = facts.study_instance_uid or f"{_OF_FOLDER}{folder}"
        found = self._exams.get(key)
        if found is None:
            row = self._known_exam(facts.study_instance_uid, study, folder)
            found = row[0] if row is not None else self._new_exam(study, facts)
            if len(self._exams) > _EXAMS_KEPT:
                self._exams.clear()
                self._said.clear()
            self._exams[key] = found
        said = (facts.patient, facts.person, facts.day, facts.description)
        if self._said.get(found) == said:
            return found
        self._said[found] = said
        self._db.execute(
            "UPDATE exams SET patient = iif(?1 <> '', ?1, patient), person = iif(?2 <> '', ?2, person), "
            "day = iif(?3 <> '', ?3, day), description = iif(?4 <> '', ?4, description) WHERE id = ?5 "
            "AND (?1 NOT IN ('', patient) OR ?2 NOT IN ('', person) OR ?3 NOT IN ('', day) OR ?4 NOT IN ('', description))",
            (facts.patient, facts.person, facts.day, facts.description, found),
        )
        return found

    def _known_exam(self, said: str, study: str, folder: int) -> tuple[int] | None:
        """The exam of a study, or that of the images of a folder that name none."""
        found: tuple[int] | None = None
        if not said:
            found = self._db.execute(
                "SELECT exam FROM files WHERE folder = ? AND uid IS NOT NULL AND exam IS NOT NULL", (folder,)
            ).fetchone()
        return found or self._db.execute("SELECT id FROM exams WHERE study = ?", (study,)).fetchone()

    def _new_exam(self, study: str, facts: ImageFacts) -> int:
        made = self._db.execute(
            "INSERT INTO exams (study, patient, person, description, name, day, backwards) VALUES (?, ?, ?, ?, '', ?, 0)",
            (study, facts.patient, facts.person, facts.description, facts.day),
        )
        assert made.lastrowid is not None
        self._db.execute(
            "INSERT INTO words (rowid, who, rest) VALUES (?, '', '')",
            (made.lastrowid,),
        )
        return made.lastrowid

    def _settle(self, exam: int) -> None:
        files = self._db.execute(
            "SELECT sop, label, missing, uid FROM files WHERE exam = ? ORDER BY id", (exam,)
        ).fetchall()
        row = self._db.execute(
            "SELECT study, patient, day, person, description, who, rest FROM exams WHERE id = ?", (exam,)
        ).fetchone()
        if row is None:
            return
        study, patient, day, person, description, who_before, rest_before = row
        if not files:
            self._reword(exam, (who_before, rest_before), None)
            self._db.execute("DELETE FROM exams WHERE id = ?", (exam,))
            self._exams.clear()
            self._said.clear()
            return
        if files[0][3] is not None:
            study = made_study_uid([uid for *_, uid in files if uid])
            other = self._db.execute(
                "SELECT id FROM exams WHERE study = ? AND id <> ?", (study, exam)
            ).fetchone()
            if other is not None:  # the same images in two folders
                self._db.execute("UPDATE files SET exam = ? WHERE exam = ?", (other[0], exam))
                self._settle(exam)
                self._settle(other[0])
                return
        labels = {sop: label for sop, label, *_ in files}
        views = ", ".join(label for label in labels.values() if label)
        name = patient or f"Exam ...{study[-6:]}"
        who, rest = _who(name, person), _rest(day, len(labels), views, description)
        if (who, rest) != (who_before, rest_before):
            self._reword(exam, (who_before, rest_before), (who, rest))
        standing = self._db.execute(
            "SELECT state, due, due_on, due_words FROM standings WHERE study = ?", (study,)
        ).fetchone() or (0, NOTHING_DUE, "", "")
        self._db.execute(
            "UPDATE exams SET study = ?, name = ?, backwards = ?, images = ?, views = ?, faults = ?, who = ?, rest = ?, "
            "state = ?, due = ?, due_on = ?, due_words = ? WHERE id = ?",
            (
                study,
                name,
                -int(day) if day else 0,
                len(labels),
                views,
                int(self._faults(files)),
                who,
                rest,
                *standing,
                exam,
            ),
        )

    def _faults(self, files: Sequence[tuple[int, str, int, str | None]]) -> Fault:
        here = {sop for sop, _, missing, _ in files if not missing}
        faults = Fault(0)
        if not here:
            faults |= Fault.ALL_MISSING
        elif {sop for sop, *_ in files} - here:
            faults |= Fault.SOME_MISSING
        if sum(not missing for _, _, missing, _ in files) > len(here):
            faults |= self._of_copies(here)
        return faults

    def _of_copies(self, sops: Collection[int]) -> Fault:
        faults = Fault(0)
        for some in _pieces(list(sops)):
            marks = ", ".join("?" * len(some))
            for (verdict,) in self._db.execute(f"SELECT verdict FROM copies WHERE sop IN ({marks})", some):
                faults |= Fault.OTHER_PIXELS if verdict == Verdict.OTHER_PIXELS else Fault.COPIES
        return faults

    def _reword(self, exam: int, before: tuple[str, str], after: tuple[str, str] | None) -> None:
        self._db.execute(
            "INSERT INTO words (words, rowid, who, rest) VALUES ('delete', ?, ?, ?)", (exam, *before)
        )
        if after is not None:
            self._db.execute("INSERT INTO words (rowid, who, rest) VALUES (?, ?, ?)", (exam, *after))

    def _miss_all(self, folder: int) -> int:
        rows = self._db.execute(
            "SELECT name FROM files WHERE folder = ? AND missing = 0", (folder,)
        ).fetchall()
        self._mark(folder, [row[0] for row in rows], missing=True)
        return len(rows)

    def _mark(self, folder: int, names: Iterable[bytes], *, missing: bool) -> None:
        for name in names:
            row = self._db.execute(
                "UPDATE files SET missing = ? WHERE folder = ? AND name = ? RETURNING exam",
                (missing, folder, name),
            ).fetchone()
            if row is not None and row[0] is not None:
                self._changed.add(row[0])


_BELOW = "(path = ? OR (path > ? AND path < ?))"


def _below(folder: Path) -> tuple[bytes, bytes, bytes]:
    """For `_BELOW`: a folder and all folders in it."""
    whole = os.fsencode(folder)
    stem = whole.rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep)
    return whole, stem, stem[:-1] + bytes([stem[-1] + 1])


def _who(name: str, person: str) -> str:
    return searchable(f"{name} {person.replace('^', ' ')}")


def _rest(day: str, images: int, views: str, description: str) -> str:
    date = f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else "no date"
    return searchable(f"{date} {images} image{'' if images == 1 else 's'} {views} {description}")


def _pieces(items: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(items), _TOGETHER):
        yield items[at : at + _TOGETHER]
