"""Which marks are pieces of an artery: two calcified walls that run beside each other for a while, equally far apart.

Casts in ducts make single lines that fan out; two of them seldom keep their distance for a centimetre. So an artery is
begun only by such a course, and what lies about it is added with care: a suspicious mark must not vanish in its line.
docs/measuring.md, candidates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

WALLS_MM = (0.7, 3.2)
"""Apart are both walls of an artery."""
OPPOSITE_MM, TURN_DEG = 1.5, 28.0
"""Pieces of both walls lie beside each other, so far along at most, and run the same way; ways are told in steps of
11 degrees."""
GAP_MM, BEND_DEG, WIDER_MM = 7.0, 30.0, 0.3
"""A course goes on so far away, so much turned, and so much wider or narrower."""
LONG_MM, LONG_MARKS = 8.0, 8
SHORT_MM, SHORT_MARKS, SHORT_SPREAD_MM = 6.0, 13, 0.17
"""A shorter course begins an artery too when it is dense and even."""
SPREAD_MM = 0.25
"""Standard deviation of the distance of both walls along a course."""
STRAIGHT, CURVED_MM = 0.55, 10.0
"""A shorter course that bends more than this is the edge of something round."""
KIN_MARKS, KIN_MM, KIN_SPREAD_MM, KIN_WIDER_MM = 8, 3.5, 0.15, 0.25
"""Where there is an artery, a shorter course of the same width is one too."""
FAR_MM, FAR_DEG, FAR_MARKS = 20.0, 15.0, 4
"""A piece of a course belongs to another so far ahead when it lies in its line."""
REACH_MM, ON_WALL_MM, DRIFT = 4.0, 0.3, 0.06
"""So far along from a course, and so far from its wall, marks are pieces of it; farther along the wall is less known."""
WALL_MM, WALL_ASIDE_MM, WALL_STEPS, WALL_REACH_MM = 2.5, 0.6, 4, 8.0
"""A single wall goes on from mark to mark, not farther than this from where both were seen."""
BESIDE_MM = 0.5
"""Peaks so near a piece are of it."""
CROWD_MM, CROWD, CROWD_SHARE = 4.0, 2, 0.5
"""What has so many strangers about it, more than this share of its own, is left to itself."""
ONE_ARTERY_MM = 20.0

Points = NDArray[np.float64]
Chosen = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Marks:
    """Places in millimetres and the way of the line through each, in radians."""

    x: Points
    y: Points
    way: Points

    def only(self, chosen: NDArray[np.int64] | Chosen) -> _Marks:
        return _Marks(self.x[chosen], self.y[chosen], self.way[chosen])


@dataclass(frozen=True, slots=True)
class _Seen:
    """How marks (columns) lie from others (rows): how far, how far along their line and beside it, how much turned."""

    away: Points
    along: Points
    aside: Points
    turned: Points


@dataclass(frozen=True, slots=True)
class _Courses:
    """Pairs of marks on opposite walls: the middle of each, how far apart they are, and the course that it is of."""

    pairs: NDArray[np.int64]
    middle: _Marks
    width: Points
    course: NDArray[np.int64]

    def marks_of(self, chosen: Chosen) -> int:
        return len(np.unique(self.pairs[chosen]))

    def extent_of(self, chosen: Chosen) -> float:
        return math.hypot(float(np.ptp(self.middle.x[chosen])), float(np.ptp(self.middle.y[chosen])))


def arteries(x: Points, y: Points, direction: Points, linear: Chosen, sure: Chosen) -> NDArray[np.int64]:
    """The number of the artery that each mark is a piece of, -1 for none.

    Places in millimetres, directions in radians. Only `linear` marks make an artery; `sure` ones beside their pieces
    are of it.
    """
    made = np.full(len(x), -1, np.int64)
    marks, at = _Marks(x, y, direction), np.flatnonzero(linear)
    if len(at) < LONG_MARKS:
        return made
    lines = marks.only(at)
    courses = _courses(lines)
    chosen = _of_arteries(courses)
    if not chosen.any():
        return made
    walls = courses.middle.only(chosen), courses.width[chosen]
    pieces = np.zeros(len(x), np.bool_)
    pieces[at] = _along_walls(lines, _on_walls(lines, *walls))
    pieces |= sure & ~pieces & (_nearest(marks, marks.only(pieces)) < BESIDE_MM)
    pieces = _without_crowded(marks, pieces, sure & ~_between_walls(marks, *walls))
    kept = np.flatnonzero(pieces)
    made[kept] = joined(_apart_mm(marks.only(kept), marks.only(kept)) < ONE_ARTERY_MM)
    return made


def angle_between(one: Points, other: Points) -> Points:
    """Angle between two lines, 0 to a quarter turn."""
    turned = np.abs(one - other) % np.pi
    return np.minimum(turned, np.pi - turned)


def joined(linked: Chosen) -> NDArray[np.int64]:
    """The number of the connected part that each is in."""
    _, labels = connected_components(coo_array(linked), directed=False)
    return np.asarray(labels, np.int64)


def _apart_mm(of: _Marks, others: _Marks) -> Points:
    return np.asarray(np.hypot(others.x - of.x[:, None], others.y - of.y[:, None]))


def _nearest(of: _Marks, others: _Marks) -> Points:
    return np.asarray(_apart_mm(of, others).min(axis=1, initial=np.inf))


def _seen(of: _Marks, others: _Marks) -> _Seen:
    across, down = others.x - of.x[:, None], others.y - of.y[:, None]
    cos, sin = np.cos(of.way)[:, None], np.sin(of.way)[:, None]
    turned = angle_between(of.way[:, None], others.way[None, :])
    return _Seen(np.hypot(across, down), across * cos + down * sin, down * cos - across * sin, turned)


def _courses(lines: _Marks) -> _Courses:
    """Pairs on opposite walls, and which of them make one course of even width."""
    pairs = _pairs(lines)
    one, other = lines.only(pairs[:, 0]), lines.only(pairs[:, 1])
    # the mean of two lines, for which half a turn is none
    way = np.angle(np.exp(2j * one.way) + np.exp(2j * other.way)) / 2
    middle = _Marks((one.x + other.x) / 2, (one.y + other.y) / 2, way)
    width = np.abs((one.y - other.y) * np.cos(way) - (one.x - other.x) * np.sin(way))
    seen = _seen(middle, middle)
    goes_on = (seen.away < GAP_MM) & (seen.turned < math.radians(BEND_DEG))
    goes_on &= (np.abs(width - width[:, None]) < WIDER_MM) & _in_line(seen, 0.5, BEND_DEG)
    return _Courses(pairs, middle, width, joined(goes_on) if len(pairs) else np.zeros(0, np.int64))


def _pairs(lines: _Marks) -> NDArray[np.int64]:
    """Each mark with the one most straight across on either side of it."""
    seen = _seen(lines, lines)
    along, aside = np.abs(seen.along), np.abs(seen.aside)
    opposite = (seen.turned < math.radians(TURN_DEG)) & (np.maximum(along, along.T) < OPPOSITE_MM)
    opposite &= (np.minimum(aside, aside.T) > WALLS_MM[0]) & (np.maximum(aside, aside.T) < WALLS_MM[1])
    chosen = np.zeros_like(opposite)
    for side in (seen.aside > 0, seen.aside <= 0):
        along_there = np.where(opposite & side, along, np.inf)
        least = along_there.min(axis=1, initial=np.inf)
        chosen |= (along_there <= least[:, None] + 1e-9) & np.isfinite(along_there)
    return np.argwhere(np.triu(chosen | chosen.T))


def _in_line(seen: _Seen, least_mm: float, degrees: float) -> Chosen:
    """Whether each lies straight ahead of the other, to so many degrees, or no farther beside it than `least_mm`."""
    along, aside = np.abs(seen.along), np.abs(seen.aside)
    ahead = np.tan(math.radians(degrees)) * np.minimum(along, along.T)
    return np.asarray(np.maximum(aside, aside.T) < np.maximum(least_mm, ahead))


def _of_arteries(courses: _Courses) -> Chosen:
    """Which pairs are of arteries: those of long even courses, of others like them, and of what leads on from them."""
    chosen = np.zeros(len(courses.course), np.bool_)
    each = [courses.course == number for number in np.unique(courses.course)]
    for course in each:
        if _begins_artery(courses, course):
            chosen |= course
    widths = np.array([np.median(courses.width[course]) for course in each if chosen[course].any()])
    if not len(widths):
        return chosen
    for course in each:
        if _is_kin(courses, course, widths):
            chosen |= course
    seen = _seen(courses.middle, courses.middle)
    leads_on = (seen.away < FAR_MM) & (seen.turned < math.radians(BEND_DEG)) & _in_line(seen, 0.6, FAR_DEG)
    leads_on &= np.abs(courses.width - courses.width[:, None]) < WIDER_MM
    large = [course for course in each if courses.marks_of(course) >= FAR_MARKS]
    while True:
        reached = leads_on[chosen].any(axis=0) & ~chosen
        more = [course for course in large if reached[course].any()]
        if not more:
            return chosen
        chosen |= np.any(more, axis=0)


def _begins_artery(courses: _Courses, course: Chosen) -> bool:
    extent, count = courses.extent_of(course), courses.marks_of(course)
    spread = float(courses.width[course].std())
    straight = abs(np.exp(2j * courses.middle.way[course]).mean())
    long = extent >= LONG_MM and count >= LONG_MARKS and spread < SPREAD_MM
    dense = extent >= SHORT_MM and count >= SHORT_MARKS and spread < SHORT_SPREAD_MM
    return bool((long or dense) and (extent >= CURVED_MM or straight > STRAIGHT))


def _is_kin(courses: _Courses, course: Chosen, widths: Points) -> bool:
    width = courses.width[course]
    alike = np.abs(widths - np.median(width)).min() < KIN_WIDER_MM and width.std() < KIN_SPREAD_MM
    return bool(alike and courses.marks_of(course) >= KIN_MARKS and courses.extent_of(course) >= KIN_MM)


def _on_walls(lines: _Marks, middle: _Marks, width: Points) -> Chosen:
    """Which marks lie on the walls of courses that are seen there or a little farther along, and run with them."""
    seen = _seen(middle, lines)
    along, off = np.abs(seen.along), np.abs(np.abs(seen.aside) - width[:, None] / 2)
    on = (along < REACH_MM) & (off < ON_WALL_MM + DRIFT * along) & (seen.turned < math.radians(TURN_DEG))
    return np.asarray(on.any(axis=0))


def _between_walls(marks: _Marks, middle: _Marks, width: Points) -> Chosen:
    """Which marks lie on courses, whichever way they run."""
    seen = _seen(middle, marks)
    inside = np.abs(seen.aside) < width[:, None] / 2 + ON_WALL_MM
    return np.asarray((inside & (np.abs(seen.along) < OPPOSITE_MM)).any(axis=0))


def _along_walls(lines: _Marks, on: Chosen) -> Chosen:
    """With the marks that continue a wall where the other is not seen."""
    seen = _seen(lines, lines)
    aside = np.maximum(np.abs(seen.aside), np.abs(seen.aside).T)
    continues = (seen.away < WALL_MM) & (aside < WALL_ASIDE_MM) & (seen.turned < math.radians(TURN_DEG))
    near = seen.away[on].min(axis=0, initial=np.inf) < WALL_REACH_MM
    grown = on.copy()
    for _ in range(WALL_STEPS):
        grown |= continues[grown].any(axis=0) & near
    return grown


def _without_crowded(marks: _Marks, pieces: Chosen, others: Chosen) -> Chosen:
    """Without pieces among marks of something else: a group that an artery runs through stays to be seen."""
    kept = pieces.copy()
    for _ in range(2):
        own = marks.only(kept)
        strangers = marks.only(others & ~kept & (_nearest(marks, own) > BESIDE_MM))
        about = (_apart_mm(own, strangers) < CROWD_MM).sum(axis=1)
        mine = (_apart_mm(own, own) < CROWD_MM).sum(axis=1) - 1
        kept[np.flatnonzero(kept)[(about >= CROWD) & (about > CROWD_SHARE * mine)]] = False
    return kept
