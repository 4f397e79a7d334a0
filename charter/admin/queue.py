"""The queue and how cases come to people: take the next one, give many out, give one to somebody else."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload
from wtforms.fields.choices import SelectChoice

from charter.account import away
from charter.admin.base import ActionView, on
from charter.admin.desk_forms import ReassignForm, TakeForm
from charter.clock import local_date, now, today
from charter.csv_cells import MARK, harmless
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.organisation import interests
from charter.panel import queries as panel
from charter.permissions import Permission
from charter.review.handing_out import allocating, next_case, queue, workload
from charter.review.handing_out.queue import Asked, Order, QueueRow
from charter.review.models import Review
from charter.review.status import ReviewStatus
from charter.web.access import the_user
from charter.web.forms import EmptyForm, id_in, page_asked_for

BAD = 400
COLUMNS = (
    "employer",
    "county",
    "level",
    "round",
    "stage",
    "assessor",
    "came_in_on",
    "decision_due_on",
    "working_days_used_by_us",
    "of_working_days",
    "working_days_used_by_employer",
    "overdue",
    "answer_due_on",
    "answer_late",
    "address",
)
SHARE = "share"
"""In an address: share out by workload, instead of giving all to one person."""


class QueuePages(ActionView):
    """The pages of `ReviewsView` about the queue as a whole."""

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """The queue. What narrows it is in the address, so that it can be kept."""
        asked, on_day = narrowed(request.args, the_user().id), today()
        found = queue.find(db.session, asked, by=the_user(), on=on_day)
        page: str = self.render(
            "admin/reviews/index.html",
            found=found,
            glance=panel.glance(db.session, on=on_day),
            asked=asked,
            kept=kept(asked, the_user().id),
            content=publishing.current(db.session).content,
            assessors=queue.assessors(db.session),
            away=away.until(db.session, on=on_day),
            stages=queue.STAGES,
            closed=[status for status in ReviewStatus if status not in queue.STAGES],
            orders=Order,
            hides=bool(interests.of(the_user())),
            seen=_stamp(next_case.last_taken_at(db.session, the_user())),
            most=allocating.MOST_AT_ONCE,
        )
        return page

    @expose("/cases.csv")
    def csv_view(self) -> ResponseReturnValue:
        """What the queue shows, on all its pages, as a spreadsheet reads it."""
        asked, on_day = narrowed(request.args, the_user().id), today()
        rows = queue.every(db.session, asked, by=the_user(), on=on_day)
        response = Response(stream_with_context(_lines(rows)), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="cases-{on_day.isoformat()}.csv"'
        response.headers["Cache-Control"] = "private, no-store"
        return response

    @expose("/next", methods=("GET", "POST"))
    @on(Permission.TAKE_CASES)
    def next_view(self) -> ResponseReturnValue:
        """Take the case that is due first of those one may have."""
        form = TakeForm(data={"seen": _stamp(next_case.last_taken_at(db.session, the_user()))})
        if form.validate_on_submit():
            at = now()
            with transaction() as session:
                review = next_case.take(session, seen=_moment(form.seen.data), by=the_user(), at=at, on=today())
                is_new = review.claimed_at == at
            flash(
                "This case is yours now. It was due first of those you can have."
                if is_new
                else "You were given this case since you opened that page. It is your newest.",
                "success" if is_new else "notice",
            )
            return redirect(url_for(".case_view", review_id=review.id))
        has = workload.held(db.session, [the_user().id]).get(the_user().id, 0)
        page: str = self.render(
            "admin/reviews/next.html",
            form=form,
            has=has,
            limit=workload.most(db.session),
            away_until=away.until(db.session, on=today()).get(the_user().id),
        )
        return page

    @expose("/allocate", methods=("GET", "POST"))
    @on(Permission.ALLOCATE_CASES)
    def allocate_view(self) -> ResponseReturnValue:
        """Give many cases out. The address says which and to whom; the page, who would get what; its button does it."""
        form, on_day = EmptyForm(), today()
        asked = narrowed(request.args, the_user().id)
        ids = list(dict.fromkeys(found for text in request.args.getlist("case") if (found := id_in(text))))
        number = page_asked_for(request.args.get("oldest")) if request.args.get("oldest") else 0
        if not ids and number:
            ids = queue.oldest_waiting(
                db.session, asked, min(number, allocating.MOST_AT_ONCE), by=the_user(), on=on_day
            )
        to = id_in(request.args.get("to"))
        if form.validate_on_submit():
            chosen = [found for text in request.form.getlist("case") if (found := id_in(text))]
            with transaction() as session:
                given = allocating.give(
                    session,
                    chosen,
                    to=to,
                    confirmed=request.form.getlist("gift"),
                    by=the_user(),
                    at=now(),
                    on=on_day,
                )
            done = "1 case is given out" if len(given) == 1 else f"{len(given)} cases are given out"
            flash(f"{done}. Each person is told in one email." if given else "These cases are given out.", "success")
            return redirect(url_for(".index_view", **kept(replace(asked, page=1), the_user().id)))
        plan, problem = None, None
        try:
            plan = allocating.plan(db.session, ids, to=to, by=the_user(), on=on_day)
        except Refusal as refusal:
            problem = str(refusal)
        page: str = self.render(
            "admin/reviews/allocate.html",
            form=form,
            plan=plan,
            problem=problem,
            ids=ids,
            to=to,
            asked=asked,
            kept=kept(asked, the_user().id),
            assessors=queue.assessors(db.session),
        )
        return page

    @expose("/<uuid:review_id>/reassign", methods=("GET", "POST"))
    @on(Permission.REASSIGN_CASE, Review, joinedload(Review.assessment))
    def reassign_view(self, review: Review) -> ResponseReturnValue:
        """Give a case to somebody else, with a reason."""
        form = ReassignForm(data={"seen": str(review.assessor_id or "")})
        people = allocating.can_have(db.session, review, on=today())
        form.to.choices = [SelectChoice(str(hand.id), hand.name) for hand, _ in people]
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    allocating.reassign(
                        session,
                        review,
                        to=UUID(form.to.data),
                        reason=form.reason.data or "",
                        seen=id_in(form.seen.data),
                        by=the_user(),
                        at=now(),
                        on=today(),
                    )
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The case is given to somebody else. They are told.", "success")
                return redirect(url_for(".case_view", review_id=review.id))
        page = self.render(
            "admin/reviews/reassign.html",
            review=review,
            form=form,
            hints={
                str(hand.id): why or f"{hand.cases} open {'case' if hand.cases == 1 else 'cases'}"
                for hand, why in people
            },
            movable=review.status in allocating.MOVABLE,
        )
        return page, BAD if form.errors else 200


def _lines(rows: Iterator[QueueRow]) -> Iterator[str]:
    """A CSV, in pieces."""
    text, on_day = io.StringIO(), today()
    writer = csv.writer(text)
    text.write(MARK)
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows, 1):
        clock = row.clock(on_day)
        writer.writerow(
            (
                harmless(row.employer),
                row.county,
                row.level,
                row.round,
                row.status.label,
                harmless(row.assessor or ""),
                local_date(row.waiting_since).isoformat(),
                row.due_on.isoformat(),
                clock.ours,
                row.target_days,
                clock.theirs,
                "yes" if row.is_overdue(on_day) else "no",
                row.answer_by.isoformat() if row.answer_by and row.status is ReviewStatus.WITH_EMPLOYER else "",
                "yes" if row.is_late(on_day) else "no",
                f"/admin/reviews/{row.id}",
            )
        )
        if number % 500 == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def narrowed(args: Any, me: UUID) -> Asked:
    """What the address asks of the queue; what makes no sense is left out. `me` is whose cases "mine" are."""
    return Asked(
        status=next((status for status in ReviewStatus if status.value == args.get("status")), None),
        county=args.get("county") or None,
        level=args.get("level", type=int),
        assessor=me if args.get("mine") else args.get("assessor", type=UUID),
        nobody=args.get("assessor") == "nobody",
        overdue=bool(args.get("overdue")),
        away=bool(args.get("away")),
        late=bool(args.get("late")),
        search=(args.get("search") or "").strip()[:100],
        order=next((order for order in Order if order.value == args.get("order")), Order.DUE),
        page=page_asked_for(args.get("page")),
    )


def kept(asked: Asked, me: UUID) -> dict[str, Any]:
    """The same for an address: what `narrowed` reads, and nothing that says nothing."""
    mine = asked.assessor == me
    found = {
        "search": asked.search,
        "status": asked.status.value if asked.status else None,
        "county": asked.county,
        "level": asked.level,
        "assessor": "nobody" if asked.nobody else None if mine else asked.assessor,
        "mine": "yes" if mine else None,
        "overdue": "yes" if asked.overdue else None,
        "away": "yes" if asked.away else None,
        "late": "yes" if asked.late else None,
        "order": asked.order.value if asked.order is not Order.DUE else None,
    }
    return {name: value for name, value in found.items() if value}


def _stamp(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else None
