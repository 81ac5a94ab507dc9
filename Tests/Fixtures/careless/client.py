"""Clients that keep their connections and send nothing twice: client.py KIND PORT COUNT.

Each of COUNT sends a request, waits for the answer and a little more, and so on. A line on the
standard input asks for what came of it since the last; at its end that is printed and all ends.
Answers are counted by their text, which is the name of who gave them.
"""

import collections
import http.client
import json
import sys
import threading
import time

PATH = "/slow/40"
PATIENCE = 30


class Plain:
    """http.client: connects anew where the answer said that the connection ends."""

    def __init__(self, port):
        self.made = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def ask(self):
        try:
            self.made.request("POST", PATH)
            answer = self.made.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.made.close()
            raise


class Once(Plain):
    """A connection a request: what stands before a pool of somebody else's."""

    def ask(self):
        try:
            return super().ask()
        finally:
            self.made.close()


class Requests:
    def __init__(self, port):
        import requests
        self.session, self.url = requests.Session(), f"http://127.0.0.1:{port}{PATH}"
        self.session.trust_env = False

    def ask(self):
        answer = self.session.post(self.url, timeout=PATIENCE)
        return answer.status_code, answer.text


class Urllib3:
    def __init__(self, port):
        import urllib3
        self.pool = urllib3.HTTPConnectionPool("127.0.0.1", port, timeout=PATIENCE)

    def ask(self):
        answer = self.pool.request("POST", PATH, retries=False)
        return answer.status, answer.data.decode()


class Calls:
    """grpcio: one channel, and no call twice."""

    def __init__(self, port):
        import grpc
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[
            ("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0), ("grpc.enable_http_proxy", 0),
            ("grpc.initial_reconnect_backoff_ms", 100)])
        self.say = self.channel.unary_unary("/example.Echo/Say")

    def ask(self):
        return 200, self.say(b"", timeout=PATIENCE).decode()


KINDS = {"grpc": Calls, "http.client": Plain, "once": Once, "requests": Requests, "urllib3": Urllib3}


class Tally:
    def __init__(self):
        self.lock = threading.Lock()
        self.ends = threading.Event()
        self.clear()

    def clear(self):
        self.answers, self.failed = collections.Counter(), []

    def run(self, client, pause):
        while not self.ends.wait(pause):
            try:
                status, text = client.ask()
                trouble = None if status == 200 else f"{status}"
            except Exception as error:  # pylint: disable=broad-except
                trouble = repr(error)[:300]
            with self.lock:
                if trouble:
                    self.failed.append(f"{time.monotonic():.2f} {trouble}")
                else:
                    self.answers[text.strip()] += 1

    def tell(self):
        with self.lock:
            print(json.dumps({"answers": self.answers, "failed": self.failed}), flush=True)
            self.clear()


def main(kind, port, count, pause=0.06):
    tally = Tally()
    threads = [threading.Thread(target=tally.run, args=(KINDS[kind](int(port)), float(pause)))
               for _ in range(int(count))]
    for thread in threads:
        thread.start()
    for _ in sys.stdin:
        tally.tell()
    tally.ends.set()
    for thread in threads:
        thread.join()
    tally.tell()


main(*sys.argv[1:])
