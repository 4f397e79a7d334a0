"""The forms about an employer that has not answered: a later day, and how long it is waited for."""

from wtforms import HiddenField, IntegerField
from wtforms.validators import InputRequired

from charter.web.forms import BaseForm, DateParts, needed


class MoreTimeForm(BaseForm):
    """A later day to answer by, and the day that held when the page was opened."""

    answer_by = DateParts(
        "New day to answer by", description="The employer is emailed.", validators=[needed("Enter the new day.")]
    )
    seen = HiddenField()


class PatienceForm(BaseForm):
    """How many working days an employer that does not answer is waited for."""

    days = IntegerField(
        "Working days after the day to answer by",
        description="For example, 5. Emails tell the employer the last day of this.",
        validators=[InputRequired("Enter a number, such as 5.")],
    )
