"""The pages of this audience."""

from flask import Blueprint

blueprint = Blueprint("board", __name__)
