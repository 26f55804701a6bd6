"""Long work on a whole database: Ctrl+C stops it at the next step, its progress is one line, and it is noted."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from annotator.cli.output import visible
from annotator.cli.progress import ProgressLine
from annotator.errors import StoreError
from annotator.jobs import CancelToken, Progress
from annotator.model.audit import AuditAct


@contextmanager
def stopped_by_keyboard() -> Iterator[CancelToken]:
    """A token that the first Ctrl+C cancels, so that the work undoes what it began; a second one ends it at once."""
    with ProgressLine() as line:
        token = CancelToken(lambda progress: line.show(_words(progress)))

        def stop(_number: int, _frame: FrameType | None) -> None:
            token.cancel()
            signal.signal(signal.SIGINT, before)

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield token
        finally:
            signal.signal(signal.SIGINT, before)


def _words(progress: Progress) -> str:
    share = progress.fraction
    return progress.what if share is None else f"{progress.what}: {100 * share:.0f} %"


def noted(database: str, act: AuditAct, what: str) -> None:
    """Note in the audit of a database what was done with it; one that can only be read is left as it is, and said."""
    from annotator.store.noting import note_in

    try:
        note_in(database, act, what)
    except StoreError as error:
        print(
            visible(f"annotator: this was done, but could not be noted in the audit: {error}"),
            file=sys.stderr,
        )
