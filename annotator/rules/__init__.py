"""What the documented rules say of a finding; pure, and never more than a suggestion."""

from annotator.lexicon.decision_table import RuleTable, load_rules
from annotator.rules.beside import Beside, Earlier, breast_assessments, known_of
from annotator.rules.checks import problems
from annotator.rules.combining import TIE_RULES, BreastAssessments, BreastValue
from annotator.rules.evaluate import follow_up
from annotator.rules.later_table import then_and_now

__all__ = [
    "TIE_RULES",
    "Beside",
    "BreastAssessments",
    "BreastValue",
    "Earlier",
    "RuleTable",
    "breast_assessments",
    "follow_up",
    "known_of",
    "load_rules",
    "problems",
    "then_and_now",
]
