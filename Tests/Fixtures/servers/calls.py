"""A gRPC server and a client that calls it: calls.py serve PORT | call PORT RATE

The server stops with server.stop(grace) at SIGTERM, which sends GOAWAY. The client makes so many calls
a second, five on a channel, until its input ends; then it prints how many were answered, and has
printed a line for each that failed.
"""

import concurrent.futures
import signal
import sys
import threading
import time

import grpc

METHOD = "/test.Echo/Say"


def serve(port):
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
    handler = grpc.unary_unary_rpc_method_handler(lambda request, context: request)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("test.Echo", {"Say": handler}),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    ends = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ends.set())
    print("listening", flush=True)
    ends.wait()
    server.stop(5).wait()


def call(port, rate):
    over, answered = threading.Event(), 0
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    due = time.monotonic()
    while not over.is_set():
        # Without the global pool each channel has a connection of its own.
        with grpc.insecure_channel(
                f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            say = channel.unary_unary(METHOD)
            for _ in range(5):
                try:
                    assert say(b"hello", timeout=10) == b"hello"
                    answered += 1
                    if answered == 10:
                        print("under way", flush=True)
                except grpc.RpcError as error:
                    print(f"failed: {error.code()} {error.details()}", flush=True)
                due += 1 / rate
                over.wait(max(0, due - time.monotonic()))
    print(f"answers: {answered}", flush=True)


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    call(int(sys.argv[2]), float(sys.argv[3]))
