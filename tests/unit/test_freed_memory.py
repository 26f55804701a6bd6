"""What a large picture took is the system's again once it is gone."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys
import numpy as np
from annotator.ui.program.freed_memory import give_back_large_blocks

class Held(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "mapped", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]

library = ctypes.CDLL(None)
library.mallinfo2.restype = Held
if sys.argv[1] == "given back":
    give_back_large_blocks()
for _ in range(3):
    np.ones(20_000_000, np.uint8)
picture = np.ones(8_000_000, np.uint8)
print(library.mallinfo2().mapped >= picture.nbytes)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another one")
@pytest.mark.parametrize(("how", "mapped"), [("given back", "True"), ("as it comes", "False")])
def test_after_large_pictures_the_next_one_is_still_a_mapping_of_its_own(how: str, mapped: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == mapped
