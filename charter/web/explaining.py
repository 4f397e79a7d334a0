"""What explains a decision, as pages for staff and for employers show and print it."""

from collections.abc import Sequence

from flask import Response, request

from charter.review.record import explanation_pdf
from charter.review.record.explanation import Explanation
from charter.review.record.record_models import DecisionRecord

NOT_YET = "There is no explanation yet. It is kept when a case is decided; for decisions of before, some each hour."


def chosen(records: Sequence[DecisionRecord]) -> DecisionRecord | None:
    """The record that the address names by its number; the newest when it names none."""
    number = request.args.get("number", type=int)
    return next((one for one in reversed(records) if number in {None, one.number}), None)


def printed(said: Explanation) -> Response:
    """An explanation as a file, which nobody keeps on the way."""
    answer = Response(explanation_pdf.draw(said), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{explanation_pdf.name_of(said)}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
