"""Calls the server every 50 ms, a new channel each time, until a line comes; prints what failed."""

import select
import sys
import time

import grpc

made = failed = 0
while not select.select([sys.stdin], [], [], 0.05)[0]:
    made += 1
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel("127.0.0.1:50051", options=options) as channel:
        try:
            assert channel.unary_unary("/example.Echo/Say")(b"hello", timeout=10) == b"hello"
        except grpc.RpcError as error:
            failed += 1
            print(time.strftime("%T"), error.code(), file=sys.stderr)
print(made, failed)
