"""Changed in appearance, number or pattern? What a comparison answers to each; the reader confirms."""

from __future__ import annotations

import math

from annotator.analysis.clusters.distribution import suggested_distribution
from annotator.model.cluster_facts import ClusterFacts
from annotator.model.compared import Answer, ChangeHint, Compared
from annotator.model.finding import Change
from annotator.model.geometry import mm_digits

SIZE_BEYOND = 1.15
"""Diameters of all pairs together change less than this by measuring alone, on detectors of two makers too."""
_SIZE_SD = 0.2
_OUTLIERS_SHARE = 0.2
EXTENT_BEYOND_MM, EXTENT_BEYOND_SHARE = 2.0, 0.15
"""What an extent differs by from exam to exam without any change: hands, another compression, how millimetres are known."""
TWO_YEARS = 24


def suggested_change(compared: Compared, months: float | None = None) -> ChangeHint:
    """What two matched clusters suggest for "change", and how each of the three questions is answered.

    `months` between both exams decides between the two words for stable; without it neither is suggested, and nothing
    below 0, where the other exam is the later one. Nothing is suggested where the clusters cannot be matched.
    """
    if not compared.can_be_matched:
        counts = f"{compared.now.count} marks now, {compared.then.count} then"
        open_ = Answer(None, (compared.why_not, f"{counts}; which of them are the same is not known."))
        return ChangeHint(change=None, because=open_.because, appearance=open_, number=open_, pattern=open_)
    appearance, number, pattern = _appearance(compared), _number(compared), _pattern(compared)
    if months is not None and months < 0:
        later = ("The other exam is the later one, so the change is not called by a word.",)
        return ChangeHint(change=None, because=later, appearance=appearance, number=number, pattern=pattern)
    change, because = _word(compared, appearance, number, pattern, months)
    return ChangeHint(change=change, because=because, appearance=appearance, number=number, pattern=pattern)


def _appearance(compared: Compared) -> Answer:
    if compared.size_change is None or compared.size_outliers is None:
        pairs = compared.measured_pairs
        measured = "No pair is" if not pairs else f"Only {pairs} pair{'s are' if pairs > 1 else ' is'}"
        return Answer(None, (f"{measured} measured on both exams; it takes three.",))
    doubt = 1.25 * _SIZE_SD / math.sqrt(compared.measured_pairs)
    limit = max(math.log(SIZE_BEYOND), 2.6 * doubt)
    percent = 100 * (compared.size_change - 1)
    sizes = f"The {compared.measured_pairs} measured pairs are {abs(percent):.0f} % "
    sizes += f"{'larger' if percent >= 0 else 'smaller'} now (median of the diameters)"
    because = [f"{sizes}; up to {100 * (math.exp(limit) - 1):.0f} % comes from measuring."]
    changed = abs(math.log(compared.size_change)) > limit
    for outliers, what in ((compared.size_outliers, "size"), (compared.contrast_outliers, "contrast")):
        if outliers:
            because.append(f"{outliers} of them changed in {what} otherwise than the rest.")
            changed |= outliers >= 2 and outliers >= _OUTLIERS_SHARE * compared.measured_pairs
    because.append("Shapes were not compared; look at the pairs.")
    return Answer(changed, tuple(because))


def _number(compared: Compared) -> Answer:
    pairs, new, gone = len(compared.pairs), len(compared.new), len(compared.gone)
    because = [f"{pairs} were matched; {new} now and {gone} then have no partner."]
    estimates = (
        ("new", compared.new_count, compared.new_range),
        ("gone", compared.gone_count, compared.gone_range),
    )
    for word, count, (low, high) in estimates:
        if high:
            between = f" ({low} to {high})" if low != high else ""
            because.append(
                f"About {count}{between} of them are {word}; the others are likely to have been overlooked."
            )
    if compared.new_range[0] or compared.gone_range[0]:
        return Answer(True, tuple(because))
    if compared.new_count or compared.gone_count:
        because.append("That is not told apart from what is overlooked.")
        return Answer(None, tuple(because))
    return Answer(False, tuple(because))


def _pattern(compared: Compared) -> Answer:
    now, then = compared.now, compared.then
    words = suggested_distribution(now), suggested_distribution(then)
    grown = now.core_extent_mm - then.core_extent_mm
    limit = max(EXTENT_BEYOND_MM, EXTENT_BEYOND_SHARE * then.core_extent_mm)
    because = [
        f"{mm_digits(now.core_extent_mm)} mm across now, {mm_digits(then.core_extent_mm)} mm then{_apart(now, then)}."
    ]
    larger = abs(grown) > limit
    because.append(
        f"That is {'beyond' if larger else 'within'} the {mm_digits(limit)} mm that two exams differ by anyway."
    )
    if words[0].word is words[1].word:
        because.append(f"Both are arranged alike: {words[0].word.value}.")
        return Answer(larger, tuple(because))
    clear = min(word.share or 0.0 for word in words) >= 0.8
    because.append(
        f"The arrangement suggests {words[0].word.value} now and {words[1].word.value} then"
        f"{'.' if clear else ', neither clearly.'}"
    )
    return Answer(True if larger or clear else None, tuple(because))


def _apart(now: ClusterFacts, then: ClusterFacts) -> str:
    aside = [f"{facts.strays} {when}" for facts, when in ((now, "now"), (then, "then")) if facts.strays]
    return f", without those that lie apart ({' and '.join(aside)})" if aside else ""


def _word(
    compared: Compared, appearance: Answer, number: Answer, pattern: Answer, months: float | None
) -> tuple[Change | None, tuple[str, ...]]:
    """The word, by what weighs most: more of them, another look, fewer of them, and only then none of these."""
    if compared.new_range[0]:
        return Change.INCREASED, (number.because[1],)
    if appearance.changed:
        return Change.MORPH_CHANGED, appearance.because[:1]
    if compared.gone_range[0] and pattern.changed is False:
        return Change.DECREASED, (number.because[-1],)
    answers = {"appearance": appearance, "number": number, "pattern": pattern}
    open_ = [name for name, answer in answers.items() if answer.changed is None]
    if open_:
        return None, (f"Not told: {', '.join(open_)}.",)
    changed = [name for name, answer in answers.items() if answer.changed]
    if changed:
        return None, (f"Changed in {' and '.join(changed)}; no one word says that.",)
    unchanged = (
        "Neither appearance nor number nor pattern changed beyond what measuring and overlooking explain."
    )
    if months is None:
        return None, (unchanged, "How long ago the earlier exam was is not known.")
    return (Change.STABLE_2Y if months >= TWO_YEARS else Change.STABLE_LT2Y), (unchanged,)
