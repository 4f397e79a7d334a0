"""What explains a decision, as pages for staff and for employers show and print it."""

from collections.abc import Sequence

from flask import Response, request

from charter.clock import now
from charter.extensions import db
from charter.review.record import explanation_pdf, sealed
from charter.review.record.explanation import Explanation
from charter.review.record.record_models import DecisionRecord
from charter.web.access import keys, settings

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


def as_file(record: DecisionRecord) -> Response:
    """A record as a file that can be checked without us, which nobody keeps on the way."""
    made = sealed.bundle(db.session, record, keys(), address=settings().base_url, at=now())
    answer = Response(sealed.written(made), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="decision-{record.sha256[:12]}.json"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
