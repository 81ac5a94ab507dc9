"""A gRPC server with the standard health service, both written without generated code."""

import signal
import threading
from concurrent import futures

import grpc

SERVING = b"\x08\x01"  # grpc.health.v1.HealthCheckResponse{status: SERVING}


def method(answer):
    return grpc.unary_unary_rpc_method_handler(answer)


server = grpc.server(futures.ThreadPoolExecutor(8), options=[
    # Connections end at an age, so that new pods get their share: see docs/connections.md.
    ("grpc.max_connection_age_ms", 60_000), ("grpc.max_connection_age_grace_ms", 30_000)])
server.add_generic_rpc_handlers((
    grpc.method_handlers_generic_handler(
        "grpc.health.v1.Health", {"Check": method(lambda request, context: SERVING)}),
    grpc.method_handlers_generic_handler("example.Echo", {"Say": method(lambda said, context: said)}),
))
server.add_insecure_port("[::]:50051")

stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
server.start()
stopping.wait()
# GOAWAY to every client, then up to 10 s for the calls in flight.
server.stop(10).wait()
