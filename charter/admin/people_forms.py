"""The forms of the pages about people."""

from wtforms import HiddenField

from charter.web.forms import BaseForm


class InviteAgainForm(BaseForm):
    """Another link for somebody invited; it carries which link its page showed."""

    seen = HiddenField()
