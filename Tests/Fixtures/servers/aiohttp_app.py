"""An app of aiohttp as its documentation begins: run_app has handlers for SIGTERM and SIGINT."""

import sys

from aiohttp import web


async def answer(_request):
    return web.Response(text="ok\n")


app = web.Application()
app.add_routes([web.get("/", answer)])
web.run_app(app, port=int(sys.argv[1]), keepalive_timeout=60)
