"""What a WSGI server loads: `wsgi:app`."""

from charter.app import create_app

app = create_app()
