"""A gRPC server without a handler, whom SIGTERM ends: calls.py PORT NAME. It answers its name after 40 ms."""

import sys
import time
from concurrent import futures

import grpc

PORT, NAME = int(sys.argv[1]), sys.argv[2]


def say(_said, _context):
    time.sleep(0.04)
    return NAME.encode()


server = grpc.server(futures.ThreadPoolExecutor(32), options=[("grpc.so_reuseport", 0)])
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
    "example.Echo", {"Say": grpc.unary_unary_rpc_method_handler(say)}),))
assert server.add_insecure_port(f"[::]:{PORT}") == PORT
server.start()
server.wait_for_termination()
