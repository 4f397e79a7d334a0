"""The pages of the board, and of the officers who brief it."""

from flask import Blueprint

blueprint = Blueprint("board", __name__)

from charter.web.board import dashboard  # noqa: E402, F401 - its routes register themselves on the blueprint
