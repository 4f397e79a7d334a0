"""A made-up charter of two levels, small enough to see at a glance, and ways to change it."""

import copy
from collections.abc import Callable
from typing import Any

from charter.framework.checking import check
from charter.framework.content import Content

Document = dict[str, Any]


def criterion(code: str, theme: str = "PAY", level: int = 1, **values: Any) -> Document:
    """A criterion called after its code; `values` are its other fields."""
    return {
        "code": code,
        "theme": theme,
        "level": level,
        "title": f"The {code} thing",
        "statement": f"We do {code}.",
        "guidance": "Do it.",
        "good_evidence": "A photo.",
        **values,
    }


def level(rank: int, *rules: Document) -> Document:
    """A level with these rules."""
    return {
        "rank": rank,
        "code": f"L{rank}",
        "title": ["Bronze", "Silver", "Gold"][rank - 1],
        "summary": "s",
        "check": "c",
        "evidence_rule": "e",
        "depth": "d",
        "valid_months": 12,
        "renewable": True,
        "target_decision_working_days": 5,
        "rules": list(rules),
    }


SMALL: Document = {
    "meta": {
        "code": "small",
        "version": "1.0.0",
        "title": "A small charter",
        "standing": "Made up.",
        "prepared_on": "2026-01-01",
        "certificate_prefix": "SM",
        "scope_question": "Who?",
        "in_progress_months": 12,
    },
    "counties": [{"code": "mercia", "title": "Mercia", "districts": ["Upper", "Lower"]}],
    "size_bands": [
        {"code": "few", "title": "1 to 9", "min": 1, "max": 9},
        {"code": "many", "title": "10 or more", "min": 10},
    ],
    "sectors": [{"code": "A", "title": "Farming"}],
    "scale": [
        {"value": "no", "label": "No", "extent": "not_met"},
        {"value": "plan", "label": "Planned", "needs": "action_with_date", "extent": "in_progress"},
        {"value": "part", "label": "Partly", "needs": "short_explanation", "extent": "in_progress"},
        {"value": "yes", "label": "Yes", "needs": "evidence_if_required", "extent": "met"},
        {"value": "na", "label": "Not for us", "needs": "reason", "extent": "not_applicable"},
    ],
    "outcomes": [
        {"value": "good", "label": "Good", "extent": "met"},
        {"value": "half", "label": "Half", "extent": "in_progress"},
        {"value": "bad", "label": "Bad", "extent": "not_met"},
        {"value": "ask", "label": "Ask", "extent": "not_met", "asks_employer": True},
        {"value": "exempt", "label": "Exempt", "extent": "not_applicable"},
    ],
    "levels": [
        level(
            1,
            {"kind": "declarations"},
            {"kind": "core"},
            {"kind": "in_progress_at_most", "count": 1},
        ),
        level(
            2,
            {"kind": "figures"},
            {"kind": "core"},
            {"kind": "at_least", "count": 2, "criteria": ["C", "D", "E"]},
        ),
    ],
    "themes": [{"code": "PAY", "title": "Pay", "aim": "a"}, {"code": "CARE", "title": "Care", "aim": "a"}],
    "criteria": [
        criterion("A", core=True, evidence_required=True, evidence_types=["photo"], crosswalk={"old": ["O1"]}),
        criterion("B", not_applicable_allowed=True),
        criterion("C", theme="CARE", level=2, metric="M1"),
        criterion("D", theme="CARE", level=2, min_headcount=10),
        criterion("E", theme="CARE", level=2, counts_from="2027-04-01"),
    ],
    "declarations": [{"code": "BASE", "statement": "We obey the law."}],
    "context_fields": [
        {"name": "staff", "label": "How many staff?", "unit": "people", "min": 1, "max": 100000},
        {"name": "staff_here", "label": "Here?", "unit": "people", "min": 0, "max_field": "staff"},
        {
            "name": "full_time",
            "label": "Full-time jobs?",
            "unit": "FTE",
            "type": "decimal",
            "decimals": 1,
            "warn_if_above_field": "staff",
        },
    ],
    "headcount_field": "staff",
    "local_headcount_field": "staff_here",
    "metric_rules": {"period": "p", "baseline": "b", "publish": "p", "small_numbers": "s", "year_on_year_points": 15},
    "metrics": [
        {
            "code": "M1",
            "group": "g",
            "label": "Leavers",
            "definition": "d",
            "inputs": [{"name": "left", "label": "Left?", "unit": "people", "min": 0}],
            "formula": "left / staff * 100",
            "unit": "percent",
            "min": 0,
            "max": 400,
            "warn_above": 60,
            "decimals": 1,
            "required_from_level": 2,
        },
    ],
    "evidence_rules": {
        "max_age_months": 24,
        "written_account_max_words": 300,
        "types": [{"code": "photo", "title": "Photo"}],
        "micro_employers": "m",
        "privacy": "p",
    },
    "passports": [
        {
            "scheme": "old-scheme",
            "title": "Old scheme",
            "level": "1",
            "needs": ["expiry_date"],
            "supports": ["A", "C"],
            "strength": "assessed",
        }
    ],
    "crosswalk": [
        {"code": "old", "title": "Old", "items": [{"code": "O1", "label": "One", "status": "verified"}]},
    ],
}


def document(change: Callable[[Document], object] | None = None) -> Document:
    """The small charter as a document, after `change` did something to it."""
    made = copy.deepcopy(SMALL)
    if change:
        change(made)
    return made


def content(change: Callable[[Document], object] | None = None) -> Content:
    """The same as checked content."""
    return check(document(change))
