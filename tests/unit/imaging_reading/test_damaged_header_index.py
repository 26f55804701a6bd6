"""Whatever has become of the index, and however odd the files in it are, a folder lists as it would without."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from reading_files import breast, native

from annotator.imaging.collection import list_images
from annotator.imaging.dicom_file import read_info
from annotator.imaging.header_index import HeaderIndex, stamp_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "exam"
    made.mkdir()
    for number in (1, 2):
        native(made / f"{number}.dcm", breast(8, 8), SOPInstanceUID=f"2.25.{number}")
    return made


@pytest.fixture
def index(tmp_path: Path, folder: Path) -> Path:
    """An index that knows the folder."""
    path = tmp_path / "headers.sqlite"
    with HeaderIndex(path, settled_ns=0) as known:
        for file in sorted(folder.iterdir()):
            known.remember(file, stamp_of(file), read_info(file))
    return path


def test_an_index_of_which_bytes_were_changed_lists_what_is_there(index: Path, folder: Path):
    whole, expected = index.read_bytes(), list_images([folder])
    chance = random.Random(1)
    for _ in range(250):
        broken = bytearray(whole)
        for _ in range(chance.choice((1, 5, 50, 400))):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        index.write_bytes(broken[: chance.choice((len(broken), chance.randrange(len(broken))))])
        assert list_images([folder], index=index) == expected


def test_a_damaged_table_that_cannot_be_spelt_out_is_made_anew(index: Path, folder: Path):
    index.write_bytes(index.read_bytes().replace(b"CREATE TABLE folders", b"CREATE\xc1TABLE folders"))
    file = folder / "1.dcm"
    with HeaderIndex(index, settled_ns=0) as known:
        known.remember(file, stamp_of(file), read_info(file))
    with HeaderIndex(index) as known:
        assert known.known(file) == read_info(file)


@pytest.mark.parametrize("changed", [-(10**19), -(1 << 63) - 1, 10**19])
def test_a_file_from_another_age_is_read_each_time(index: Path, folder: Path, changed: int):
    file = folder / "1.dcm"
    with HeaderIndex(index, settled_ns=0) as known:
        known.remember(file, (10, changed, 0), read_info(file))
        known.remember(folder / "2.dcm", stamp_of(folder / "2.dcm"), read_info(folder / "2.dcm"))
    assert list_images([folder], index=index) == list_images([folder])


def test_a_folder_that_is_gone_and_the_place_to_be_is_empty(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    found = list_images([Path()], index=index)
    with HeaderIndex(index, settled_ns=0) as known:
        assert known.known(Path("1.dcm")) is None
        known.remember(Path("1.dcm"), (1, 1, 1), read_info(tmp_path / "exam" / "1.dcm"))
    assert not found.images


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs limits of a process")
@pytest.mark.parametrize("room", [0, 4096, 20_000])
def test_a_full_disk_costs_the_index_only(tmp_path: Path, folder: Path, room: int):
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from annotator.imaging import header_index\n"
        "from annotator.imaging.collection import list_images\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "keeps = header_index.HeaderIndex.__init__\n"
        "header_index.HeaderIndex.__init__ = lambda self, path: keeps(self, path, settled_ns=0)\n"
        "limit = int(sys.argv[3])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))\n"
        "print(len(list_images([Path(sys.argv[1])], index=Path(sys.argv[2])).images))\n"
    )
    command = [sys.executable, "-c", script, str(folder), str(tmp_path / "new" / "headers.sqlite"), str(room)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("2\n", "")
    whole = list_images([folder])
    assert list_images([folder], index=tmp_path / "new" / "headers.sqlite") == whole
