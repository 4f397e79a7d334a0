"""The phrases that the demo's team keeps for its feedback."""

from datetime import date, timedelta

from charter.account.models import User
from charter.demo.people import Staff, at
from charter.extensions import transaction
from charter.framework import publishing
from charter.framework.content import Extent
from charter.review import phrases

ANY = (
    "Thank you. Your evidence is clear, and shows that this is in use.",
    "This is good to see. Tell other employers about it: it is a good example.",
)
MET = ("This meets what the charter asks. Keep the evidence up to date for next time.",)
PART = (
    "You have made a good start. To meet this, write down who does it and by when.",
    "What you have is sound, but it does not reach all of your staff yet.",
)
NOT = ("We could not see this in your evidence. Your plan says what to do next.",)
ASKS = (
    "Please send one that you used in the last 12 months.",
    "Please tell us which of your staff this covers.",
    "The file shows what you mean to do. Please show us that it was done.",
)


def add(staff: Staff, *, on: date) -> None:
    """Keep some phrases, change one of them, and take one out of use."""
    with transaction() as session:
        content = publishing.current(session).content
        assessors = [session.get_one(User, one) for one in staff.assessors]
        of = {one.extent: one.value for one in content.outcomes if not one.asks_employer}
        asks = next((one.value for one in content.outcomes if one.asks_employer), "")
        lists = [
            (ANY, ""),
            (MET, of[Extent.MET]),
            (PART, of[Extent.IN_PROGRESS]),
            (NOT, of[Extent.NOT_MET]),
            (ASKS, asks),
        ]
        kept = [
            phrases.add(
                session,
                content,
                text=text,
                criterion="",
                outcome=outcome,
                by=assessors[number % len(assessors)],
                at=at(on - timedelta(days=60)),
            )
            for texts, outcome in lists
            for number, text in enumerate(texts)
        ]
        first = content.asked(1)[0]
        phrases.add(
            session,
            content,
            text="Please tell us on which day your staff were told who this is.",
            criterion=first.code,
            outcome=asks,
            by=assessors[-1],
            at=at(on - timedelta(days=30)),
        )
        session.flush()  # so that they have a version to change
        phrases.change(
            session,
            content,
            kept[0],
            text="Thank you. Your evidence is clear and shows that you do this.",
            criterion="",
            outcome="",
            seen_version=kept[0].version,
            by=assessors[-1],
            at=at(on - timedelta(days=20)),
        )
        phrases.retire(session, kept[1], by=assessors[0], at=at(on - timedelta(days=10)))
