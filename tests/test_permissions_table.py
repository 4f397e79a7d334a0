"""Who may open what: a table of person, route and expected answer, with a row for every route there is."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import time, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from charter import worker
from charter.account import away, links
from charter.account.models import LinkPurpose, User
from charter.account.sessions import hashed
from charter.aftercare import concerns, raising, steps
from charter.aftercare.models import Appeal
from charter.aftercare.raising import Told
from charter.aftercare.status import AppealStatus, Deed
from charter.assessment import comments, evidence
from charter.assessment.file_checks import Checked, FileKind
from charter.assessment.models import Assessment
from charter.audit import AuditEvent
from charter.award import status_list
from charter.clock import now, today
from charter.extensions import db, transaction
from charter.merging import duplicates
from charter.merging.models import LikelyPair
from charter.notification.models import Message
from charter.organisation import interests, recognition, team
from charter.organisation.models import MemberRole, Membership, Organisation
from charter.panel import partners, planning
from charter.panel.models import Item, Seat
from charter.reporting import quality, returns, targets
from charter.reporting.exports import TABLES
from charter.review import phrases
from charter.review.models import Review
from charter.succession import asking, transferring
from charter.succession.models import Afterwards, Claim, ClaimNotice, Ground, Matched
from charter.succession.status import ClaimStatus
from charter.versions import drafting
from tests.conftest import browser
from tests.factories import CLEAN, Factory

PEOPLE = ("nobody", "owner", "colleague", "stranger", "assessor", "moderator", "administrator", "board_member")
"""The owner and the colleague belong to the employer that the table is about, the stranger owns another one."""

EVERYBODY = "oooooooo"
SIGNED_IN = "?ooooooo"
EMPLOYERS = "?ooo----"
MEMBERS = "?oo.---."
OWNERS = "?o-.---."
STAFF = "?---oooo"
SCHEME = "?---ooo-"
DESK = "?---oo--"
MODERATORS = "?----o--"
REVOKERS = "?----oo-"
PANEL = "?----oo."
ADMINISTRATORS = "?-----o-"
BOARD = "?----ooo"
EVIDENCE = "?oo.oo-."
"""One letter for each of the people: o the page opens or leads on, ? they are asked to sign in, - it is refused (403),
. it is not there (404), x the link is used up (410)."""

OF_A_BADGE = ("badge", "badge.json", "badge.jwt", "status.svg")
TABLE: Mapping[str, str] = {
    # The public ------------------------------------------------------------------------------------------------------
    "/": EVERYBODY,
    "/.well-known/jwks.json": EVERYBODY,
    "/.well-known/security.txt": EVERYBODY,
    "/accessibility": EVERYBODY,
    "/certificates": EVERYBODY,
    "/certificates/log": EVERYBODY,
    "/certificates/log/head": EVERYBODY,
    "/certificates/<code>": EVERYBODY,
    "/certificates/<code>.pdf": EVERYBODY,
    "/certificates/<code>/badge": EVERYBODY,
    "/certificates/<code>/badge.json": EVERYBODY,
    "/certificates/<code>/badge.jwt": EVERYBODY,
    "/certificates/<code>/status.svg": EVERYBODY,
    "/certificates/status/<purpose>/<int:list_number>": EVERYBODY,
    "/certificates/<code>/concern": EVERYBODY,
    "/concern/<reference>": EVERYBODY,
    "/cookies": EVERYBODY,
    "/criteria": EVERYBODY,
    "/criteria/<version>": EVERYBODY,
    "/criteria/<version>/level-<int:rank>.json": EVERYBODY,
    "/criteria/<version>/level-<int:rank>.svg": EVERYBODY,
    "/employers": EVERYBODY,
    "/employers.csv": EVERYBODY,
    "/employers.json": EVERYBODY,
    "/employers/<uuid:organisation_id>": EVERYBODY,
    "/employers/<uuid:organisation_id>/concern": EVERYBODY,
    "/health": EVERYBODY,
    "/issuer.json": EVERYBODY,
    "/issuer/keys/<key_id>": EVERYBODY,
    "/privacy": EVERYBODY,
    "/ready": EVERYBODY,
    "/robots.txt": EVERYBODY,
    "/security": EVERYBODY,
    "/services": EVERYBODY,
    "/services/<code>": EVERYBODY,
    "/services/<code>/ask": EMPLOYERS,
    "/services/guide.pdf": EVERYBODY,
    "/static/<path:filename>": EVERYBODY,
    "/sign-off/<token>": EVERYBODY,
    "/sign-off/<token>/approve": EVERYBODY,
    "/sign-off/<token>/send-back": EVERYBODY,
    "/survey": EVERYBODY,
    "/survey/<code>": EVERYBODY,
    "/survey/thank-you": EVERYBODY,
    # Accounts --------------------------------------------------------------------------------------------------------
    "/account": SIGNED_IN,
    "/account/email": SIGNED_IN,
    "/account/home": SIGNED_IN,
    "/account/name": SIGNED_IN,
    "/account/password": SIGNED_IN,
    "/account/second-factor": SIGNED_IN,
    "/account/sign-out-elsewhere": SIGNED_IN,
    "/confirm-email/<token>": EVERYBODY,
    "/forgot-password": EVERYBODY,
    "/forgot-password/check-your-email": EVERYBODY,
    "/invitations/<token>": EVERYBODY,
    "/reset-password/<token>": EVERYBODY,
    "/sign-in": EVERYBODY,
    "/sign-in/code": "????????",  # only between the password and the code
    "/sign-out": "xxxxxxxx",  # a button, not a page
    "/sign-up": EVERYBODY,
    "/sign-up/check-your-email": EVERYBODY,
    # Employers -------------------------------------------------------------------------------------------------------
    "/dashboard": EMPLOYERS,
    "/dashboard/<uuid:organisation_id>": MEMBERS,
    "/dashboard/employers": EMPLOYERS,
    "/organisations/new": EMPLOYERS,
    "/organisations/join": EMPLOYERS,
    "/organisations/<uuid:organisation_id>": MEMBERS,
    "/organisations/<uuid:organisation_id>/assessments/new": MEMBERS,
    "/organisations/<uuid:organisation_id>/edit": OWNERS,
    "/organisations/<uuid:organisation_id>/claim": EMPLOYERS,  # the stranger has asked to join; see below
    "/organisations/<uuid:organisation_id>/decisions": MEMBERS,
    "/organisations/<uuid:organisation_id>/evidence": MEMBERS,
    "/organisations/<uuid:organisation_id>/evidence.zip": MEMBERS,
    "/organisations/<uuid:organisation_id>/evidence/<uuid:evidence_id>": MEMBERS,
    "/organisations/<uuid:organisation_id>/evidence/<uuid:evidence_id>/details": MEMBERS,
    "/organisations/<uuid:organisation_id>/evidence/<uuid:evidence_id>/remove": MEMBERS,
    "/organisations/<uuid:organisation_id>/evidence/<uuid:evidence_id>/replace": MEMBERS,
    "/organisations/<uuid:organisation_id>/evidence/add": MEMBERS,
    "/organisations/<uuid:organisation_id>/evidence/use": MEMBERS,
    "/organisations/<uuid:organisation_id>/export": OWNERS,
    "/organisations/<uuid:organisation_id>/leave": MEMBERS,
    "/organisations/<uuid:organisation_id>/figures": MEMBERS,
    "/organisations/<uuid:organisation_id>/plan": MEMBERS,
    "/organisations/<uuid:organisation_id>/plan.ics": MEMBERS,
    "/organisations/<uuid:organisation_id>/plan.pdf": MEMBERS,
    "/organisations/<uuid:organisation_id>/plan/<uuid:action_id>": MEMBERS,
    "/organisations/<uuid:organisation_id>/plan/<uuid:action_id>/done": MEMBERS,
    "/organisations/<uuid:organisation_id>/plan/<uuid:action_id>/drop": MEMBERS,
    "/organisations/<uuid:organisation_id>/plan/<uuid:action_id>/open-again": MEMBERS,
    "/organisations/<uuid:organisation_id>/plan/new": MEMBERS,
    "/organisations/<uuid:organisation_id>/recognitions": MEMBERS,
    "/organisations/<uuid:organisation_id>/recognitions/<uuid:recognition_id>/proof": OWNERS,
    "/organisations/<uuid:organisation_id>/recognitions/<uuid:recognition_id>/take-back": OWNERS,
    "/organisations/<uuid:organisation_id>/recognitions/new": OWNERS,
    "/organisations/<uuid:organisation_id>/renew": MEMBERS,
    "/organisations/<uuid:organisation_id>/schemes": MEMBERS,
    "/organisations/<uuid:organisation_id>/schemes/<code>": MEMBERS,
    "/organisations/<uuid:organisation_id>/schemes/<code>/summary.pdf": MEMBERS,
    "/organisations/<uuid:organisation_id>/services": MEMBERS,
    "/organisations/<uuid:organisation_id>/services/<code>/ask": MEMBERS,
    "/organisations/<uuid:organisation_id>/sites": OWNERS,
    "/organisations/<uuid:organisation_id>/surveys": MEMBERS,
    "/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>": MEMBERS,
    "/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>/close": OWNERS,
    "/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>/codes": OWNERS,
    "/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>/evidence": MEMBERS,
    "/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>/poster.pdf": MEMBERS,
    "/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>/results.pdf": MEMBERS,
    "/organisations/<uuid:organisation_id>/surveys/new": OWNERS,
    "/organisations/<uuid:organisation_id>/team": MEMBERS,
    "/organisations/<uuid:organisation_id>/team/<uuid:member_id>/remove": OWNERS,
    "/organisations/<uuid:organisation_id>/team/<uuid:member_id>": OWNERS,
    "/organisations/<uuid:organisation_id>/team/domains": OWNERS,
    "/organisations/<uuid:organisation_id>/team/hand-over": OWNERS,
    "/organisations/<uuid:organisation_id>/team/requests/<uuid:request_id>": OWNERS,
    "/organisations/<uuid:organisation_id>/team/invitations/<uuid:invitation_id>": OWNERS,
    "/organisations/<uuid:organisation_id>/team/invite": OWNERS,
    "/award-steps/<uuid:award_step_id>/appeal": OWNERS,
    "/award-steps/<uuid:award_step_id>/reply": OWNERS,
    "/concerns/<uuid:concern_id>/answer": OWNERS,
    "/claims/<uuid:claim_id>": "?ooo---.",  # the stranger's claim
    "/claims/<uuid:claim_id>/mail-again": "?--o---.",  # the stranger's own claim
    "/claims/my-mailbox/<token>": EVERYBODY,
    "/claims/still-here/<token>": EVERYBODY,
    "/join-requests/<uuid:join_request_id>": "?--o---.",  # the stranger's request
    "/transfers/<uuid:transfer_id>": MEMBERS,  # the owner offers, the colleague answers
    "/transfers/<uuid:transfer_id>/undo": MEMBERS,
    "/assessments/<uuid:assessment_id>": MEMBERS,
    "/assessments/<uuid:assessment_id>/appeal": OWNERS,
    "/assessments/<uuid:assessment_id>/check": MEMBERS,
    "/assessments/<uuid:assessment_id>/criteria/<code>": MEMBERS,
    "/assessments/<uuid:assessment_id>/criteria/<code>/comments/<uuid:comment_id>": MEMBERS,
    "/assessments/<uuid:assessment_id>/criteria/<code>/evidence": MEMBERS,
    "/assessments/<uuid:assessment_id>/criteria/<code>/evidence/<uuid:evidence_id>/place": MEMBERS,
    "/assessments/<uuid:assessment_id>/criteria/<code>/evidence/<uuid:evidence_id>/remove": MEMBERS,
    "/assessments/<uuid:assessment_id>/declarations": MEMBERS,
    "/assessments/<uuid:assessment_id>/evidence": MEMBERS,
    "/assessments/<uuid:assessment_id>/evidence.zip": EVIDENCE,
    "/assessments/<uuid:assessment_id>/figures": MEMBERS,
    "/assessments/<uuid:assessment_id>/explanation": MEMBERS,
    "/assessments/<uuid:assessment_id>/explanation.json": MEMBERS,
    "/assessments/<uuid:assessment_id>/explanation.pdf": MEMBERS,
    "/assessments/<uuid:assessment_id>/history": MEMBERS,
    "/assessments/<uuid:assessment_id>/last-time": MEMBERS,
    "/assessments/<uuid:assessment_id>/newer-version": MEMBERS,
    "/assessments/<uuid:assessment_id>/level": MEMBERS,
    "/assessments/<uuid:assessment_id>/quick/<theme>": MEMBERS,
    "/assessments/<uuid:assessment_id>/sharing": MEMBERS,
    "/assessments/<uuid:assessment_id>/sharing/<code>": MEMBERS,
    "/assessments/<uuid:assessment_id>/sign-off": OWNERS,
    "/assessments/<uuid:assessment_id>/sign-off/<uuid:sign_off_id>/remind": OWNERS,
    "/assessments/<uuid:assessment_id>/sign-off/<uuid:sign_off_id>/take-back": OWNERS,
    "/assessments/<uuid:assessment_id>/spreadsheet": MEMBERS,
    "/assessments/<uuid:assessment_id>/spreadsheet.xlsx": MEMBERS,
    "/assessments/<uuid:assessment_id>/spreadsheet/check": MEMBERS,
    "/assessments/<uuid:assessment_id>/spreadsheet/saved": MEMBERS,
    "/assessments/<uuid:assessment_id>/submit": OWNERS,
    "/assessments/<uuid:assessment_id>/submitted": MEMBERS,
    "/assessments/<uuid:assessment_id>/target": MEMBERS,
    "/assessments/<uuid:assessment_id>/withdraw": OWNERS,
    "/yearly-returns/<uuid:yearly_return_id>": MEMBERS,
    "/yearly-returns/<uuid:yearly_return_id>/send": OWNERS,
    "/yearly-returns/<uuid:yearly_return_id>/sent": MEMBERS,
    "/evidence/<uuid:evidence_id>/download": EVIDENCE,
    "/evidence/<uuid:evidence_id>/preview": EVIDENCE,
    "/evidence/<uuid:evidence_id>/preview/<int:number>": EVIDENCE,
    # The panel -------------------------------------------------------------------------------------------------------
    "/admin/": STAFF,
    "/admin/reviews/": SCHEME,
    "/admin/scans/": SCHEME,
    "/admin/reviews/<uuid:review_id>": SCHEME,
    "/admin/reviews/allocate": REVOKERS,
    "/admin/reviews/patience": REVOKERS,
    "/admin/reviews/cases.csv": SCHEME,
    "/admin/reviews/next": DESK,
    "/admin/reviews/<uuid:review_id>/reassign": REVOKERS,
    "/admin/desk/": SCHEME,
    "/admin/desk/away": SCHEME,
    "/admin/desk/workload": REVOKERS,
    "/admin/desk/<uuid:user_id>/away": SCHEME,  # the assessor's
    "/admin/desk/<uuid:user_id>/away/<uuid:away_id>/end": SCHEME,
    "/admin/interests/": SCHEME,
    "/admin/interests/add": SCHEME,
    "/admin/interests/add/<uuid:employer_id>": SCHEME,
    "/admin/interests/add/not-registered": SCHEME,
    "/admin/interests/<uuid:interest_id>/ask-to-end": "?---o..-",  # the assessor's own
    "/admin/interests/to-come/<uuid:interest_id>/take-back": "?---o..-",
    "/admin/declared-interests/<uuid:conflict_id>/answer": REVOKERS,  # somebody else's
    "/admin/reviews/<uuid:review_id>/ask": DESK,
    "/admin/reviews/<uuid:review_id>/go-on": DESK,
    "/admin/reviews/<uuid:review_id>/more-time": DESK,
    "/admin/reviews/<uuid:review_id>/claim": DESK,
    "/admin/reviews/<uuid:review_id>/conflict": DESK,
    "/admin/reviews/<uuid:review_id>/evidence/<uuid:evidence_id>/turn-down": DESK,
    "/admin/reviews/<uuid:review_id>/findings": DESK,
    "/admin/reviews/<uuid:review_id>/moderate": MODERATORS,
    "/admin/reviews/<uuid:review_id>/phrases.json": DESK,
    "/admin/reviews/<uuid:review_id>/recommend": DESK,
    "/admin/reviews/<uuid:review_id>/rest-met": DESK,
    "/admin/reviews/<uuid:review_id>/release": DESK,
    "/admin/second-looks/": SCHEME,
    "/admin/second-looks/lots.csv": SCHEME,
    "/admin/second-looks/share": ADMINISTRATORS,
    "/admin/second-looks/agreement": REVOKERS,
    "/admin/second-looks/agreement.csv": REVOKERS,
    "/admin/second-looks/<uuid:review_id>": DESK,
    "/admin/second-looks/<uuid:review_id>/take": DESK,
    "/admin/second-looks/<uuid:review_id>/give-back": DESK,
    "/admin/second-looks/<uuid:review_id>/compare": DESK,
    "/admin/second-looks/<uuid:review_id>/settle/<criterion>": DESK,
    "/admin/second-looks/<uuid:review_id>/change/<criterion>": MODERATORS,
    "/admin/second-looks/<uuid:review_id>/conversation": DESK,
    "/admin/phrases/<uuid:phrase_id>/change": SCHEME,
    "/admin/phrases/<uuid:phrase_id>/retire": SCHEME,
    "/admin/phrases/add": SCHEME,
    "/admin/employers/recognitions/<uuid:recognition_id>/check": SCHEME,
    "/admin/employers/recognitions/<uuid:recognition_id>/decline": SCHEME,
    "/admin/employers/recognitions/<uuid:recognition_id>/proof": SCHEME,
    "/admin/employers/recognitions/<uuid:recognition_id>/take-back": SCHEME,
    "/admin/employers/recognitions/<uuid:recognition_id>/turn-down-proof": SCHEME,
    "/admin/claims/<uuid:claim_id>/grant": ADMINISTRATORS,
    "/admin/claims/<uuid:claim_id>/refuse": ADMINISTRATORS,
    "/admin/duplicates/": ADMINISTRATORS,
    "/admin/duplicates/<uuid:organisation_id>": ADMINISTRATORS,
    "/admin/duplicates/<uuid:first_id>/<uuid:second_id>": ADMINISTRATORS,
    "/admin/duplicates/<uuid:first_id>/<uuid:second_id>/preview": ADMINISTRATORS,
    "/admin/duplicates/pairs/<uuid:likely_pair_id>/dismiss": ADMINISTRATORS,
    "/admin/frameworks/<uuid:framework_id>/close": ADMINISTRATORS,
    "/admin/frameworks/<uuid:framework_id>/export": SCHEME,
    "/admin/frameworks/<uuid:framework_id>/waiting": SCHEME,
    "/admin/frameworks/longer/<uuid:assessment_id>": ADMINISTRATORS,
    "/admin/framework-drafts/": SCHEME,
    "/admin/framework-drafts/compare": SCHEME,
    "/admin/framework-drafts/import": ADMINISTRATORS,
    "/admin/framework-drafts/start": ADMINISTRATORS,
    "/admin/framework-drafts/<uuid:framework_draft_id>/": SCHEME,
    "/admin/framework-drafts/<uuid:framework_draft_id>/discard": ADMINISTRATORS,
    "/admin/framework-drafts/<uuid:framework_draft_id>/export": SCHEME,
    "/admin/framework-drafts/<uuid:framework_draft_id>/parts/<part>/<piece>": ADMINISTRATORS,
    "/admin/framework-drafts/<uuid:framework_draft_id>/parts/<part>/<piece>/take-out": ADMINISTRATORS,
    "/admin/framework-drafts/<uuid:framework_draft_id>/parts/<part>/add": ADMINISTRATORS,
    "/admin/framework-drafts/<uuid:framework_draft_id>/preview/": SCHEME,
    "/admin/framework-drafts/<uuid:framework_draft_id>/preview/<path:rest>": SCHEME,
    "/admin/framework-drafts/<uuid:framework_draft_id>/preview/criteria": SCHEME,
    "/admin/framework-drafts/<uuid:framework_draft_id>/preview/criteria/<piece>": SCHEME,
    "/admin/framework-drafts/<uuid:framework_draft_id>/publish": ADMINISTRATORS,
    "/admin/framework-drafts/<uuid:framework_draft_id>/text": ADMINISTRATORS,
    "/admin/framework-drafts/<uuid:framework_draft_id>/trial": REVOKERS,
    "/admin/framework-drafts/<uuid:framework_draft_id>/trial.csv": REVOKERS,
    "/admin/crosswalk/": SCHEME,
    "/admin/crosswalk/<scheme>/<item>": ADMINISTRATORS,
    "/admin/crosswalk/<scheme>/<item>/published": ADMINISTRATORS,
    "/admin/crosswalk/<scheme>/<item>/take-out": ADMINISTRATORS,
    "/admin/crosswalk/<scheme>/<item>/put-back": ADMINISTRATORS,
    "/admin/crosswalk/<scheme>/items/add": ADMINISTRATORS,
    "/admin/explanations/": SCHEME,
    "/admin/explanations/<uuid:review_id>": SCHEME,
    "/admin/explanations/<uuid:review_id>.json": SCHEME,
    "/admin/explanations/<uuid:review_id>.pdf": SCHEME,
    "/admin/awards/<uuid:award_id>/end-review": REVOKERS,
    "/admin/awards/<uuid:award_id>/propose": REVOKERS,
    "/admin/awards/<uuid:award_id>/restore": REVOKERS,
    "/admin/awards/<uuid:award_id>/review": REVOKERS,
    "/admin/award-steps/<uuid:award_step_id>/carry-out": REVOKERS,
    "/admin/award-steps/<uuid:award_step_id>/drop": REVOKERS,
    "/admin/appeals/<uuid:appeal_id>/decide": REVOKERS,
    "/admin/appeals/<uuid:appeal_id>/give-back": REVOKERS,
    "/admin/appeals/<uuid:appeal_id>/take": REVOKERS,
    "/admin/concerns/<uuid:concern_id>/ask": SCHEME,
    "/admin/concerns/<uuid:concern_id>/note": SCHEME,
    "/admin/concerns/<uuid:concern_id>/put-back": SCHEME,
    "/admin/concerns/<uuid:concern_id>/settle": SCHEME,
    "/admin/concerns/<uuid:concern_id>/take": SCHEME,
    "/admin/meetings/plan": REVOKERS,
    "/admin/meetings/refer/<uuid:review_id>": "?----o-.",  # the board knows of no case by its address
    "/admin/meetings/attendance": STAFF,
    "/admin/meetings/attendance.csv": STAFF,
    "/admin/meetings/<uuid:panel_meeting_id>/agenda.pdf": STAFF,
    "/admin/meetings/<uuid:panel_meeting_id>/minutes.pdf": STAFF,
    "/admin/meetings/<uuid:panel_meeting_id>/agree": PANEL,
    "/admin/meetings/<uuid:panel_meeting_id>/business": PANEL,
    "/admin/meetings/<uuid:panel_meeting_id>/cancel": PANEL,
    "/admin/meetings/<uuid:panel_meeting_id>/cases": PANEL,
    "/admin/meetings/<uuid:panel_meeting_id>/change": PANEL,
    "/admin/meetings/<uuid:panel_meeting_id>/correct": PANEL,
    "/admin/meetings/<uuid:panel_meeting_id>/people/add": PANEL,
    "/admin/meetings/<uuid:panel_meeting_id>/who-came": PANEL,
    "/admin/meetings/items/<uuid:panel_item_id>/record": PANEL,
    "/admin/meetings/items/<uuid:panel_item_id>/take-off": PANEL,
    "/admin/meetings/items/<uuid:panel_item_id>/up": PANEL,
    "/admin/meetings/people/<uuid:panel_seat_id>/remove": PANEL,
    "/admin/partners/add": ADMINISTRATORS,
    "/admin/partners/<uuid:panel_partner_id>/rename": ADMINISTRATORS,
    "/admin/partners/<uuid:panel_partner_id>/retire": ADMINISTRATORS,
    "/admin/people/<uuid:user_id>/close": ADMINISTRATORS,
    "/admin/people/<uuid:user_id>/end-sessions": ADMINISTRATORS,
    "/admin/people/<uuid:user_id>/invite-again": ADMINISTRATORS,
    "/admin/people/<uuid:user_id>/open": ADMINISTRATORS,
    "/admin/people/<uuid:user_id>/role": ADMINISTRATORS,
    "/admin/people/<uuid:user_id>/second-factor": ADMINISTRATORS,
    "/admin/people/invite": ADMINISTRATORS,
    "/admin/returns/add": ADMINISTRATORS,
    "/admin/quality/": SCHEME,
    "/admin/quality/<figures>.csv": SCHEME,
    "/admin/stops/": SCHEME,
    "/admin/stops/questions.csv": SCHEME,
    "/admin/services/add": ADMINISTRATORS,
    "/admin/services/<uuid:programme_id>/change": ADMINISTRATORS,
    "/admin/services/<uuid:programme_id>/confirm": ADMINISTRATORS,
    "/admin/services/<uuid:programme_id>/retire": ADMINISTRATORS,
    # The board -------------------------------------------------------------------------------------------------------
    "/board": BOARD,
    "/board/<table>.csv": BOARD,
    "/board/definitions": BOARD,
}

RECORDS: Mapping[str, str] = {
    "appeals": SCHEME,
    "award-steps": SCHEME,
    "awards": SCHEME,
    "claims": SCHEME,
    "concerns": SCHEME,
    "declared-interests": REVOKERS,
    "employers": SCHEME,
    "frameworks": SCHEME,
    "meetings": STAFF,
    "messages": ADMINISTRATORS,
    "partners": ADMINISTRATORS,
    "people": ADMINISTRATORS,
    "phrases": SCHEME,
    "recognitions": SCHEME,
    "requests": ADMINISTRATORS,
    "returns": ADMINISTRATORS,
    "services": ADMINISTRATORS,
    "trail": REVOKERS,
    "yearly-figures": SCHEME,
}
"""Lists of the panel: each has the pages that Flask-Admin gives it."""
PAGES_OF_RECORDS = ("", "details/", "export/<export_type>/", "new/", "edit/")  # the last two lead back to the list
CALLS_OF_RECORDS = ("ajax/lookup/", "ajax/update/", "action/", "delete/")  # nothing is there, or they lead back

WITHOUT = "0197f1a0-0000-7000-8000-000000000000"
"""An id that nothing has."""
UNKNOWN = {
    "export_type": "csv",
    "number": "1",
    "filename": "none.css",
    "version": "99.9",
    "table": "none",
    "token": "none",
}
USED_UP = {"/confirm-email/<token>", "/invitations/<token>", "/reset-password/<token>"}

People = Mapping[str, FlaskClient]
Fill = Callable[[str], str]


def expected(rule: str) -> str | None:
    """What each of the people is answered there, as the table says; None when it does not say."""
    found = re.fullmatch(r"/admin/([\w-]+)/(.*)", rule)
    if rule not in TABLE and found and found[1] in RECORDS:
        if found[2] in PAGES_OF_RECORDS:
            return RECORDS[found[1]]
        if found[2] in CALLS_OF_RECORDS:
            return RECORDS[found[1]].replace("o", ".")
    return TABLE.get(rule)


def letter(status: int, location: str | None) -> str:
    """An answer in the letters of the table."""
    if status in {302, 303}:
        return "?" if location == "/sign-in" else "o"
    return {200: "o", 403: "-", 404: ".", 405: "x", 410: "x"}.get(status, str(status))


def answers(people: People, address: str, method: str = "GET") -> str:
    """What each of the people is answered at this address."""
    given = [people[name].open(address, method=method) for name in PEOPLE]
    return "".join(letter(one.status_code, one.location) for one in given)


def rules(app: Flask, method: str = "GET") -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if method in (rule.methods or set()))


@pytest.fixture
def people(app: Flask, request: pytest.FixtureRequest) -> People:
    """A browser for each of the people. They read every page they get strictly."""
    found = {}
    for name in PEOPLE:
        found[name] = theirs = browser(app)
        if name != "nobody":
            theirs.sign_in(request.getfixturevalue(name))
    return found


def panel_item(make: Factory, employer: Organisation, assessor: User) -> tuple[Seat, Item]:
    """Somebody who is expected at a meeting of the panel, and a case of the employer on its agenda."""
    with transaction() as session:
        partner = partners.add(session, "The council", by=assessor, at=make.at)
        session.flush()  # for its id
        day = planning.Details(today(), time(14), "County Hall", "Cath Chair", 1)
        meeting = planning.plan(session, day, by=assessor, at=make.at)
        seat = planning.expect(session, meeting, partner, person="Cora Council", by=assessor, at=make.at)
        case = session.scalars(sa.select(Review).join(Review.assessment).where(Assessment.organisation == employer))
        item = Item(meeting_id=meeting.id, position=1, review_id=case.one().id)
        session.add(item)
    return seat, item


@pytest.fixture
def fill(
    app: Flask, make: Factory, employer: Organisation, owner: User, colleague: User, stranger: User, assessor: User
) -> Fill:
    """Writes an address of a route that is about the employer: one that holds an award, with a case in review."""
    award = make.award(employer, on=today() - timedelta(days=360), by=assessor)
    worker.seal_certificates(app)
    yearly = make.yearly_return(award)
    assessment = make.answered(make.assessment(employer, by=owner), by=owner)
    content = assessment.framework.content
    code = content.asked(1)[0].code
    pdf = b"%PDF-1.7 that nobody reads"
    store = app.extensions["charter_store"]
    sha256 = store.put(pdf)
    store.put_beside(sha256, "previews", b"1")
    store.put_beside(sha256, "preview-1.png", b"a picture that nobody sees")
    with transaction() as session:
        piece = evidence.add_file(
            session,
            assessment,
            criteria=[code],
            title="",
            filename="policy.pdf",
            checked=Checked(FileKind.PDF, FileKind.PDF.media_type, "pdf"),
            sha256=sha256,
            size=len(pdf),
            dated_on=None,
            by=owner,
            at=make.at,
            scan=CLEAN,
        )
        held = recognition.state(
            session,
            employer,
            scheme=content.passports[0].scheme,
            level=content.passports[0].level,
            reference="1",
            county=employer.county,
            starts_on=today(),
            ends_on=today().replace(year=today().year + 2, day=1),
            by=owner,
            at=now(),
        )
        session.flush()  # the proof is of something
        recognition.prove(session, held, proof_id=piece.id, by=owner, at=now())
        comment = comments.add(
            session, assessment, criterion=code, text="Who keeps this?", sent_as="1", by=owner, at=now()
        )
        invitation, invited = team.invite(
            session, employer, email="nina@example.org", role=MemberRole.CONTRIBUTOR, by=owner, at=now()
        )
        tokens = {
            purpose: links.create(session, owner, purpose, at=now())
            for purpose in (LinkPurpose.CONFIRM_EMAIL, LinkPurpose.RESET_PASSWORD)
        }
        measure = next(one for one in targets.load_measures(session, by=None, at=now()) if one.takes_returns)
        session.flush()  # for its id
        entered = returns.enter(
            session, measure, value=Decimal(1), as_at=today(), source="A report", by=assessor, at=now()
        )
    make.organisation(employer.name)
    with transaction() as session:
        duplicates.keep(session, duplicates.find(session), at=now())
    pair = db.session.scalars(sa.select(LikelyPair)).one()
    asked, approval = make.asks_for_sign_off(assessment, by=owner)
    make.signs_off(asked, approval)
    with transaction() as session:
        wants_in = asking.ask(session, asking.Match(employer, Matched.COMPANY), message="", by=stranger, at=now())
        offered = transferring.offer(
            session, employer, to=colleague.email, afterwards=Afterwards.STAYS, by=owner, at=now()
        )
        claimed = Claim(
            organisation_id=employer.id,
            user_id=stranger.id,
            address=stranger.email,
            ground=Ground.SILENT,
            message="",
            status=ClaimStatus.WITH_SCHEME,
            claimed_at=now(),
            proof_hash=hashed("my-mailbox"),
            proof_mailed_at=now(),
            reason="",
        )
        session.add(claimed)
        session.flush()  # for its id
        session.add(ClaimNotice(claim_id=claimed.id, user_id=owner.id, token_hash=hashed("still-here")))
    with transaction() as session:
        told = Told(what="Wages are late.", happened="", known_by="I work there.")
        concern = raising.raise_concern(session, award, told, sent_as="1", network="192.0.2.1", at=now())
        session.flush()  # for its id
        concerns.take(session, concern, by=assessor, at=now())
        concerns.ask(session, concern, substance="Wages are late.", by=assessor, at=now(), on=today())
        step = steps.propose(
            session, award, deed=Deed.SUSPEND, reasons="Wages are late.", by=assessor, at=now(), on=today()
        )
        session.flush()  # for its id
        appeal = Appeal(
            organisation_id=employer.id,
            award_step_id=step.id,
            decision_at=now(),
            decision_said="",
            status=AppealStatus.WAITING,
            grounds="We pay in time.",
            raised_at=now(),
            due_on=today(),
        )
        session.add(appeal)
        session.flush()  # for its id
    review = make.claimed(make.submitted(assessment, by=owner), by=assessor)
    with transaction() as session:
        phrase = phrases.add(session, content, text="Thank you.", criterion="", outcome="", by=assessor, at=now())
    elsewhere, unknown = make.organisation("Elsewhere Ltd"), make.organisation("Unknown Ltd")
    other = make.staff("assessor", "Ines Interested")
    with transaction() as session:
        declared = interests.declare(session, elsewhere, reason="Friends.", by=other, at=now())
        own_interest = interests.declare(session, elsewhere, reason="I worked there.", by=assessor, at=now())
        to_come = interests.declare_to_come(
            session, name="Not here", company_number=None, reason="Friends.", by=assessor, at=now()
        )
        gone = away.add(session, assessor, starts_on=today(), ends_on=today(), by=assessor, at=now(), on=today())
    part = db.session.scalars(sa.select(Membership).where(Membership.user_id == colleague.id)).one()
    records = {
        "appeals": appeal.id,
        "award-steps": step.id,
        "awards": award.id,
        "claims": claimed.id,
        "concerns": concern.id,
        "declared-interests": declared.id,
        "employers": employer.id,
        "frameworks": assessment.framework_id,
        "messages": db.session.scalars(sa.select(Message.id)).first(),
        "people": colleague.id,
        "phrases": phrase.id,
        "recognitions": held.id,
        "returns": entered.id,
        "trail": db.session.scalars(sa.select(AuditEvent.id)).first(),
    }
    with transaction() as session:
        drafted = drafting.start(session, assessment.framework, name="The next", by=assessor, at=now())
    survey, codes = make.survey(employer, on=today(), by=owner)
    action = make.action(employer, by=owner)
    named: dict[str, object] = {
        "organisation_id": employer.id,
        "assessment_id": assessment.id,
        "review_id": review.id,
        "action_id": action.id,
        "appeal_id": appeal.id,
        "award_id": award.id,
        "award_step_id": step.id,
        "concern_id": concern.id,
        "reference": concern.reference,
        "phrase_id": phrase.id,
        "comment_id": comment.id,
        "criterion": assessment.framework.content.criteria[0].code,
        "claim_id": claimed.id,
        "join_request_id": wants_in.id,
        "request_id": wants_in.id,
        "transfer_id": offered.id,
        "evidence_id": piece.id,
        "first_id": pair.first_id,
        "second_id": pair.second_id,
        "likely_pair_id": pair.id,
        "invitation_id": invitation.id,
        "member_id": part.id,
        "recognition_id": held.id,
        "sign_off_id": asked.id,
        "survey_id": survey.id,
        "user_id": colleague.id,
        "away_id": gone.id,
        "conflict_id": declared.id,
        "employer_id": unknown.id,
        "framework_id": assessment.framework_id,
        "framework_draft_id": drafted.id,
        "part": "criteria",
        "piece": content.criteria[0].code,
        "rest": "check",
        "interest_id": own_interest.id,
        "code": code,
        "version": assessment.framework.version,
        "export_type": "csv",
        "number": 1,
        "filename": "charter.css",
        "table": next(iter(TABLES)),
        "figures": quality.FILES[0],
        "theme": content.themes[0].code,
        "scheme": content.crosswalk[0].code,
        "item": content.crosswalk[0].items[0].code,
    }
    named["yearly_return_id"] = records["yearly-figures"] = yearly.id
    programme = make.programmes()[0]
    service = programme.code
    records |= {"services": programme.id, "requests": make.asks(employer, programme, by=owner).id}
    named["programme_id"] = programme.id
    seat, item = panel_item(make, employer, assessor)
    named |= {"panel_seat_id": seat.id, "panel_item_id": item.id}
    named["panel_meeting_id"] = records["meetings"] = seat.meeting_id
    named["panel_partner_id"] = records["partners"] = seat.partner_id
    own: dict[str, dict[str, object]] = {
        "/admin/desk/<uuid:user_id>/away": {"user_id": assessor.id},
        "/admin/desk/<uuid:user_id>/away/<uuid:away_id>/end": {"user_id": assessor.id},
        "/admin/interests/to-come/<uuid:interest_id>/take-back": {"interest_id": to_come.id},
        "/services/<code>": {"code": service},
        "/organisations/<uuid:organisation_id>/schemes/<code>": {"code": content.crosswalk[0].code},
        "/organisations/<uuid:organisation_id>/schemes/<code>/summary.pdf": {"code": content.crosswalk[0].code},
        "/services/<code>/ask": {"code": service},
        "/organisations/<uuid:organisation_id>/services/<code>/ask": {"code": service},
        "/certificates/<code>": {"code": award.code},
        "/certificates/<code>.pdf": {"code": award.code},
        **{f"/certificates/<code>/{page}": {"code": award.code} for page in OF_A_BADGE},
        "/certificates/status/<purpose>/<int:list_number>": {"purpose": status_list.REVOCATION, "list_number": 1},
        **{f"/criteria/<version>/level-<int:rank>.{kind}": {"rank": award.level} for kind in ("json", "svg")},
        "/issuer/keys/<key_id>": {"key_id": app.extensions["charter_keys"].key_id},
        "/certificates/<code>/concern": {"code": award.code},
        "/invitations/<token>": {"token": invited},
        **{f"/sign-off/<token>{page}": {"token": approval} for page in ("", "/approve", "/send-back")},
        "/claims/my-mailbox/<token>": {"token": "my-mailbox"},
        "/claims/still-here/<token>": {"token": "still-here"},
        "/survey/<code>": {"code": codes[0]},
        "/confirm-email/<token>": {"token": tokens[LinkPurpose.CONFIRM_EMAIL]},
        "/reset-password/<token>": {"token": tokens[LinkPurpose.RESET_PASSWORD]},
    }

    def address(rule: str) -> str:
        values = {**named, **own.get(rule, {})}
        written = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), rule)
        shown = re.fullmatch(r"/admin/([\w-]+)/details/", rule)
        return f"{written}?id={records[shown[1]]}" if shown else written

    return address


def nowhere(rule: str) -> str:
    """The address of a route, about what there is not."""
    written = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: UNKNOWN.get(found[1], WITHOUT), rule)
    return f"{written}?id={WITHOUT}" if rule.endswith("/details/") else written


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    there = {rule.rule for rule in app.url_map.iter_rules()}
    assert {rule for rule in there if expected(rule) is None} == set()
    assert set(TABLE) - there == set()
    assert {f"/admin/{name}/" for name in RECORDS} <= there


def test_each_page_answers_each_person_as_the_table_says(app: Flask, people: People, fill: Fill) -> None:
    given = {rule.rule: answers(people, fill(rule.rule)) for rule in rules(app)}
    assert given == {rule: expected(rule) for rule in given}


def test_who_may_not_open_a_page_may_not_send_its_form(app: Flask, people: People, fill: Fill) -> None:
    app.config["WTF_CSRF_ENABLED"] = False  # so that it is not the token that stops them
    wrong = []
    for rule in rules(app, "POST"):
        row = expected(rule.rule) or ""
        for name, may in zip(PEOPLE, row, strict=True):
            if may in "?-" or (may == "." and rule.rule in TABLE):
                got = people[name].post(fill(rule.rule))
                if letter(got.status_code, got.location) != may:
                    wrong.append((rule.rule, name, may, got.status_code))
    assert wrong == []


def test_what_is_not_there_is_not_there_for_anyone_and_no_page_falls_over(app: Flask, people: People) -> None:
    wrong = {}
    for rule in rules(app):
        if "<" not in rule.rule and not rule.rule.endswith("/details/"):
            continue
        row = expected(rule.rule) or ""
        gone = "x" if rule.rule in USED_UP else "."
        stays = rule.rule.endswith("<export_type>/")  # a list without a record is still a list
        given = answers(people, nowhere(rule.rule))
        for name, may, got in zip(PEOPLE, row, given, strict=True):
            if got not in {"?": "?", "-": "-.", "o": "o" if stays else gone, ".": "."}[may]:
                wrong[rule.rule, name] = got
    assert wrong == {}


def test_what_belongs_to_another_employer_is_not_there_under_ones_own(
    make: Factory, people: People, fill: Fill, stranger: User
) -> None:
    mine = db.session.scalars(sa.select(Membership).where(Membership.user_id == stranger.id)).one().organisation_id
    organisation = db.session.get(Organisation, mine)
    assert organisation is not None
    assessment = make.assessment(organisation, by=stranger)
    for rule in (
        "/organisations/<uuid:organisation_id>/plan/<uuid:action_id>",
        "/organisations/<uuid:organisation_id>/plan/<uuid:action_id>/done",
        "/organisations/<uuid:organisation_id>/plan/<uuid:action_id>/drop",
        "/organisations/<uuid:organisation_id>/plan/<uuid:action_id>/open-again",
        "/organisations/<uuid:organisation_id>/team/<uuid:member_id>",
        "/organisations/<uuid:organisation_id>/team/<uuid:member_id>/remove",
        "/organisations/<uuid:organisation_id>/team/invitations/<uuid:invitation_id>",
        "/assessments/<uuid:assessment_id>/criteria/<code>/comments/<uuid:comment_id>",
        "/organisations/<uuid:organisation_id>/team/requests/<uuid:request_id>",
        "/assessments/<uuid:assessment_id>/criteria/<code>/evidence/<uuid:evidence_id>/place",
        "/assessments/<uuid:assessment_id>/criteria/<code>/evidence/<uuid:evidence_id>/remove",
        "/assessments/<uuid:assessment_id>/sign-off/<uuid:sign_off_id>/remind",
        "/assessments/<uuid:assessment_id>/sign-off/<uuid:sign_off_id>/take-back",
    ):
        begin = rule.replace("<uuid:organisation_id>", str(mine)).replace("<uuid:assessment_id>", str(assessment.id))
        assert people["stranger"].get(fill(begin)).status_code == 404, rule


def test_nobody_opens_the_case_of_an_employer_they_belong_to(
    people: People, fill: Fill, employer: Organisation, assessor: User, moderator: User, administrator: User
) -> None:
    with transaction() as session:
        for person in (assessor, moderator, administrator):
            session.add(
                Membership(organisation_id=employer.id, user_id=person.id, role=MemberRole.CONTRIBUTOR, joined_at=now())
            )
    shut = [
        *(rule for rule in TABLE if "<uuid:review_id>" in rule and not rule.endswith("/conflict")),
        "/admin/meetings/items/<uuid:panel_item_id>/record",
        "/admin/claims/<uuid:claim_id>/grant",
        "/admin/claims/<uuid:claim_id>/refuse",
        *(rule for rule in TABLE if re.match("/admin/(awards|award-steps|appeals|concerns)/<", rule)),
        "/admin/employers/recognitions/<uuid:recognition_id>/check",
        "/admin/employers/recognitions/<uuid:recognition_id>/decline",
        "/admin/employers/recognitions/<uuid:recognition_id>/proof",
        "/admin/employers/recognitions/<uuid:recognition_id>/take-back",
        "/admin/employers/recognitions/<uuid:recognition_id>/turn-down-proof",
        "/evidence/<uuid:evidence_id>/download",
    ]
    given = {rule: answers(people, fill(rule))[4:7] for rule in shut}
    assert given == dict.fromkeys(shut, "---")


def test_what_belongs_to_an_employer_is_shut_to_staff_who_declared_an_interest_in_it(
    app: Flask, make: Factory, people: People, fill: Fill, employer: Organisation
) -> None:
    """Every page that staff may open: it is refused with the date of the declaration, or names nothing of the employer.

    A new page needs no row here: whatever is about the employer is found by its name.
    """
    with transaction() as session:  # another entry has the same name
        session.get_one(Organisation, employer.id).name = "Shut Orchards Ltd"
    interested = {}
    for name in ("assessor", "moderator", "administrator"):
        person = make.staff(name, f"Ines {name}")
        with transaction() as session:
            interests.declare(session, employer, reason="My sister works there.", by=person, at=make.at)
        interested[name] = browser(app)
        interested[name].sign_in(person)
    shown, told = [], 0
    for rule in rules(app):
        row = expected(rule.rule) or ""
        if rule.rule in OPEN_TO_ALL or row == EVERYBODY or "ajax" in rule.rule:
            continue
        if rule.rule.startswith("/admin/meetings/"):  # an agenda names the employer, so that one can leave the room
            continue
        for name, theirs in interested.items():
            if row[PEOPLE.index(name)] != "o":
                continue
            got = theirs.get(fill(rule.rule))
            if got.status_code == 403:
                told += "You declared an interest in this employer on 22 November 2026" in got.text
                assert "Shut Orchards" not in got.text, (rule.rule, name)
            elif b"Shut Orchards" in got.get_data():  # a PDF is no text
                shown.append((rule.rule, name))
    assert shown == []
    assert told > 40, "the pages about the employer say why they are shut"


OPEN_TO_ALL = {
    "/admin/duplicates/",  # another entry has the same name; the pair itself is refused
    "/admin/duplicates/<uuid:organisation_id>",
    "/admin/duplicates/pairs/<uuid:likely_pair_id>/dismiss",  # says why somebody else must decide
    "/admin/interests/",  # one's own declaration
}
