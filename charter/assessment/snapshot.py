"""The assessment exactly as it stood when it was submitted, as plain data with a hash that proves it unchanged."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from charter.assessment import metrics
from charter.assessment.models import Answer, Assessment, Evidence
from charter.assessment.queries import Material
from charter.assessment.year_on_year import Before

FORMAT = 4
"""1 had no `unknown` among the figures, no `declaration_notes` and no `places` in the evidence; 2 had no `standing_in`
and no `promised`; 3 had no `before` among the figures. Whoever reads a snapshot takes what is missing for empty."""


def build(
    said: Material, *, on: date, before: Mapping[str, Before] | None = None, round: int | None = None
) -> dict[str, Any]:
    """Everything an assessor is asked to judge: answers, declarations, figures, and each piece of evidence by its hash.

    The awards of other schemes that stand in on the day `on` are named, so that it is known later what rested on them.
    `before` is what each figure came to last time. `round` is that of the submission, else the assessment's own.
    Lists are in the framework's order, so that the same assessment always gives the same text.
    """
    assessment, content = said.assessment, said.content
    organisation = assessment.organisation
    return {
        "format": FORMAT,
        "assessment": str(assessment.id),
        "round": round or assessment.round,
        "target_level": assessment.target_level,
        "framework": {
            "code": assessment.framework.code,
            "version": assessment.framework.version,
            "hash": assessment.framework.content_hash,
        },
        "organisation": {
            "id": str(organisation.id),
            "name": organisation.name,
            "county": organisation.county,
            "size_band": organisation.size_band,
            "sector": organisation.sector,
            "scope": organisation.scope.value,
        },
        "answers": [
            _answer(said.answers[criterion.code]) for criterion in content.criteria if criterion.code in said.answers
        ],
        "declarations": {
            declaration.code: said.declarations[declaration.code]
            for declaration in content.declarations
            if declaration.code in said.declarations
        },
        "declaration_notes": {
            declaration.code: said.declaration_notes[declaration.code]
            for declaration in content.declarations
            if declaration.code in said.declaration_notes
        },
        "figures": _figures(said, before or {}),
        "evidence": _evidence(said),
        "standing_in": _standing_in(said, on),
        "promised": {code: due.isoformat() for code, due in sorted(said.promised.items())},
    }


def to_approve(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """What a senior person approves of a snapshot: all of it but what the figures came to last time.

    That is only there for comparison, and comes from other sendings: it may change while nobody changes this one.
    """
    figures = snapshot["figures"]
    return {**snapshot, "figures": {**figures, "before": {}} if figures else figures}


def digest(snapshot: dict[str, Any]) -> str:
    """The SHA-256 of a snapshot's canonical text."""
    text = json.dumps(snapshot, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def names(frozen: Any, piece: Evidence) -> sa.ColumnElement[bool]:
    """Whether a frozen text of an `Assessment` of this employer names a piece: asked of the database."""
    ours = Assessment.organisation_id == piece.organisation_id
    return sa.and_(ours, sa.cast(frozen, sa.Text).contains(str(piece.id)))


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "criterion": answer.criterion,
        "value": answer.value,
        "explanation": answer.explanation,
        "action": answer.action,
        "action_owner": answer.action_owner,
        "action_due": answer.action_due.isoformat() if answer.action_due else None,
        "reason": answer.reason,
        "version": answer.version,
    }


def _figures(said: Material, before: Mapping[str, Before]) -> dict[str, Any] | None:
    found = said.figures
    if found is None:
        return None
    return {
        "period_end": found.period_end.isoformat() if found.period_end else None,
        "inputs": dict(sorted(found.inputs.items())),
        "notes": dict(sorted(found.notes.items())),
        "unknown": sorted(said.unknown),
        "values": {
            figure.metric.code: str(figure.value)
            for figure in metrics.figures(said.content, found.inputs, unknown=said.unknown)
            if figure.value is not None
        },
        "before": {
            code: {"value": f"{last.value:f}", "period_end": last.period_end.isoformat()}
            for code, last in sorted(before.items())
        },
    }


def _standing_in(said: Material, on: date) -> list[dict[str, Any]]:
    there = said.stand_ins(on)
    return [
        {
            "criterion": criterion.code,
            "scheme": one.passport.scheme,
            "level": one.passport.level,
            "title": one.passport.title,
            "strength": one.passport.strength,
            "until": one.until.isoformat() if one.until else None,
            "met": one.is_met,
        }
        for criterion in said.content.criteria
        if (one := there.get(criterion.code)) is not None
    ]


def _evidence(said: Material) -> list[dict[str, Any]]:
    items: dict[str, Evidence] = {}
    uses: dict[str, list[str]] = {}
    places: dict[str, dict[str, str]] = {}
    for criterion in said.content.criteria:
        for use in said.evidence.get(criterion.code, ()):
            key = str(use.evidence_id)
            items[key] = use.evidence
            uses.setdefault(key, []).append(criterion.code)
            if use.place:
                places.setdefault(key, {})[criterion.code] = use.place
    return [
        {
            "id": key,
            "kind": item.kind.value,
            "title": item.title,
            "filename": item.filename,
            "media_type": item.media_type,
            "size": item.size,
            "sha256": item.sha256,
            "url": item.url,
            "text": item.text,
            "dated_on": item.dated_on.isoformat() if item.dated_on else None,
            "type": item.type,
            "ends_on": item.ends_on.isoformat() if item.ends_on else None,
            "removed": item.removed_at is not None,
            "criteria": uses[key],
            "places": places.get(key, {}),
        }
        for key, item in sorted(items.items())
    ]
