"""Points within a distance of one another, and how far the nearest lies, for ten thousand points at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.mark_table import Points

_CELL_SHARE = 0.7
"""Side of a cell over the linking distance: two points of one cell are always linked (its diagonal is 0.99)."""
_NEAR_CELLS = tuple((across, down) for across in range(3) for down in range(-2, 3) if (across, down) > (0, 0))
"""Cells that can hold a linked point, one of each opposite two."""
_TURNS = np.arange(8) * (np.pi / 4)
_FACING = tuple((way, (way + 4) % 8) for way in range(8))
_ALL_WAYS = tuple((one, other) for one in range(8) for other in range(8))
_PAIRS_AT_ONCE = 4_000_000


def linked(points: Points, link: float) -> NDArray[np.intp]:
    """For each point the lowest row of those that it is linked with: nearer than or at `link`, through others too."""
    if not len(points):
        return np.zeros(0, np.intp)
    corner = points.min(axis=0)
    at = np.floor((points - corner) / (_CELL_SHARE * link)).astype(np.int64)
    stride = int(at[:, 1].max()) + 5
    cells, first, cell_of = np.unique(at[:, 0] * stride + at[:, 1], return_index=True, return_inverse=True)
    groups = _linked_cells(points, cell_of, _near(cells, stride), link)
    lowest = np.full(len(cells), len(points), np.intp)
    np.minimum.at(lowest, groups, first)
    return np.asarray(lowest[groups[cell_of]])


def _near(cells: NDArray[np.int64], stride: int) -> NDArray[np.intp]:
    """Pairs (n, 2) of numbers of cells that are near enough."""
    found = []
    for across, down in _NEAR_CELLS:
        wanted = cells + across * stride + down
        there = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
        one = np.flatnonzero(cells[there] == wanted)
        found.append(np.stack([one, there[one]], axis=1))
    return np.concatenate(found)


def _linked_cells(
    points: Points, cell_of: NDArray[np.intp], near: NDArray[np.intp], link: float
) -> NDArray[np.intp]:
    """The group of each cell: first by the outermost points of each, then exactly where that leaves two apart."""
    counts = np.bincount(cell_of)
    order = np.argsort(cell_of, kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    ends = _outermost_of_cells(points[order], starts, cell_of[order])
    groups = joined(len(counts), near[_ends_touch(ends, near, link, _FACING)])
    near = near[groups[near[:, 0]] != groups[near[:, 1]]]
    close = _ends_touch(ends, near, link, _ALL_WAYS)
    groups = joined(
        len(counts), np.concatenate([np.stack([np.arange(len(counts)), groups], axis=1), near[close]])
    )
    # the only two points of a cell are its outermost
    open_ = near[~close & (counts[near].max(axis=1) > 2)]
    for one, other in open_[groups[open_[:, 0]] != groups[open_[:, 1]]].tolist():
        here, there = (points[order[starts[c] : starts[c] + counts[c]]] for c in (one, other))
        if groups[one] != groups[other] and _touch(here, there, link):
            groups[groups == groups[other]] = groups[one]
    return groups


def _ends_touch(
    ends: list[Points], near: NDArray[np.intp], link: float, ways: tuple[tuple[int, int], ...]
) -> NDArray[np.bool_]:
    """Of which pairs of cells two outermost points, each the one in its way, lie within `link`."""
    close = np.zeros(len(near), np.bool_)
    for one, other in ways:
        off = ends[one][near[:, 0]] - ends[other][near[:, 1]]
        close |= off[:, 0] ** 2 + off[:, 1] ** 2 <= link * link
    return close


def _outermost_of_cells(points: Points, starts: NDArray[np.intp], cell_of: NDArray[np.intp]) -> list[Points]:
    """In each of eight directions the outermost point of each cell; points come cell by cell."""
    found = []
    for turn in _TURNS:
        reach = points @ np.array([np.cos(turn), np.sin(turn)])
        farthest = np.flatnonzero(reach == np.maximum.reduceat(reach, starts)[cell_of])
        rows = np.empty(len(starts), np.intp)
        rows[cell_of[farthest]] = farthest
        found.append(points[rows])
    return found


def joined(count: int, links: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each of `count` things the lowest one it is joined with by pairs (n, 2), through others too."""
    lowest = np.arange(count)
    while len(links):
        before = lowest.copy()
        both = lowest[links].min(axis=1)
        np.minimum.at(lowest, lowest[links[:, 0]], both)
        np.minimum.at(lowest, lowest[links[:, 1]], both)
        lowest = lowest[lowest]
        if np.array_equal(lowest, before):
            break
    return lowest


def _touch(one: Points, other: Points, link: float) -> bool:
    """Whether any point of one lies within `link` of any of the other, two cells beside one another."""
    way = other.mean(axis=0) - one.mean(axis=0)
    way /= np.hypot(*way)
    ahead, behind = one @ way, other @ way
    one, other = one[ahead >= behind.min() - link], other[behind <= ahead.max() + link]
    step = max(1, _PAIRS_AT_ONCE // max(1, len(other)))
    for start in range(0, len(one), step):
        off = one[start : start + step, None, :] - other
        if bool((np.einsum("nkc,nkc->nk", off, off) <= link * link).any()):
            return True
    return False


def nearest_distances(points: Points) -> NDArray[np.float64]:
    """Distance of each point to the nearest other, 0 where two coincide; of a lone point infinite.

    Sorted along the longer side, only neighbours in that order are compared until none can be nearer.
    """
    longer = int(np.argmax(np.ptp(points, axis=0))) if len(points) else 0
    order = np.argsort(points[:, longer], kind="stable")
    placed = points[order]
    best = np.full(len(points), np.inf)
    for apart in range(1, len(points)):
        off = placed[apart:] - placed[:-apart]
        if bool(((off[:, longer] ** 2 >= best[apart:]) & (off[:, longer] ** 2 >= best[:-apart])).all()):
            break
        squared = np.einsum("nc,nc->n", off, off)
        np.minimum(best[apart:], squared, out=best[apart:])
        np.minimum(best[:-apart], squared, out=best[:-apart])
    nearest = np.empty(len(points))
    nearest[order] = np.sqrt(best)
    return nearest
