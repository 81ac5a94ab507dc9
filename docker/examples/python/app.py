"""A WSGI application."""

import time


def application(environ, respond):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(1)
    respond("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]
