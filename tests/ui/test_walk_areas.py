"""The walk shows the whole breast at every scaling of the desktop, turned or not, with pixels square or not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("walk_at_scale.py")


@pytest.mark.parametrize("scale", ["1", "1.25", "1.5", "1.75", "2"])
def test_all_of_the_breast_is_shown(scale):
    environment = os.environ | {"QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"}
    run = subprocess.run(
        [sys.executable, str(SCRIPT)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    ratio, tried, least = run.stdout.split()
    assert float(ratio) == float(scale)
    assert int(tried) == 27
    assert float(least) == 1.0
