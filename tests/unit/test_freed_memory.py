"""What a large picture took is the system's again once it is gone, and workers have no heaps of their own."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

LARGE = """
import ctypes, sys
import numpy as np
from annotator.ui.pictures.freed_memory import keep_one_tight_heap

class Held(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "mapped", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]

library = ctypes.CDLL(None)
library.mallinfo2.restype = Held
if sys.argv[1] == "given back":
    keep_one_tight_heap()
for _ in range(3):
    np.ones(20_000_000, np.uint8)
picture = np.ones(8_000_000, np.uint8)
print(library.mallinfo2().mapped >= picture.nbytes)
"""
WORKERS = """
import ctypes, sys
import numpy as np
from annotator.ui.app import make_application
from annotator.ui.task_runner import TaskRunner

application = make_application() if sys.argv[1] == "given back" else None
runner = TaskRunner(print)
for worker in (runner._readers, runner._prompt, runner._writer):
    jobs = [worker.submit(np.ones, 1_000_000, np.uint8) for _ in range(8)]
    assert all(job.result().all() for job in jobs)
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
told = ctypes.c_void_p(library.fopen(sys.argv[2].encode(), b"w"))
library.malloc_info(0, told)
library.fclose(told)
print(open(sys.argv[2]).read().count("<heap nr="))
runner.shutdown()
"""
HOLES = """
import numpy as np
from annotator.ui.pictures.freed_memory import give_back_free_memory, keep_one_tight_heap

keep_one_tight_heap()
kept = [np.ones(1_000_000, np.uint8) for _ in range(100)]
del kept[::2]

def resident():
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Anonymous:"))

before = resident()
give_back_free_memory()
print(round((before - resident()) / 10_000_000))
"""

glibc_only = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another one")


def said(program: str, *words: str) -> str:
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


@glibc_only
@pytest.mark.parametrize(("how", "mapped"), [("given back", "True"), ("as it comes", "False")])
def test_after_large_pictures_the_next_one_is_still_a_mapping_of_its_own(how: str, mapped: str) -> None:
    assert said(LARGE, how) == mapped


@glibc_only
def test_all_workers_share_one_heap_which_the_c_library_would_not_do(tmp_path) -> None:
    file = str(tmp_path / "heaps.xml")
    assert int(said(WORKERS, "given back", file)) == 1
    assert int(said(WORKERS, "as it comes", file)) > 1


@glibc_only
def test_holes_between_what_is_in_use_are_given_back() -> None:
    assert said(HOLES) == "5"
