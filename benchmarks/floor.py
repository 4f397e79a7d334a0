"""The least that a page can cost: a Flask application with one view that says nothing."""

from flask import Flask


def create_app() -> Flask:
    """An application whose only page is empty."""
    app = Flask("floor", static_folder=None)

    @app.get("/")
    def nothing() -> str:
        return ""

    return app
