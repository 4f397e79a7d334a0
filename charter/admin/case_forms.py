"""What the page of a case saves, besides its findings all together: one as one goes, a phrase, and all the rest."""

from datetime import datetime
from typing import Any

from flask import get_template_attribute
from werkzeug.datastructures import MultiDict
from wtforms import SelectMultipleField

from charter.admin import as_one_goes
from charter.errors import Refusal, Stale
from charter.extensions import db
from charter.framework.content import Criterion
from charter.review import findings, phrases
from charter.review.models import Finding, Review
from charter.review.phrases import Phrase
from charter.review.rest import Rest
from charter.web.forms import BaseForm


class RestForm(BaseForm):
    """What to find to be met together: all that fits is ticked, and can be left out."""

    criteria = SelectMultipleField("What do you find to be met?", validate_choice=False)

    @classmethod
    def about(cls, rest: Rest) -> "RestForm":
        """The form for what is left in a case."""
        form = cls(data={"criteria": [one.criterion.code for one in rest.fits]})
        form.criteria.choices = [(one.criterion.code, one.criterion.title) for one in rest.fits]
        return form


def fitting_phrases(criterion: str, outcome: str | None) -> list[Phrase]:
    """The phrases to choose from for one criterion."""
    return phrases.fitting(phrases.in_use(db.session), criterion, outcome)


def with_phrase(sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """All that was typed on the page of a case, with the chosen phrase below the feedback of its criterion."""
    typed, code = MultiDict(sent), sent.get("insert", "")
    chosen = sent.get(f"phrase-{code}")
    found = next((one for one in phrases.in_use(db.session) if str(one.id) == chosen), None)
    if found is not None:
        before = typed.get(f"feedback-{code}", "").rstrip()
        typed[f"feedback-{code}"] = f"{before}\n{found.text}" if before else found.text
    return typed


def saved_said(review: Review, criterion: Criterion, refusal: Refusal | None, *, at: datetime) -> dict[str, Any]:
    """What the page's script is told about one finding: that it is saved, or why not and what is there instead."""
    case = {"content": review.assessment.framework.content, "assessment": review.assessment}
    if isinstance(refusal, Stale) and isinstance(refusal.current, Finding):
        theirs = refusal.current
        return {
            "error": str(refusal),
            "version": theirs.version,
            "html": str(get_template_attribute("admin/reviews/_criterion.html", "found")(case, theirs, criterion)),
            "theirs": {
                f"outcome-{criterion.code}": theirs.outcome or "",
                f"feedback-{criterion.code}": theirs.feedback,
                f"note-{criterion.code}": theirs.private_note.for_staff,
                f"check-{criterion.code}": [
                    str(number) for number, check in enumerate(criterion.checks, 1) if check in theirs.checked
                ],
            },
        }
    if refusal is not None:
        return {"error": str(refusal)}
    own, stands = findings.on_criterion(db.session, review, criterion.code)
    tag = get_template_attribute("admin/reviews/_criterion.html", "outcome_tag")(case, stands)
    return as_one_goes.kept(own.version if own else 0, str(tag), at=at)
