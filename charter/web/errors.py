"""What happens when something goes wrong: a page in plain English, and nothing lost that can be kept."""

from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from charter.errors import Refusal
from charter.web.access import ask_to_sign_in, signed_in_user
from charter.web.forms import flash_refusal

PAGES = {
    400: ("We could not read that", "Go back, check the page and try again."),
    403: ("You cannot open this page", "Your account does not have permission for it."),
    404: (
        "Page not found",
        "If you typed the address, check it is correct. If you pasted it, check you copied all of it.",
    ),
    405: ("Page not found", "If you typed the address, check it is correct."),
    410: ("This link no longer works", "Ask for a new one."),
    413: ("That is too large", "Go back and choose a smaller file, or type less."),
    429: ("Too many tries", "Wait a few minutes and try again."),
    500: ("Sorry, there is a problem", "What you saved before is safe. Try again in a few minutes."),
}


def register_error_handlers(app: Flask) -> None:
    """Give the application its error pages."""

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> ResponseReturnValue:
        """A refused POST goes back to the page it came from, which says why."""
        if request.method == "POST":
            flash_refusal(refusal)
            return redirect(request.full_path.rstrip("?"), 303)
        return render_template("errors/page.html", title="That is not possible", text=str(refusal)), 409

    @app.errorhandler(StaleDataError)
    def overtaken(error: StaleDataError) -> ResponseReturnValue:
        """Two people changed the same thing in the same moment: the later is asked to look again."""
        return refused(Refusal("Somebody else changed this at the same moment. Look at it again, then try once more."))

    @app.errorhandler(CSRFError)
    def no_token(error: CSRFError) -> ResponseReturnValue:
        """A form without its token: from another site, or from a browser that lost its cookie."""
        if signed_in_user() is None and request.method == "POST":
            return ask_to_sign_in()
        title, text = PAGES[400]
        return render_template("errors/page.html", title=title, text=text), 400

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> ResponseReturnValue:
        code = error.code or 500
        title, text = PAGES.get(code, PAGES[500] if code >= 500 else PAGES[400])
        if error.response is not None and 300 <= code < 400:
            return error.response
        return render_template("errors/page.html", title=title, text=text), code
