"""The pages of this audience."""

from flask import Blueprint

blueprint = Blueprint("employer", __name__)
