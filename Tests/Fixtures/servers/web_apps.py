"""The same small app for gunicorn (`wsgi`) and for uvicorn (`asgi`): /SECONDS is answered then."""

import asyncio
import time


def wsgi(environ, start_response):
    time.sleep(float(environ["PATH_INFO"][1:] or 0))
    start_response("200 OK", [("Content-Length", "3"), ("Content-Type", "text/plain")])
    return [b"ok\n"]


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    await asyncio.sleep(float(scope["path"][1:] or 0))
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", b"3"), (b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"ok\n"})
