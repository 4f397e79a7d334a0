"""The panel for assessors, moderators and scheme staff."""

from flask import Flask
from flask_admin import Admin

from charter.account.models import User
from charter.admin.appeals import AppealsView
from charter.admin.award_steps import StepsView
from charter.admin.awards import AwardsView
from charter.admin.base import PanelHome
from charter.admin.claims import ClaimsView
from charter.admin.concerns import ConcernsView
from charter.admin.crosswalk import CrosswalkView
from charter.admin.desk import DeskView
from charter.admin.drafts import DraftsView
from charter.admin.duplicates import DuplicatesView
from charter.admin.explanations import ExplanationsView
from charter.admin.frameworks import FrameworksView
from charter.admin.interests import DeclaredView, InterestsView
from charter.admin.meetings.meetings import MeetingsView
from charter.admin.messages import MessagesView
from charter.admin.organisations import OrganisationsView
from charter.admin.partners import PartnersView
from charter.admin.people import PeopleView
from charter.admin.phrases import PhrasesView
from charter.admin.programmes import ProgrammesView, RequestsView
from charter.admin.quality import QualityView
from charter.admin.recognitions import RecognitionsView
from charter.admin.returns import ReturnsView
from charter.admin.reviews import ReviewsView
from charter.admin.scans import ScansView
from charter.admin.second_looks import SecondLooksView
from charter.admin.time_spent import StopsView
from charter.admin.trail import TrailView
from charter.admin.yearly import YearlyReturnsView
from charter.aftercare.models import Appeal, AwardStep, Concern
from charter.audit import AuditEvent
from charter.award.models import Award
from charter.award.yearly.models import YearlyReturn
from charter.extensions import db
from charter.framework.models import Framework
from charter.improvement.models import Programme, ProgrammeRequest
from charter.notification.models import Message
from charter.organisation.models import Conflict, Organisation, Recognition
from charter.panel.models import Meeting, Partner
from charter.reporting.models import Return
from charter.review.phrases import Phrase
from charter.succession.models import Claim


def register_admin(app: Flask) -> Admin:
    """Build the panel: its menu, in groups and in order."""
    panel = Admin(app, name="Panel", index_view=PanelHome())
    groups = ("Casework", "After the award", "Partners’ panel", "Employers", "Charter", "Scheme")
    cases, awards, partners, employers, charter, scheme = ({"category": name} for name in groups)
    panel.add_view(ReviewsView(name="Cases", endpoint="reviews", **cases))
    panel.add_view(DeskView(name="People at the desk", endpoint="desk", **cases))
    panel.add_view(InterestsView(name="My interests", endpoint="interests", **cases))
    panel.add_view(
        DeclaredView(Conflict, db, name="Declared interests", endpoint="declared", url="declared-interests", **cases)
    )
    panel.add_view(SecondLooksView(name="Second looks", endpoint="second_looks", url="second-looks", **cases))
    panel.add_view(ExplanationsView(name="Explanations", endpoint="explanations", **cases))
    panel.add_view(PhrasesView(Phrase, db, name="Feedback phrases", endpoint="phrases", **cases))
    panel.add_view(QualityView(name="Quality of work", endpoint="quality", **cases))
    panel.add_view(ScansView(name="Virus scans", endpoint="scans", **cases))
    panel.add_view(AwardsView(Award, db, name="Awards", endpoint="awards", **awards))
    panel.add_view(
        YearlyReturnsView(YearlyReturn, db, name="Yearly figures", endpoint="yearly", url="yearly-figures", **awards)
    )
    panel.add_view(ConcernsView(Concern, db, name="Concerns", endpoint="concerns", **awards))
    panel.add_view(
        StepsView(AwardStep, db, name="Suspending and revoking", endpoint="steps", url="award-steps", **awards)
    )
    panel.add_view(AppealsView(Appeal, db, name="Appeals", endpoint="appeals", **awards))
    panel.add_view(MeetingsView(Meeting, db, name="Meetings", endpoint="meetings", **partners))
    panel.add_view(PartnersView(Partner, db, name="Partners", endpoint="partners", **partners))
    panel.add_view(
        OrganisationsView(Organisation, db, name="Employers", endpoint="organisations", url="employers", **employers)
    )
    panel.add_view(ClaimsView(Claim, db, name="Claims to employers", endpoint="claims", **employers))
    panel.add_view(DuplicatesView(name="Employers here twice", endpoint="duplicates", **employers))
    panel.add_view(
        RecognitionsView(Recognition, db, name="Awards of other schemes", endpoint="recognitions", **employers)
    )
    panel.add_view(FrameworksView(Framework, db, name="Versions of the charter", endpoint="frameworks", **charter))
    panel.add_view(DraftsView(name="The next version", endpoint="drafts", url="framework-drafts", **charter))
    panel.add_view(CrosswalkView(name="Other schemes", endpoint="crosswalk", **charter))
    panel.add_view(StopsView(name="Where employers stop", endpoint="stops", **charter))
    panel.add_view(ProgrammesView(Programme, db, name="Services", endpoint="programmes", url="services", **charter))
    panel.add_view(RequestsView(ProgrammeRequest, db, name="Requests for services", endpoint="requests", **charter))
    panel.add_view(ReturnsView(Return, db, name="Values of measures", endpoint="returns", **scheme))
    panel.add_view(PeopleView(User, db, name="People", endpoint="people", **scheme))
    panel.add_view(MessagesView(Message, db, name="Messages", endpoint="messages", **scheme))
    panel.add_view(TrailView(AuditEvent, db, name="Who did what", endpoint="trail", **scheme))
    return panel
