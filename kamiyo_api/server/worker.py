"""gunicorn's threaded worker, which no client can make wait.

gunicorn gives each connection a thread until the client has sent its request and taken its
answer, without a bound on either. Here a thread gets a request when all of it has arrived, and
leaves an answer that the client does not take at once to the main loop. What a client holds is
its connection, for the times below; there are at most worker_connections of them, and a new one
takes the place of the one that has waited longest.

TLS and HTTP/2 are for the proxy in front.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from concurrent.futures import Future
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from kamiyo_api.server import refusals
from kamiyo_api.server.accept_turns import LOOK_SECONDS, Turn
from kamiyo_api.server.connection import Connection, Outbox, Wait, accept_with_data, allow_files
from kamiyo_api.server.parked_connections import Parked

# From the first byte of a request to the end of its head, and to the end of its body.
HEAD_SECONDS = 10
BODY_SECONDS = 60
ANSWER_SECONDS = 60
# What a client may go on sending after its last answer: some read only when they are done.
CLOSE_SECONDS = 10
CLOSE_BYTES = 16 * 1024 * 1024
# How long idle connections stay when the worker ends.
LAST_SECONDS = 2
# Requests and answers of clients that are slower than the service.
BYTES_AT_MOST = 64 * 1024 * 1024
FILES_AT_MOST = 8192
LONGEST_BODY = 1024 * 1024
NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
NO_CONNECTION = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED)


class Worker(ThreadWorker):
    """Serves requests in threads, and waits for clients in its main loop alone."""

    parked: Parked
    turn: Turn

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse what this worker does not do. Raises SystemExit."""
        if cfg.is_ssl:
            raise SystemExit("kamiyo-api: TLS is for the proxy in front; leave out certfile")

    def init_process(self) -> None:
        """Prepare, and run the main loop until the worker ends."""
        allow_files(FILES_AT_MOST)
        self.turn = Turn(self.number)
        self.is_full = False
        self.bytes_held = 0
        self.swept = time.monotonic()
        self.scratch = bytearray(256 * 1024)
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the application, and learn how long a body may be."""
        super().load_wsgi()
        config = getattr(self.wsgi, "config", {})
        self.longest_body = config.get("MAX_CONTENT_LENGTH") or LONGEST_BODY

    def run(self) -> None:
        """Serve until asked to stop."""
        self.parked = Parked(self.poller, self.wake)
        queue = self.method_queue
        self.poller.register(queue.fileno(), selectors.EVENT_READ, queue.run_callbacks)
        self.turn.note(0)
        accept_with_data(self.sockets)
        self.set_accept_enabled(True)
        while self.alive and self.is_parent_alive():
            self.notify()
            self.wait_for_and_dispatch_events(LOOK_SECONDS if self.turn.is_waiting else 1.0)
            self.take_turn()
            self.sweep()
        self.stop()

    def stop(self) -> None:
        """Finish what is under way; connections that wait to be accepted are left to others."""
        self.set_accept_enabled(False)
        self.turn.leave()
        self.parked.hurry(LAST_SECONDS)
        end = time.monotonic() + self.cfg.graceful_timeout
        while self.nr_conns > 0 and time.monotonic() < end:
            self.notify()
            self.wait_for_and_dispatch_events(0.1)
            self.sweep(every=0.1)
        self.tpool.shutdown(wait=False)
        self.poller.close()
        self.method_queue.close()
        for listener in self.sockets:
            listener.close()

    # Connections come and go.

    def take_turn(self) -> None:
        """Accept again after a moment in which another worker might have."""
        if self.turn.is_waiting and self.turn.has_waited(self.nr_conns):
            self.set_accept_enabled(not self.is_full)

    def accept(self, listener: Any) -> None:
        """Accept a connection, unless another worker has fewer."""
        if not self.turn.is_mine(self.nr_conns):
            self.set_accept_enabled(False)
            return
        if self.nr_conns >= self.worker_connections and not self.make_room():
            return
        try:
            accepted, client = listener.accept()
        except OSError as error:
            self.not_accepted(error)
            return
        self.count(1)
        self.begin(accepted, client, listener.getsockname())

    def not_accepted(self, error: OSError) -> None:
        """Make room where there is no file for a connection. Raises what else went wrong."""
        if error.errno in NO_ROOM:
            self.make_room()
        elif error.errno not in NO_CONNECTION:
            raise error

    def make_room(self) -> bool:
        """Close the connection that has waited longest; without one, accept none until one ends."""
        oldest = self.parked.oldest()
        if oldest is None:
            self.is_full = True
            self.set_accept_enabled(False)
            return False
        self.parked.take(oldest)
        self.drop(oldest)
        return True

    def begin(self, accepted: socket.socket, client: Any, server: Any) -> None:
        """Take in what a new connection sent."""
        conn = Connection(self.cfg, Outbox(accepted), client, server, self.longest_body)
        try:
            conn.receive()
        except OSError:
            self.drop(conn)
            return
        self.go_on(conn, Wait.REQUEST)

    def count(self, more: int) -> None:
        """Count the connections of this worker."""
        self.nr_conns += more
        self.turn.note(self.nr_conns, accepted=more > 0)
        if more < 0:
            self.accept_again()

    def accept_again(self) -> None:
        """Accept connections after a moment without room for any."""
        if self.is_full and self.alive:
            self.is_full = False
            self.set_accept_enabled(True)

    def drop(self, conn: Connection) -> None:
        """Close a connection, whatever state it is in."""
        self.bytes_held -= conn.weight
        conn.weight = 0
        conn.sock.close()
        self.count(-1)

    # Between the main loop and the threads.

    def go_on(self, conn: Connection, wait: Wait) -> None:
        """Let a connection wait for what it needs, or give it to a thread."""
        self.bytes_held += conn.weigh()
        if not conn.sock.unsent:
            conn.take_until = 0.0
        if conn.sock.unsent:
            conn.then = wait
            conn.take_until = conn.take_until or time.monotonic() + ANSWER_SECONDS
            self.parked.put(conn, Wait.TAKEN, conn.take_until)
        elif wait is Wait.NOTHING:
            self.drop(conn)
        elif wait is Wait.CLOSED:
            self.part(conn)
        elif wait is Wait.REQUEST and (conn.held or conn.has_ended):
            self.enqueue_req(conn)
        elif wait is Wait.REQUEST:
            self.parked.put(conn, wait, time.monotonic() + self.cfg.keepalive)
            if not self.alive:
                self.parked.hurry(LAST_SECONDS)
        else:
            seconds = HEAD_SECONDS if conn.request is None else BODY_SECONDS
            self.parked.put(conn, wait, conn.began + seconds)
        if self.bytes_held > BYTES_AT_MOST:
            self.lighten()
        self.accept_again()

    def lighten(self) -> None:
        """Close the connection that has waited longest of those that hold bytes."""
        heavy = self.parked.oldest(heavy=True)
        if heavy is not None:
            self.parked.take(heavy)
            self.drop(heavy)

    def part(self, conn: Connection) -> None:
        """Tell the client that nothing more comes, and wait until it is done, too: to close
        earlier would take the answer back that it has not read yet."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            conn.has_ended = True
        if conn.has_ended:
            self.drop(conn)
            return
        conn.held.clear()
        self.bytes_held += conn.weigh()
        conn.allowance = CLOSE_BYTES
        seconds = CLOSE_SECONDS if self.alive else LAST_SECONDS
        self.parked.put(conn, Wait.CLOSED, time.monotonic() + seconds)

    def wake(self, conn: Connection) -> None:
        """Go on with a connection whose client did something."""
        try:
            if conn.wait is Wait.CLOSED:
                self.discard(conn)
                return
            self.parked.take(conn)
            self.resume(conn)
        except OSError:
            self.drop(conn)
        except Exception:
            # What goes wrong with one connection must not end all of them.
            self.log.exception("A connection was given up")
            if conn in self.parked:
                self.parked.take(conn)
            self.drop(conn)

    def resume(self, conn: Connection) -> None:
        """Go on with a connection that waits no more. Raises OSError where it broke."""
        if conn.wait is Wait.REQUEST:
            self.enqueue_req(conn)
        elif conn.wait is Wait.TAKEN:
            conn.sock.flush()
            self.go_on(conn, conn.then)
        else:
            conn.receive()
            if conn.is_ready():
                self.bytes_held += conn.weigh()
                self.enqueue_req(conn)
            else:
                self.go_on(conn, Wait.REST)

    def discard(self, conn: Connection) -> None:
        """Read what a client sends after its last answer, and close when it is done."""
        try:
            got = conn.sock.recv_into(self.scratch)
        except BlockingIOError:
            return
        except OSError:
            got = 0
        conn.allowance -= got
        if not got or conn.allowance <= 0:
            self.parked.take(conn)
            self.drop(conn)

    def sweep(self, every: float = 1.0) -> None:
        """Close the connections whose time is over."""
        now = time.monotonic()
        if now < self.swept + every:
            return
        self.swept = now
        for conn in self.parked.overdue():
            if conn not in self.parked:
                continue
            self.parked.take(conn)
            if conn.wait is Wait.REST:
                self.refuse(conn, TimeoutError())
                self.go_on(conn, Wait.CLOSED)
            else:
                self.drop(conn)

    # In a thread.

    def handle(self, conn: Connection) -> Wait:
        """Answer the request of a connection, if all of it has arrived; what it waits for then."""
        try:
            if not (conn.held or conn.has_ended):
                conn.receive()
            if not conn.has_request():
                conn.ask_for_body()
                return Wait.REST
            return self.answer(conn)
        except (StopIteration, OSError):
            return Wait.CLOSED  # the client went away
        except Exception as error:
            self.refuse(conn, error)
            return Wait.CLOSED

    def answer(self, conn: Connection) -> Wait:
        """Let the application answer the request that has arrived; what comes after it."""
        request = conn.take_request()
        stays = self.handle_request(request, conn)
        conn.sock.flush()
        if stays and conn.finish():
            return Wait.REQUEST
        return Wait.NOTHING if conn.is_over(request) else Wait.CLOSED

    def refuse(self, conn: Connection, error: Exception) -> None:
        """Answer for the application, which has not seen the request or has failed."""
        refusal = refusals.refusal_of(error, self.longest_body)
        if refusal.status == 500:
            self.log.exception("A request was not answered")
        try:
            conn.sock.sendall(refusals.answer(refusal))
            conn.sock.flush()
        except OSError:
            self.log.debug("A client went away")

    def finish_request(self, conn: Connection, done: Future[Wait]) -> None:
        """Go on in the main loop with what a thread is done with."""
        try:
            self.go_on(conn, done.result())
        except Exception:
            self.log.exception("A connection was given up")
            self.drop(conn)
