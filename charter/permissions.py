"""Who may do what. The whole answer is in POLICY: read it from top to bottom."""

import enum
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from charter.account.models import Role, User
from charter.organisation import interests
from charter.organisation.models import MemberRole, Organisation

Rule = Callable[[User, Any], bool]


class Permission(enum.StrEnum):
    """Each thing that may be allowed, named "what:deed"."""

    SEE_DASHBOARD = "dashboard:see"
    MANAGE_OWN_ACCOUNT = "account:manage"
    CREATE_ORGANISATION = "organisation:create"
    VIEW_ORGANISATION = "organisation:view"
    EDIT_ORGANISATION = "organisation:edit"
    MANAGE_TEAM = "organisation:team"
    LEAVE_ORGANISATION = "organisation:leave"
    HAND_OVER = "organisation:hand-over"
    SEE_TRANSFER = "transfer:see"
    ASK_TO_JOIN = "join:ask"
    SEE_JOIN_REQUEST = "join:see"
    CLAIM_ORGANISATION = "organisation:claim"
    SEE_CLAIM = "claim:see"
    MAIL_CLAIMANT = "claim:mail"
    EXPORT_ORGANISATION = "organisation:export"
    ASK_FOR_PROGRAMME = "programme:ask"
    SEE_PLAN = "plan:see"
    CHANGE_PLAN = "plan:change"
    START_ASSESSMENT = "assessment:start"
    VIEW_ASSESSMENT = "assessment:view"
    ANSWER_ASSESSMENT = "assessment:answer"
    SHARE_ASSESSMENT = "assessment:share"
    DISCUSS_ASSESSMENT = "assessment:discuss"
    SUBMIT_ASSESSMENT = "assessment:submit"
    WITHDRAW_ASSESSMENT = "assessment:withdraw"
    VIEW_EVIDENCE = "evidence:view"
    CHANGE_EVIDENCE = "evidence:change"
    VIEW_AWARD = "award:view"
    ANSWER_CONCERN = "concern:answer"
    REPLY_TO_STEP = "step:reply"
    APPEAL = "appeal:make"
    SEE_FIGURES = "figures:see"
    GIVE_YEARLY_RETURN = "yearly-return:give"
    SEND_YEARLY_RETURN = "yearly-return:send"
    SEE_SURVEYS = "survey:see"
    RUN_SURVEY = "survey:run"
    ENTER_PANEL = "admin:enter"
    SEE_QUEUE = "review:queue"
    TAKE_CASES = "review:take"
    ALLOCATE_CASES = "review:allocate"
    REASSIGN_CASE = "review:reassign"
    SEE_DESK = "desk:see"
    SET_AWAY = "away:set"
    SET_PATIENCE = "patience:set"
    SET_WORKLOAD = "workload:set"
    DECLARE_INTERESTS = "interest:declare"
    SEE_INTERESTS = "interest:list"
    END_INTEREST = "interest:end"
    VIEW_CASE = "review:view"
    CLAIM_CASE = "review:claim"
    REVIEW_CASE = "review:decide"
    MODERATE_CASE = "review:moderate"
    LOOK_AGAIN = "review:look-again"
    SEE_QUALITY = "quality:see"
    SEE_ALL_QUALITY = "quality:see-all"
    SEE_AGREEMENT = "review:agreement"
    SET_SAMPLE = "review:sample"
    DECLARE_CONFLICT = "review:conflict"
    SEE_PANEL = "panel:see"
    RUN_PANEL = "panel:run"
    DECIDE_TOGETHER = "panel:decide"
    KEEP_PARTNERS = "panel:partners"
    KEEP_PHRASES = "phrase:keep"
    VIEW_AWARDS = "award:list"
    REVIEW_AWARD = "award:review"
    REVOKE_AWARD = "award:revoke"
    VIEW_CONCERNS = "concern:list"
    HANDLE_CONCERN = "concern:handle"
    VIEW_STEPS = "step:list"
    VIEW_APPEALS = "appeal:list"
    HANDLE_APPEAL = "appeal:handle"
    VIEW_YEARLY_RETURNS = "yearly-return:list"
    VIEW_ORGANISATIONS = "organisation:list"
    VIEW_CLAIMS = "claim:list"
    DECIDE_CLAIM = "claim:decide"
    MERGE_ORGANISATIONS = "organisation:merge"
    CHECK_RECOGNITION = "recognition:check"
    TAKE_BACK_RECOGNITION = "recognition:take-back"
    SEE_SCANS = "scan:see"
    EDIT_CROSSWALK = "crosswalk:edit"
    VIEW_FRAMEWORKS = "framework:view"
    DRAFT_FRAMEWORK = "framework:draft"
    TRY_FRAMEWORK = "framework:try"
    PUBLISH_FRAMEWORK = "framework:publish"
    CLOSE_FRAMEWORK = "framework:close"
    GIVE_LONGER = "framework:longer"
    MANAGE_PEOPLE = "people:manage"
    SEE_STOPS = "time:see"
    READ_TRAIL = "audit:read"
    READ_MESSAGES = "message:read"
    ENTER_RETURNS = "measure:enter"
    KEEP_PROGRAMMES = "programme:keep"
    SEE_BOARD = "board:see"


