"""gunicorn's threaded worker, changed so that slow clients occupy no thread.

gunicorn gives each connection a thread until the client has sent its request and read its answer,
without a time limit. Here, a thread gets a request when all of it has arrived, and leaves an answer
that cannot be sent at once to the main loop. A slow client occupies only its connection, for the
times below. There are at most worker_connections of them; then a new one replaces the one that has
waited longest.

The proxy in front handles TLS and HTTP/2.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from concurrent.futures import Future
from typing import Any

from kamiyo_api.server.accept_turns import LOOK_SECONDS, AcceptTurn
from kamiyo_api.server.answering import AnsweringWorker
from kamiyo_api.server.connection import (
    BufferedSocket,
    ClientConnection,
    WaitingFor,
    accept_with_data,
    allow_files,
)
from kamiyo_api.server.parked_connections import ParkedConnections

# From the first byte of a request to the end of its head, and to the end of its body.
HEAD_SECONDS = 10
BODY_SECONDS = 60
ANSWER_SECONDS = 60
# How long and how much a client may send after its last answer: some clients do not read an answer
# before they have sent everything.
CLOSE_SECONDS = 10
CLOSE_BYTES = 16 * 1024 * 1024
# How long idle connections stay open when the worker stops.
LAST_SECONDS = 2
# The limit for the requests and answers of slow clients in memory.
MAX_BUFFERED_BYTES = 64 * 1024 * 1024
MAX_FILES = 8192
OUT_OF_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
NO_CONNECTION = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED)


class Worker(AnsweringWorker):
    """A worker that serves requests in threads, and waits for clients only in its main loop."""

    parked: ParkedConnections
    turn: AcceptTurn

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse settings that this worker does not support. Raises SystemExit."""
        if cfg.is_ssl:
            raise SystemExit("kamiyo-api: TLS is for the proxy in front; leave out certfile")

    def init_process(self) -> None:
        """Set up the worker, and run the main loop until it stops."""
        allow_files(MAX_FILES)
        self.turn = AcceptTurn(self.number)
        self.is_full = False
        self.buffered_bytes = 0
        self.swept_at = time.monotonic()
        self.discard_buffer = bytearray(256 * 1024)
        super().init_process()

    def run(self) -> None:
        """Serve until gunicorn stops the worker or its main process has ended."""
        self.parked = ParkedConnections(self.poller, self.wake)
        queue = self.method_queue
        self.poller.register(queue.fileno(), selectors.EVENT_READ, queue.run_callbacks)
        self.turn.record(0)
        accept_with_data(self.sockets)
        self.set_accept_enabled(True)
        while self.alive and self.is_parent_alive():
            self.notify()
            self.wait_for_and_dispatch_events(LOOK_SECONDS if self.turn.is_yielding else 1.0)
            self.end_turn()
            self.close_overdue()
        self.stop()

    def stop(self) -> None:
        """Finish the requests in progress; other workers accept the connections that wait."""
        self.set_accept_enabled(False)
        self.turn.leave()
        self.parked.shorten_waits(LAST_SECONDS)
        end = time.monotonic() + self.cfg.graceful_timeout
        while self.nr_conns > 0 and time.monotonic() < end:
            self.notify()
            self.wait_for_and_dispatch_events(0.1)
            self.close_overdue(interval=0.1)
        self.tpool.shutdown(wait=False)
        self.poller.close()
        self.method_queue.close()
        for listener in self.sockets:
            listener.close()

    # Accept and close connections.

    def end_turn(self) -> None:
        """Accept again after yielding to another worker."""
        if self.turn.is_yielding and self.turn.has_yielded(self.nr_conns):
            self.set_accept_enabled(not self.is_full)

    def accept(self, listener: Any) -> None:
        """Accept a connection, unless another worker has fewer."""
        if not self.turn.may_accept(self.nr_conns):
            self.set_accept_enabled(False)
            return
        if self.nr_conns >= self.worker_connections and not self.make_room():
            return
        try:
            accepted, client = listener.accept()
        except OSError as error:
            self.handle_accept_error(error)
            return
        self.count(1)
        self.add_connection(accepted, client, listener.getsockname())

    def handle_accept_error(self, error: OSError) -> None:
        """Make room if there is no file for a connection. Raises other errors."""
        if error.errno in OUT_OF_FILES:
            self.make_room()
        elif error.errno not in NO_CONNECTION:
            raise error

    def make_room(self) -> bool:
        """Close the connection that has waited longest; if none waits, accept none until one is
        closed. Return whether there is room."""
        oldest = self.parked.oldest()
        if oldest is None:
            self.is_full = True
            self.set_accept_enabled(False)
            return False
        self.parked.take(oldest)
        self.drop(oldest)
        return True

    def add_connection(self, accepted: socket.socket, client: Any, server: Any) -> None:
        """Add a new connection, and read the data that has arrived on it."""
        conn = ClientConnection(self.cfg, BufferedSocket(accepted), client, server, self.max_body)
        try:
            conn.receive()
        except OSError:
            self.drop(conn)
            return
        self.proceed(conn, WaitingFor.REQUEST)

    def count(self, more: int) -> None:
        """Change the number of connections of this worker, and record it for the other workers."""
        self.nr_conns += more
        self.turn.record(self.nr_conns, accepted=more > 0)
        if more < 0:
            self.accept_again()

    def accept_again(self) -> None:
        """Accept connections again after a time without room for any."""
        if self.is_full and self.alive:
            self.is_full = False
            self.set_accept_enabled(True)

    def drop(self, conn: ClientConnection) -> None:
        """Close a connection at once, in any state."""
        self.buffered_bytes -= conn.buffered_bytes
        conn.buffered_bytes = 0
        conn.sock.close()
        self.count(-1)

    # Pass connections between the main loop and the threads.

    def proceed(self, conn: ClientConnection, wait: WaitingFor) -> None:
        """Park a connection until what it waits for, or give it to a thread."""
        self.buffered_bytes += conn.update_buffered_bytes()
        if not conn.sock.unsent:
            conn.send_until = 0.0
        if conn.sock.unsent:
            conn.wait_after_send = wait
            conn.send_until = conn.send_until or time.monotonic() + ANSWER_SECONDS
            self.parked.put(conn, WaitingFor.CLIENT_TO_READ, conn.send_until)
        elif wait is WaitingFor.NOTHING:
            self.drop(conn)
        elif wait is WaitingFor.CLIENT_TO_CLOSE:
            self.close_gracefully(conn)
        elif wait is WaitingFor.REQUEST and (conn.received or conn.has_ended):
            self.enqueue_req(conn)
        elif wait is WaitingFor.REQUEST:
            self.parked.put(conn, wait, time.monotonic() + self.cfg.keepalive)
            if not self.alive:
                self.parked.shorten_waits(LAST_SECONDS)
        else:
            seconds = HEAD_SECONDS if conn.request is None else BODY_SECONDS
            self.parked.put(conn, wait, conn.began + seconds)
        if self.buffered_bytes > MAX_BUFFERED_BYTES:
            self.free_memory()
        self.accept_again()

    def free_memory(self) -> None:
        """Close the connection that has waited longest of those with buffered data."""
        oldest = self.parked.oldest(with_data=True)
        if oldest is not None:
            self.parked.take(oldest)
            self.drop(oldest)

    def close_gracefully(self, conn: ClientConnection) -> None:
        """Shut down sending, and wait until the client closes the connection, too: to close it
        earlier could discard the answer before the client has read it (RFC 9112, section 9.6)."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            conn.has_ended = True
        if conn.has_ended:
            self.drop(conn)
            return
        conn.received.clear()
        self.buffered_bytes += conn.update_buffered_bytes()
        conn.discard_bytes = CLOSE_BYTES
        seconds = CLOSE_SECONDS if self.alive else LAST_SECONDS
        self.parked.put(conn, WaitingFor.CLIENT_TO_CLOSE, time.monotonic() + seconds)

    def wake(self, conn: ClientConnection) -> None:
        """Continue with a parked connection that can be read or written."""
        try:
            if conn.wait is WaitingFor.CLIENT_TO_CLOSE:
                self.discard(conn)
                return
            self.parked.take(conn)
            self.continue_connection(conn)
        except OSError:
            self.drop(conn)
        except Exception:
            # An error with one connection must not end all of them.
            self.log.exception("A connection was given up")
            if conn in self.parked:
                self.parked.take(conn)
            self.drop(conn)

    def continue_connection(self, conn: ClientConnection) -> None:
        """Continue with a connection that is no longer parked. Raises OSError if it is broken."""
        if conn.wait is WaitingFor.REQUEST:
            self.enqueue_req(conn)
        elif conn.wait is WaitingFor.CLIENT_TO_READ:
            conn.sock.flush()
            self.proceed(conn, conn.wait_after_send)
        else:
            conn.receive()
            if conn.is_ready():
                self.buffered_bytes += conn.update_buffered_bytes()
                self.enqueue_req(conn)
            else:
                self.proceed(conn, WaitingFor.REST_OF_REQUEST)

    def discard(self, conn: ClientConnection) -> None:
        """Read and discard what a client sends after its last answer; close the connection at its
        end, or after CLOSE_BYTES."""
        try:
            size = conn.sock.recv_into(self.discard_buffer)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        conn.discard_bytes -= size
        if not size or conn.discard_bytes <= 0:
            self.parked.take(conn)
            self.drop(conn)

    def close_overdue(self, interval: float = 1.0) -> None:
        """Close the connections whose deadline has passed; check at most once per interval, in
        seconds."""
        now = time.monotonic()
        if now < self.swept_at + interval:
            return
        self.swept_at = now
        for conn in self.parked.overdue():
            if conn not in self.parked:
                continue
            self.parked.take(conn)
            if conn.wait is WaitingFor.REST_OF_REQUEST:
                self.refuse(conn, TimeoutError())
                self.proceed(conn, WaitingFor.CLIENT_TO_CLOSE)
            else:
                self.drop(conn)

    def finish_request(self, conn: ClientConnection, done: Future[WaitingFor]) -> None:
        """Continue in the main loop with a connection that a thread has finished with."""
        try:
            self.proceed(conn, done.result())
        except Exception:
            self.log.exception("A connection was given up")
            self.drop(conn)
