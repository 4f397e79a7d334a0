"""The pages of this audience."""

from flask import Blueprint

blueprint = Blueprint("public", __name__)
