"""Makes the trees behind the suggested distribution word from sets whose word is known, with fixed seeds.

    pip install "mammo-annotator[detection]"
    python -m benchmarks.detection.train_words

Writes annotator/analysis/clusters/models/distribution.npz and, beside it, the record of how it was made. The same versions of
the libraries make the same trees. Some two minutes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.clusters.distribution import FEATURES, WORDS, Trees, features_of
from annotator.analysis.clusters.grouping import cluster_facts
from benchmarks.detection.grouping import DEV, TRAIN, noisy_sets

MODELS = Path(__file__).resolve().parents[2] / "annotator" / "analysis" / "clusters" / "models"
SETS = 20_000
DEV_SETS = 1500
UNKNOWN_SHARE = 0.2
"""Of the sets whose nipple, and of those whose breast, is not told: the trees meet that in practice."""
OPTIONS = {
    "max_leaf_nodes": 8,
    "learning_rate": 0.1,
    "max_iter": 60,
    "min_samples_leaf": 30,
    "l2_regularization": 3.0,
    "random_state": 0,
}


def examples(seed: int, count: int, unknown: float = 0.0) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Features (n, f) and numbers of the words (n,) of `count` sets."""
    rng = np.random.default_rng(seed + 1)
    rows, words = [], []
    for one in noisy_sets(seed, count):
        told = rng.random(2) >= unknown
        facts = cluster_facts(
            one.points,
            None,
            one.breast.nipple if told[0] else None,
            one.breast.area if told[1] else None,
        )
        rows.append(features_of(facts))
        words.append(WORDS.index(one.word))
    return np.array(rows), np.array(words)


def as_trees(model: Any) -> Trees:
    """The trees of a HistGradientBoostingClassifier as flat arrays."""
    nodes, roots, words = [], [], []
    total = 0
    for trees in model._predictors:  # noqa: SLF001  (the only way to what was learnt)
        for word, tree in enumerate(trees):
            found = tree.nodes.copy()
            leaves = np.flatnonzero(found["is_leaf"])
            found["left"][leaves] = found["right"][leaves] = leaves
            found["left"] += total
            found["right"] += total
            roots.append(total)
            words.append(word)
            nodes.append(found)
            total += len(found)
    joined = np.concatenate(nodes)
    return Trees(
        np.array(roots, np.int32),
        np.array(words, np.int32),
        joined["feature_idx"].astype(np.int32),
        joined["num_threshold"].astype(np.float64),
        joined["left"].astype(np.int32),
        joined["right"].astype(np.int32),
        joined["value"].astype(np.float32),
        model._baseline_prediction.ravel().astype(np.float64),  # noqa: SLF001
    )


def main() -> int:
    import sklearn  # noqa: PLC0415  (a library for training only)
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    seen, truth = examples(TRAIN, SETS, UNKNOWN_SHARE)
    model = HistGradientBoostingClassifier(**OPTIONS).fit(seen, truth)
    trees = as_trees(model)
    dev, dev_truth = examples(DEV, DEV_SETS)
    shares = np.array([trees.shares(row) for row in dev])
    if not np.allclose(shares, model.predict_proba(dev), atol=1e-5):
        sys.exit("the trees as kept answer otherwise than those that were trained")
    MODELS.mkdir(exist_ok=True)
    np.savez_compressed(
        MODELS / "distribution.npz", **{name: getattr(trees, name) for name in Trees.__dataclass_fields__}
    )
    record = {
        "what": "suggested distribution word, boosted trees",
        "trained_on": "synthetic sets of marks drawn from the words' definitions (benchmarks/detection/grouping.py)",
        "made_by": "python -m benchmarks.detection.train_words",
        "seed": TRAIN,
        "sets": SETS,
        "nipple_or_breast_not_told": UNKNOWN_SHARE,
        "options": OPTIONS,
        "words": WORDS,
        "features": [
            *FEATURES,
            "area_over_both_areas",
            "core_hull_over_extent_squared",
            "radial_over_tangential",
        ],
        "scikit_learn": sklearn.__version__,
        "numpy": np.__version__,
        "right_on_dev": round(float((shares.argmax(axis=1) == dev_truth).mean()), 4),
        "dev_seed": DEV,
        "dev_sets": DEV_SETS,
    }
    (MODELS / "distribution.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(
        f"right on DEV: {record['right_on_dev']:.1%}; {len(trees.feature)} nodes in {len(trees.roots)} trees"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
