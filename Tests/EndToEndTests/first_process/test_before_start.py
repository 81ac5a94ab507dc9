"""What happens at the endpoint while the start is awaited, and across it."""

import probing


def test_a_request_that_is_under_way_survives_the_start(drainit, tmp_path):
    tmp_path.chmod(0o755)
    flag = tmp_path / "flag"
    box = drainit("--start-after", f"file:{flag}", "--ready", "none", app=["sleep", "600"])
    probing.wait_for_status(box, 200, "/livez")
    slow = [box.connect(probing.PORT) for _ in range(3)]
    for connection in slow:
        connection.sendall(b"GET /livez HTTP/1.1\r\n")
    probing.wait_for_status(box, 503)
    flag.touch()
    probing.wait_until_ready(box)
    for connection in slow:
        connection.sendall(b"Host: a\r\n\r\n")
        assert probing.read_all(connection).startswith(b"HTTP/1.1 200")
        connection.close()
