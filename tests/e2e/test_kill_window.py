"""The real window killed at any moment: whatever it had shown as saved is there, and can be undone."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from annotator.model.finding import Reading
from annotator.model.history import Revision, undo_steps
from annotator.store.signing import refuse, tampered
from annotator.store.store import Store

sys.path.insert(0, str(Path(__file__).parent))
from reading_session import digest

ROUNDS = int(os.environ.get("ANNOTATOR_KILL_ROUNDS", "4"))


def killed_window(url: str, exam: Path, seed: int, after_s: float) -> list[tuple[int, str]]:
    """(revision, digest) as the window had confirmed them when it was killed."""
    script = Path(__file__).with_name("window_session.py")
    command = [sys.executable, str(script), url, str(exam), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as window:
        assert window.stdout is not None
        assert window.stderr is not None
        lines = [window.stdout.readline()]
        time.sleep(after_s)
        window.send_signal(signal.SIGKILL)
        lines += window.stdout.readlines()
        complaints = window.stderr.read()
    assert window.returncode == -signal.SIGKILL, complaints
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [(int(words[1]), words[2]) for words in whole]


def signed_lawfully(blank: Reading, revisions: tuple[Revision, ...]) -> int:
    """Every act is one that the store lets pass, and what was signed is as it was signed; how many signatures stand."""
    before = blank
    for revision in revisions:
        refuse(before, revision.reading, revision.act, revision.reader)
        assert not tampered(revision.reading)
        before = revision.reading
    return len(before.signatures)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal there")
def test_what_the_window_showed_as_saved_survives_a_kill(tmp_path: Path, sample_dicoms: Path) -> None:
    url = f"sqlite:///{tmp_path / 'readings.db'}"
    exam = sample_dicoms / "workup"
    moments = random.Random(8)
    study = ""
    revision = signatures = 0
    for seed in range(ROUNDS):
        confirmed = killed_window(url, exam, seed, moments.uniform(0, 1.5))
        # the window begins with what the one before it had saved
        assert confirmed[0][0] == revision
        store = Store.open(url)
        summaries = store.readings()
        if summaries:
            study = summaries[0].study_instance_uid
            reading, revision = store.open_reading(study, "r1", lexicon_edition="5")
            revisions = store.revisions(reading.id)
            kept = {r.number: digest(r.reading) for r in revisions}
            for number, content in confirmed:
                assert number == 0 or kept[number] == content
            signatures = signed_lawfully(store.blank(reading.id), revisions)
            steps, done = undo_steps(store.blank(reading.id), revisions)
            # a signature begins the stack anew, so that nothing may be left to undo
            assert not done or steps[done - 1].after == reading
            assert not steps or done or steps[0].before == reading
        assert revision >= confirmed[-1][0]
        store.close()
    assert revision > ROUNDS
    assert signatures > 0
