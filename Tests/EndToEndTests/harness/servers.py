"""Real servers, as they are started: each a function of the port, its command and what it needs."""

import shutil

from conftest import FIXTURES

FOLDER = FIXTURES / "servers"


def nginx(port, place):
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"{kind}_temp_path {place}/{kind};" for kind in kinds)
    (place / "index.html").write_text("ok\n")
    (place / "nginx.conf").write_text(f"""
        daemon off; pid {place}/pid; error_log stderr notice; worker_processes 2;
        events {{}}
        http {{ access_log off; {temporary}
          server {{ listen {port}; root {place}; }} }}""")
    return ["nginx", "-c", place / "nginx.conf"]


def apache(port, place):
    (place / "index.html").write_text("ok\n")
    (place / "apache.conf").write_text(f"""
        ServerName x
        ServerRoot {place}
        PidFile {place}/pid
        DefaultRuntimeDir {place}
        ErrorLog {place}/error
        Listen {port}
        LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
        LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
        LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
        DocumentRoot {place}
        KeepAliveTimeout 60""")
    return ["apache2", "-f", place / "apache.conf", "-DFOREGROUND"]


def gunicorn(port, place):
    # A container's /tmp may be slow: the documentation of gunicorn says /dev/shm.
    return ["gunicorn", "--chdir", bare(place), "--bind", f"0.0.0.0:{port}", "--workers", "2",
            "--worker-class", "gthread", "--threads", "8", "--keep-alive", "60",
            "--worker-tmp-dir", "/dev/shm", "web_apps:wsgi"]


def uvicorn(port, place):
    return ["/usr/bin/python3", "-m", "uvicorn", "--app-dir", bare(place), "--host", "0.0.0.0",
            "--port", port, "--timeout-keep-alive", "60", "web_apps:asgi"]


def hypercorn(port, place):
    return ["env", f"PYTHONPATH={bare(place)}", "hypercorn", "--bind", f"0.0.0.0:{port}", "web_apps:asgi"]


def aiohttp(port, place):
    return ["/usr/bin/python3", bare(place) / "aiohttp_app.py", port]


def puma(port, place):
    (place / "config.ru").write_text("run ->(_) { [200, {'content-type' => 'text/plain'}, [\"ok\\n\"]] }\n")
    return ["puma", "--bind", f"tcp://0.0.0.0:{port}", place / "config.ru"]


def puma_with_workers(port, place):
    return [*puma(port, place), "--workers", "2"]


def lighttpd(port, place):
    (place / "index.html").write_text("ok\n")
    (place / "lighttpd.conf").write_text(f"""
        server.document-root = "{place}"
        server.upload-dirs = ( "{place}" )
        server.port = {port}
        index-file.names = ( "index.html" )
        server.max-keep-alive-idle = 60""")
    return ["lighttpd", "-D", "-f", place / "lighttpd.conf"]


def node(port, place):
    return ["node", bare(place) / "web.mjs", port, "graceful"]


def node_without_a_handler(port, place):
    return ["node", bare(place) / "web.mjs", port]


def java(port, place):
    return ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", bare(place) / "Web.java", port]


def python(port, place):
    (place / "index.html").write_text("ok\n")
    return ["/usr/bin/python3", "-m", "http.server", port, "--directory", place, "--protocol", "HTTP/1.1"]


def chat(port, place):
    return ["/usr/bin/python3", bare(place) / "chat.py", "serve", port]


def calls(port, place):
    return ["/usr/bin/python3", bare(place) / "calls.py", "serve", port]


def bare(place):
    """The fixtures in a folder that every user can read."""
    folder = place / "servers"
    if not folder.exists():
        shutil.copytree(FOLDER, folder)
        folder.chmod(0o755)
    return folder
