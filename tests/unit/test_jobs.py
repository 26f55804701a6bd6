"""Jobs that can be watched and stopped."""

from __future__ import annotations

import pytest

from annotator.jobs import Cancelled, CancelToken, Progress


def test_a_job_runs_until_somebody_stops_it() -> None:
    told: list[Progress] = []
    token = CancelToken(told.append)
    token.checkpoint()
    token.checkpoint(Progress(1, 4))
    token.cancel()
    assert token.cancelled
    with pytest.raises(Cancelled):
        token.checkpoint(Progress(2, 4))
    assert told == [Progress(1, 4)]


def test_nobody_need_watch() -> None:
    token = CancelToken()
    token.checkpoint(Progress(1))
    assert not token.cancelled


@pytest.mark.parametrize(
    ("done", "total", "fraction"), [(1, 4, 0.25), (5, 4, 1.0), (0, 4, 0.0), (3, None, None), (0, 0, None)]
)
def test_a_share_is_told_only_of_a_known_total(done: int, total: int | None, fraction: float | None) -> None:
    assert Progress(done, total).fraction == fraction
