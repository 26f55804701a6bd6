"""What the numbers were measured on, and with: facts that change them, and nothing about anybody."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("PySide6-Essentials", "numpy", "opencv-python-headless", "imagecodecs", "pydicom")


def facts() -> str:
    """Processor, cores, memory, system and the versions of the libraries that matter."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {_memory_gb()} GB, {platform.system()}, "
        f"no graphics card used; Python {platform.python_version()}, {libraries}"
    )


def _processor() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return names[0] if names else platform.machine()


def _memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
