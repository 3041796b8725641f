"""Debian's nginx with our configuration, in front of a gunicorn, as an ordinary process."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.serving import ROOT, Server
from kamiyo_api.dev.databases import free_port
from kamiyo_api.dev.processes import run_server
from tests.support.programs import needed

OPS = ROOT / "ops" / "nginx"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def configure(folder: Path, upstream: str, port: int) -> Path:
    """Write our configuration with the places of a test in it; where it is."""
    text = (OPS / "nginx.conf").read_text()
    paths = "".join(f"    {each}_temp_path {folder}/{each};\n" for each in TEMPORARY)
    whole = {
        "user www-data;": "user root;" if os.geteuid() == 0 else "",
        "/run/nginx.pid": f"{folder}/nginx.pid",
        "/var/log/nginx/error.log warn": "stderr notice",
        "/etc/nginx/": f"{folder}/",
        "http {\n": f"http {{\n{paths}",
        "worker_processes auto": "worker_processes 2",
    }
    site = {
        "127.0.0.1:8000": upstream,
        "listen 80 ": f"listen 127.0.0.1:{port} ",
        "    listen [::]:80 default_server;\n": "",
    }
    (folder / "nginx.conf").write_text(replaced(text, whole))
    text = (OPS / "kamiyo-api.conf").read_text()
    (folder / "kamiyo-api.conf").write_text(replaced(text, site))
    return folder / "nginx.conf"


def replaced(text: str, by: dict[str, str]) -> str:
    """A text in which each part, which has to be there, is another."""
    for part, other in by.items():
        assert part in text, part
        text = text.replace(part, other)
    return text


@contextmanager
def nginx(web: Server) -> Iterator[Server]:
    """Serve what a gunicorn serves through nginx, on a port of its own."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="kamiyo-nginx-") as name:
        folder = Path(name)
        config = configure(folder, web.url.removeprefix("http://"), port)
        command = [needed("nginx"), "-p", folder, "-e", "stderr", "-c", config]
        command += ["-g", "daemon off;"]
        with run_server(command, folder=folder, ready="start worker process "):
            yield Server(f"http://127.0.0.1:{port}", folder / "server.log")
