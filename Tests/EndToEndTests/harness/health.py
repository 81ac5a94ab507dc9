"""A real gRPC server that answers health checks as a test says."""

import concurrent.futures
import threading

import grpc
import pytest

from box import network_of

SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"


class Health:
    """A real gRPC server inside the box's network, with grpc.health.v1.Health/Check alone."""

    def __init__(self, box, address="127.0.0.1:50051"):
        self.answer = {b"": SERVING}
        self.asked = []
        handlers = grpc.method_handlers_generic_handler("grpc.health.v1.Health", {
            "Check": grpc.unary_unary_rpc_method_handler(self._check)})
        self._ends = threading.Event()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(box, handlers, address))
        self._thread.start()
        assert self._up.wait(30)

    def _serve(self, box, handlers, address):
        with network_of(box.first):
            server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
            server.add_generic_rpc_handlers((handlers,))
            assert server.add_insecure_port(address)
            server.start()
            self._up.set()
            self._ends.wait()
            server.stop(None).wait()

    def _check(self, request, context):
        service = request[2:]
        self.asked.append(service)
        if service not in self.answer:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        return self.answer[service]

    def close(self):
        self._ends.set()
        self._thread.join()


@pytest.fixture
def health():
    made = []

    def make(box, *rest):
        made.append(Health(box, *rest))
        return made[-1]

    yield make
    for server in made:
        server.close()
