"""What the documented rules say of a finding; pure, and never more than a suggestion."""

from annotator.lexicon.decision_table import RuleTable, load_rules
from annotator.rules.beside import Beside, Earlier, breast_assessments, earlier_in, known_of
from annotator.rules.checks import problems
from annotator.rules.combining import TIE_RULES, BreastAssessments, BreastValue
from annotator.rules.evaluate import follow_up
from annotator.rules.later_table import then_and_now
from annotator.rules.site_table import rules_in_use

__all__ = [
    "TIE_RULES",
    "Beside",
    "BreastAssessments",
    "BreastValue",
    "Earlier",
    "RuleTable",
    "breast_assessments",
    "earlier_in",
    "follow_up",
    "known_of",
    "load_rules",
    "problems",
    "rules_in_use",
    "then_and_now",
]
