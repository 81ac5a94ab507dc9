"""A server as http.server has it, for whom SIGTERM is the end: app.py PORT NAME [once].

It answers its name after 40 ms. With `once` a second request on a connection crosses its close: nothing
had come for too long.
"""

import http.server
import sys
import time


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    answers = 0

    def do_POST(self):
        if ONCE and self.answers:
            self.close_connection = True
            return
        self.answers += 1
        time.sleep(0.04)
        body = NAME.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


PORT, NAME, ONCE = int(sys.argv[1]), sys.argv[2], "once" in sys.argv[3:]
Server(("", PORT), Answer).serve_forever()