def anyone_signed_in(user: User, subject: Any) -> bool:
    """Every person whose session stands."""
    return True


def employer_person(user: User, subject: Any) -> bool:
    """Somebody who works for an employer, not for the scheme."""
    return user.role is Role.EMPLOYER


def organisation_of(subject: Any) -> UUID | None:
    """The employer that a thing belongs to, by itself or by the assessment, case or award that it is of."""
    if isinstance(subject, Organisation):
        return subject.id
    found: UUID | None = getattr(subject, "organisation_id", None)
    if found is not None or subject is None:
        return found
    owners = (getattr(subject, name, None) for name in ("assessment", "review", "award"))
    return next((organisation_of(owner) for owner in owners if owner is not None), None)


def member(user: User, subject: Any) -> bool:
    """One of the employer's own people."""
    mine = organisation_of(subject)
    return any(membership.organisation_id == mine for membership in user.memberships)


def owner(user: User, subject: Any) -> bool:
    """One of the employer's owners."""
    mine = organisation_of(subject)
    return any(
        membership.organisation_id == mine and membership.role is MemberRole.OWNER for membership in user.memberships
    )


def their_own(user: User, subject: Any) -> bool:
    """Whoever asked for it."""
    return bool(subject.user_id == user.id)


def not_their_own(user: User, subject: Any) -> bool:
    """Somebody else than whoever it is of."""
    return bool(subject.user_id != user.id)


def of_staff(user: User, subject: Any) -> bool:
    """About somebody who works for the scheme."""
    return bool(subject.is_staff)


def oneself(user: User, subject: Any) -> bool:
    """The person it is about."""
    return bool(subject.id == user.id)


def party(user: User, subject: Any) -> bool:
    """One of the two whom handing over is about; of somebody who was no member, whoever has the address."""
    theirs = subject.to_id == user.id if subject.to_id is not None else subject.to_email == user.email
    return bool(theirs or subject.from_id == user.id)


def role(*roles: Role) -> Rule:
    """Somebody with one of these roles."""
    return lambda user, subject: user.role in roles


def independent(user: User, subject: Any) -> bool:
    """Somebody of the scheme with no part in the employer concerned, and no interest declared in it.

    Nobody sees or decides what they have an interest in. Each page that is refused for it says so, with the date
    (`web.access.requires`).
    """
    return subject is None or organisation_of(subject) not in interests.of(user)


def any_of(*rules: Rule) -> Rule:
    """At least one of the rules holds."""
    return lambda user, subject: any(rule(user, subject) for rule in rules)


def all_of(*rules: Rule) -> Rule:
    """Each of the rules holds."""
    return lambda user, subject: all(rule(user, subject) for rule in rules)


