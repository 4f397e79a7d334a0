"""The panel for assessors, moderators and scheme staff."""

from flask import Flask
from flask_admin import Admin

from charter.admin.base import PanelHome


def register_admin(app: Flask) -> Admin:
    """Build the panel: its menu, in order."""
    return Admin(app, name="Panel", index_view=PanelHome())
