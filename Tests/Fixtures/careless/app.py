"""A server as http.server has it, for whom SIGTERM is the end: app.py PORT NAME. It answers its name after 40 ms."""

import http.server
import sys
import time


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
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


PORT, NAME = int(sys.argv[1]), sys.argv[2]
Server(("", PORT), Answer).serve_forever()
