"""The forms of the pages about who may answer for an employer."""

from collections.abc import Sequence
from typing import Any, Self

from wtforms import BooleanField, EmailField, HiddenField, PasswordField, RadioField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice

from charter.account.models import User, domain_of
from charter.organisation.models import MemberRole, Membership
from charter.succession import domains
from charter.succession.asking import Match
from charter.succession.models import Afterwards
from charter.succession.turns import TEXT_LENGTH
from charter.web.employer.forms import InviteForm, chosen
from charter.web.forms import BaseForm, at_most, needed, stripped

SOMEBODY_ELSE = "somebody-else"


class OwnDomainForm(BaseForm):
    """Whether the domain of one's own address is the employer's; asked beside other things."""

    own_domain = BooleanField("")
    domain: str | None = None
    """The domain asked about; None when it cannot be one employer's own."""

    @classmethod
    def of(cls, user: User) -> Self:
        """The question for this person."""
        form = cls()
        found = domain_of(user.email)
        form.domain = found if domains.why_not(found) is None else None
        form.own_domain.label.text = f"{found} is our own: only people who work for us have an email address there"
        return form


class AskForm(BaseForm):
    """Which employer to ask, and what to say."""

    employer = RadioField(
        "Is your employer one of these?",
        validators=[chosen("Choose your employer.")],
        validate_choice=False,
    )
    message = TextAreaField(
        "Tell the owners who you are",
        description="Such as your job and who you work with. You can leave this empty.",
        filters=[stripped],
        validators=[at_most(TEXT_LENGTH, "Your message")],
    )
    company_number = HiddenField()
    charity_number = HiddenField()

    @classmethod
    def among(cls, matches: Sequence[Match], **values: Any) -> Self:
        """The form with these employers to choose from; one alone is chosen already."""
        only = str(matches[0].organisation.id) if len(matches) == 1 else None
        form = cls(data={"employer": only, **values})
        form.employer.choices = [SelectChoice(str(match.organisation.id), match.organisation.name) for match in matches]
        return form


class AnswerRequestForm(BaseForm):
    """Whether somebody is let in, and as what."""

    answer = RadioField(
        "What do you want to do?",
        choices=[
            SelectChoice(MemberRole.CONTRIBUTOR.value, "Let them in as a contributor"),
            SelectChoice(MemberRole.OWNER.value, "Let them in as an owner"),
            SelectChoice("no", "Say no"),
        ],
        validators=[chosen("Choose what you want to do.")],
        validate_choice=False,
    )
    reason = TextAreaField("Why not?", filters=[stripped], validators=[at_most(TEXT_LENGTH, "The reason")])


class HandOverForm(BaseForm):
    """To whom to hand over, and what becomes of oneself."""

    to = RadioField("Who takes over from you?", validators=[chosen("Choose who takes over.")], validate_choice=False)
    email = EmailField("Their email address", filters=[stripped], validators=[at_most(254, "The email address")])
    afterwards = RadioField(
        "What will you do after that?",
        choices=[
            SelectChoice(Afterwards.STAYS.value, "Stay in the team as a contributor"),
            SelectChoice(Afterwards.LEAVES.value, "Leave the team"),
        ],
        validators=[chosen("Choose what you will do.")],
        validate_choice=False,
    )
    current = PasswordField("Your password", validators=[needed("Enter your password.")])

    @classmethod
    def among(cls, team: Sequence[Membership]) -> Self:
        """The form with the contributors of a team to choose from."""
        form = cls(data={} if team else {"to": SOMEBODY_ELSE})
        form.to.choices = [
            *(SelectChoice(one.user.email, one.user.name) for one in team),
            SelectChoice(SOMEBODY_ELSE, "Somebody who is not in the team yet"),
        ]
        return form

    def validate_email(self, field: Any) -> None:
        """Needed for somebody who is not in the team."""
        if self.to.data != SOMEBODY_ELSE:
            return
        if not field.data:
            raise ValidationError("Enter their email address.")
        InviteForm.validate_email(self, field)

    def address(self) -> str:
        """The address of whoever is to take over. Only after the form was found right."""
        return str(self.email.data if self.to.data == SOMEBODY_ELSE else self.to.data)


class ClaimForm(BaseForm):
    """Why somebody claims an employer."""

    message = TextAreaField("How can we see that you work there?", filters=[stripped])


class SecondOwnerForm(BaseForm):
    """Whether there is nobody who could be a second owner."""

    only_owner = BooleanField("I am the only one here who can do this")
