"""HTTPS servers on this machine with a certificate authority of their own."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

from kamiyo_api.indexer.files.addresses import Address, is_public, look_up
from tests.support.programs import needed

# Loopback is all of 127.0.0.0/8: the tests trust one address of it, and refuse the others.
ADDRESS = "127.0.0.2"
NAME = "files.example"
# How a client begins that speaks TLS.
TLS = b"\x16"
Behaviour = Callable[[socket.socket], object]


class Authority:
    """A certificate authority, and a certificate that it signed for some names."""

    def __init__(self, folder: Path, *names: str) -> None:
        self._openssl = needed("openssl")
        self._ca, self._key = folder / "ca.pem", folder / "ca.key"
        self._chain, self._own_key = folder / "own.pem", folder / "own.key"
        new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        dates = ("-days", "2")
        self._run(*new, *dates, "-subj", "/CN=tests", "-keyout", self._key, "-out", self._ca)
        alternatives = ",".join(f"DNS:{name}" for name in names)
        self._run(
            *(*new, *dates, "-subj", "/CN=host", "-keyout", self._own_key, "-out", self._chain),
            *("-CA", self._ca, "-CAkey", self._key),
            *("-addext", f"subjectAltName={alternatives}"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
        )

    def _run(self, *arguments: str | Path) -> None:
        subprocess.run([self._openssl, *arguments], check=True, capture_output=True)

    def trusted(self) -> ssl.SSLContext:
        """What a client has that trusts this authority alone."""
        return ssl.create_default_context(cafile=str(self._ca))

    def serving(self) -> ssl.SSLContext:
        """What a server has that proves its names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._chain, self._own_key)
        return context


class Host:
    """A server that behaves at each path as a test says, and counts what is asked of it."""

    def __init__(self, address: str, context: ssl.SSLContext | None) -> None:
        self._listener = socket.create_server((address, 0))
        self._context = context
        self.port = self._listener.getsockname()[1]
        self.behaviours: dict[str, Behaviour] = {}
        self.heads: list[str] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def url(self, path: str, name: str = NAME) -> str:
        """The URL of a path under a name."""
        return f"https://{name}:{self.port}{path}"

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [head.split(" ")[1] for head in self.heads]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(4096) or b"\r\n\r\n"
                    if head.startswith(TLS):
                        return
                self.heads.append(head.decode("latin-1"))
                self.behaviours[self.paths()[-1]](connection)

    def close(self) -> None:
        """Accept nothing more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@contextmanager
def host(context: ssl.SSLContext | None, address: str = ADDRESS) -> Iterator[Host]:
    """A server for a while."""
    server = Host(address, context)
    try:
        yield server
    finally:
        server.close()


def is_allowed(address: Address) -> bool:
    """Allow the address of the tests' server, besides what is always allowed."""
    return str(address) == ADDRESS or is_public(address)


def look_up_here(host: str, seconds: float) -> list[Address]:
    """Find the tests' server by its name, and all others as ever."""
    return [ip_address(ADDRESS)] if host == NAME else look_up(host, seconds)


def answering(
    body: bytes = b"", status: str = "200 OK", headers: str = "", length: int | None = None
) -> Behaviour:
    """Answer a body with its length, or with another one."""
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n"
    return lambda connection: connection.sendall(head.encode() + body)


def redirecting(location: str, status: str = "302 Found") -> Behaviour:
    """Redirect to a URL."""
    return answering(status=status, headers=f"Location: {location}\r\n")
