"""What somebody finds on one criterion is saved while they work: the page's script sends it, and is told in JSON."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import abort, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from charter.admin.forms import given_in
from charter.clock import LOCAL
from charter.errors import Refusal
from charter.extensions import transaction
from charter.framework.content import Content, Criterion
from charter.review import findings
from charter.review.findings import Given
from charter.web.forms import EmptyForm

BAD = 400


def is_asked() -> bool:
    """Whether the script of the page sends one finding, and not somebody the whole form."""
    return request.method == "POST" and request.accept_mimetypes.best == "application/json"


def save_one(
    content: Content,
    save: Callable[[Session, Sequence[Given]], Mapping[str, Refusal]],
    said: Callable[[Criterion, Refusal | None], dict[str, Any]],
) -> ResponseReturnValue:
    """Save what was sent on one criterion with the verb `save`, and answer what became of it, in the words of `said`.

    Nothing is written over what was saved meanwhile: the answer holds it, and the page shows both.
    """
    criterion = content.criterion(request.form.get("at", ""))
    if criterion is None or not EmptyForm().validate_on_submit():
        abort(400)
    try:
        with transaction() as session:
            refused = save(session, given_in(request.form, [criterion]))
    except StaleDataError:
        return jsonify(error=findings.MIXED), BAD
    except Refusal as refusal:
        return jsonify(error=str(refusal)), BAD
    return jsonify(said(criterion, refused.get(criterion.code))), BAD if refused else 200


def kept(version: int, tag: str, *, at: datetime) -> dict[str, Any]:
    """What the script is told of a finding that is kept: when, its version now, and how the page shows it."""
    return {"saved": f"Saved {at.astimezone(LOCAL):%H:%M}", "version": version, "tag": tag}
