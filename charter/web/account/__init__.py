"""The pages of this audience."""

from flask import Blueprint

blueprint = Blueprint("account", __name__)
