"""Versions of the charter, to read. They are published by command and never edited."""

from charter.admin.base import Chosen, RecordView, of_status
from charter.framework.models import Framework, FrameworkStatus
from charter.permissions import Permission


class FrameworksView(RecordView):
    """Published versions of the charter."""

    permission = Permission.VIEW_FRAMEWORKS
    what = "Every version of the charter that was published. A published version never changes."
    noun = "version"
    searched = "By version"
    column_list = ("title", "version", "status", "published_at")
    column_labels = {"published_at": "Published", "content_hash": "Fingerprint (SHA-256)"}
    column_sortable_list = ("version", "published_at")
    column_default_sort = ("published_at", True)
    column_searchable_list = ("version", "code")
    column_filters = (Chosen(Framework.status, "Status", "status", of_status(FrameworkStatus)),)
    column_details_list = ("code", "version", "status", "published_at", "content_hash")
    details_template = "admin/records/framework.html"

    def title(self, model: Framework) -> str:
        """The heading of one version's page."""
        return f"Version {model.version}"
