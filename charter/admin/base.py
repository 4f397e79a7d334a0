"""What every view of the panel shares: closed unless a permission opens it."""

from typing import Any

from flask import abort
from flask_admin import AdminIndexView

from charter.permissions import Permission, allows
from charter.web.access import ask_to_sign_in, signed_in_user


class Guarded:
    """A view that opens to those its `permission` allows; the index and every page of it alike."""

    permission: Permission

    def is_accessible(self) -> bool:
        """Whether the person who is signed in may open this view."""
        return allows(signed_in_user(), self.permission)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        """Ask to sign in, or refuse."""
        if signed_in_user() is None:
            return ask_to_sign_in()
        return abort(403)


class PanelHome(Guarded, AdminIndexView):
    """The first page of the panel."""

    permission = Permission.ENTER_PANEL
