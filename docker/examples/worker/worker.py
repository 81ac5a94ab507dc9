"""Takes one job after another; finishes the one it has when it is told to stop."""

import signal
import time

stopping = False


def stop(*_):
    global stopping
    stopping = True


signal.signal(signal.SIGTERM, stop)
while not stopping:
    print("job begun", flush=True)
    end = time.monotonic() + 1
    while time.monotonic() < end:
        time.sleep(0.05)
    print("job done", flush=True)
