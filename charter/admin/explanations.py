"""What explains a decision: shown and printed for staff."""

from collections.abc import Sequence

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload

from charter.admin.base import ActionView, on
from charter.extensions import db
from charter.permissions import Permission
from charter.review.models import Review
from charter.review.record import explanation
from charter.review.record.explanation import Explanation
from charter.review.record.record_models import DecisionRecord
from charter.review.second import beside
from charter.web.access import the_user
from charter.web.explaining import NOT_YET, as_file, chosen, printed


class ExplanationsView(ActionView):
    """Explanations of decisions. The page of a case leads here."""

    permission = Permission.SEE_QUEUE
    what = "Why each case was decided as it was, as it was known on that day."

    def is_visible(self) -> bool:
        """Not in the menu."""
        return False

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """To the cases that are decided."""
        return redirect(url_for("reviews.index_view", status="decided"))

    @expose("/<uuid:review_id>")
    @on(Permission.VIEW_CASE, Review, joinedload(Review.assessment))
    def explanation_view(self, review: Review) -> ResponseReturnValue:
        """What explains a decision on a case. The address says which (`number`), and whether with private notes."""
        records, why_not = _records(review)
        record = chosen(records)
        if record is None:
            return _to_the_case(review, why_not)
        page: str = self.render(
            "admin/reviews/explanation.html",
            review=review,
            records=records,
            record=record,
            said=_asked_for(record),
            notes=_notes(),
            faults=explanation.faults(record),
        )
        return page

    @expose("/<uuid:review_id>.pdf")
    @on(Permission.VIEW_CASE, Review, joinedload(Review.assessment))
    def pdf_view(self, review: Review) -> ResponseReturnValue:
        """The same to print; or the copy that the employer can print itself (`copy=employer`)."""
        records, why_not = _records(review)
        record = chosen(records)
        if record is None:
            return _to_the_case(review, why_not)
        employers = request.args.get("copy") == "employer"
        return printed(explanation.for_employer(record) if employers else _asked_for(record))

    @expose("/<uuid:review_id>.json")
    @on(Permission.VIEW_CASE, Review, joinedload(Review.assessment))
    def json_view(self, review: Review) -> ResponseReturnValue:
        """The copy of the employer as a file that can be checked without us."""
        records, why_not = _records(review)
        record = chosen(records)
        return _to_the_case(review, why_not) if record is None else as_file(record)


def _notes() -> bool:
    return request.args.get("notes") == "yes"


def _asked_for(record: DecisionRecord) -> Explanation:
    return explanation.for_staff(record, notes=_notes())


def _records(review: Review) -> tuple[Sequence[DecisionRecord], str]:
    """The records of a case that whoever looks may see, and why there are none, should there be none.

    None is shown while an appeal has opened the case again: its findings are still those of before, and a second person
    finds for themselves first.
    """
    hidden = "" if review.decided_at else beside.of_case(db.session, review, by=the_user()).hidden
    return ((), hidden) if hidden else (explanation.of_case(db.session, review.id), NOT_YET)


def _to_the_case(review: Review, why: str) -> ResponseReturnValue:
    flash(why, "notice")
    return redirect(url_for("reviews.case_view", review_id=review.id))