_desk = role(Role.ASSESSOR, Role.MODERATOR)
_lead = role(Role.MODERATOR, Role.ADMINISTRATOR)
_scheme = role(Role.ASSESSOR, Role.MODERATOR, Role.ADMINISTRATOR)

POLICY: Mapping[Permission, Rule] = {
    Permission.SEE_DASHBOARD: employer_person,
    Permission.MANAGE_OWN_ACCOUNT: anyone_signed_in,
    Permission.CREATE_ORGANISATION: employer_person,
    Permission.VIEW_ORGANISATION: member,
    Permission.EDIT_ORGANISATION: owner,
    Permission.MANAGE_TEAM: owner,
    Permission.LEAVE_ORGANISATION: member,
    Permission.HAND_OVER: owner,
    Permission.SEE_TRANSFER: all_of(employer_person, any_of(party, owner)),
    Permission.ASK_TO_JOIN: employer_person,
    Permission.SEE_JOIN_REQUEST: all_of(employer_person, their_own),
    Permission.CLAIM_ORGANISATION: employer_person,
    Permission.SEE_CLAIM: all_of(employer_person, any_of(their_own, member)),
    Permission.MAIL_CLAIMANT: all_of(employer_person, their_own),
    Permission.EXPORT_ORGANISATION: owner,
    Permission.ASK_FOR_PROGRAMME: member,
    Permission.SEE_PLAN: member,
    Permission.CHANGE_PLAN: member,
    Permission.START_ASSESSMENT: member,
    Permission.VIEW_ASSESSMENT: member,
    Permission.ANSWER_ASSESSMENT: member,
    Permission.SHARE_ASSESSMENT: member,
    Permission.DISCUSS_ASSESSMENT: member,
    Permission.SUBMIT_ASSESSMENT: owner,
    Permission.WITHDRAW_ASSESSMENT: owner,
    Permission.VIEW_EVIDENCE: any_of(member, all_of(_desk, independent)),
    Permission.CHANGE_EVIDENCE: member,
    Permission.VIEW_AWARD: member,
    Permission.ANSWER_CONCERN: owner,
    Permission.REPLY_TO_STEP: owner,
    Permission.APPEAL: owner,
    Permission.SEE_FIGURES: member,
    Permission.GIVE_YEARLY_RETURN: member,
    Permission.SEND_YEARLY_RETURN: owner,
    Permission.SEE_SURVEYS: member,
    Permission.RUN_SURVEY: owner,
    Permission.ENTER_PANEL: role(Role.ASSESSOR, Role.MODERATOR, Role.BOARD, Role.ADMINISTRATOR),
    Permission.SEE_QUEUE: _scheme,
    Permission.TAKE_CASES: _desk,
    Permission.ALLOCATE_CASES: _lead,
    Permission.REASSIGN_CASE: all_of(_lead, independent),
    Permission.SEE_DESK: _scheme,
    Permission.SET_AWAY: all_of(of_staff, any_of(_lead, all_of(_scheme, oneself))),
    Permission.SET_PATIENCE: _lead,
    Permission.SET_WORKLOAD: _lead,
    Permission.DECLARE_INTERESTS: _scheme,
    Permission.SEE_INTERESTS: _lead,
    Permission.END_INTEREST: all_of(_lead, not_their_own),
    Permission.VIEW_CASE: all_of(_scheme, independent),
    Permission.CLAIM_CASE: all_of(_desk, independent),
    Permission.REVIEW_CASE: all_of(_desk, independent),
    Permission.MODERATE_CASE: all_of(role(Role.MODERATOR), independent),
    Permission.LOOK_AGAIN: all_of(_desk, independent),
    Permission.SEE_QUALITY: _scheme,
    Permission.SEE_ALL_QUALITY: _lead,
    Permission.SEE_AGREEMENT: role(Role.MODERATOR, Role.ADMINISTRATOR),
    Permission.SET_SAMPLE: role(Role.ADMINISTRATOR),
    Permission.DECLARE_CONFLICT: _desk,
    Permission.SEE_PANEL: role(Role.ASSESSOR, Role.MODERATOR, Role.BOARD, Role.ADMINISTRATOR),
    Permission.RUN_PANEL: role(Role.MODERATOR, Role.ADMINISTRATOR),
    Permission.DECIDE_TOGETHER: all_of(role(Role.MODERATOR, Role.ADMINISTRATOR), independent),
    Permission.KEEP_PARTNERS: role(Role.ADMINISTRATOR),
    Permission.KEEP_PHRASES: _scheme,
    Permission.VIEW_AWARDS: _scheme,
    Permission.REVOKE_AWARD: all_of(role(Role.MODERATOR, Role.ADMINISTRATOR), independent),
    Permission.REVIEW_AWARD: all_of(role(Role.MODERATOR, Role.ADMINISTRATOR), independent),
    Permission.VIEW_CONCERNS: _scheme,
    Permission.HANDLE_CONCERN: all_of(_scheme, independent),
    Permission.VIEW_STEPS: _scheme,
    Permission.VIEW_APPEALS: _scheme,
    Permission.HANDLE_APPEAL: all_of(role(Role.MODERATOR, Role.ADMINISTRATOR), independent),
    Permission.VIEW_YEARLY_RETURNS: _scheme,
    Permission.VIEW_ORGANISATIONS: _scheme,
    Permission.VIEW_CLAIMS: _scheme,
    Permission.DECIDE_CLAIM: all_of(role(Role.ADMINISTRATOR), independent),
    Permission.MERGE_ORGANISATIONS: role(Role.ADMINISTRATOR),
    Permission.CHECK_RECOGNITION: all_of(_scheme, independent),
    Permission.TAKE_BACK_RECOGNITION: all_of(_scheme, independent),
    Permission.SEE_SCANS: _scheme,
    Permission.EDIT_CROSSWALK: role(Role.ADMINISTRATOR),
    Permission.VIEW_FRAMEWORKS: _scheme,
    Permission.DRAFT_FRAMEWORK: role(Role.ADMINISTRATOR),
    Permission.TRY_FRAMEWORK: role(Role.MODERATOR, Role.ADMINISTRATOR),
    Permission.PUBLISH_FRAMEWORK: role(Role.ADMINISTRATOR),
    Permission.CLOSE_FRAMEWORK: role(Role.ADMINISTRATOR),
    Permission.GIVE_LONGER: all_of(role(Role.ADMINISTRATOR), independent),
    Permission.MANAGE_PEOPLE: role(Role.ADMINISTRATOR),
    Permission.SEE_STOPS: _scheme,
    Permission.READ_TRAIL: role(Role.MODERATOR, Role.ADMINISTRATOR),
    Permission.READ_MESSAGES: role(Role.ADMINISTRATOR),
    Permission.ENTER_RETURNS: role(Role.ADMINISTRATOR),
    Permission.KEEP_PROGRAMMES: role(Role.ADMINISTRATOR),
    Permission.SEE_BOARD: role(Role.BOARD, Role.MODERATOR, Role.ADMINISTRATOR),
}


def declared(user: User, subject: Any) -> bool:
    """Whether somebody of the staff declared an interest in the employer that a thing belongs to."""
    if subject is None or not user.is_staff:
        return False
    theirs = organisation_of(subject)
    return theirs is not None and any(one.organisation_id == theirs for one in user.interests)


def allows(user: User | None, permission: Permission, subject: Any = None) -> bool:
    """Whether `user` may do `permission` to `subject`. Nobody who is not signed in may do anything listed here.

    What belongs to an employer is shut to staff who declared an interest in it, whatever the permission, so that no
    page can forget to ask; but to one of the employer's own people their own pages stay open.
    """
    if user is None or not POLICY[permission](user, subject):
        return False
    return not declared(user, subject) or member(user, subject)


def may_know(user: User, subject: Any) -> bool:
    """Whether `user` may know that `subject` exists; to others, what is not theirs is not there."""
    return member(user, subject) or user.role in {Role.ASSESSOR, Role.MODERATOR, Role.ADMINISTRATOR}
