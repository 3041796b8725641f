"""The answering of a request that has arrived, in a thread of the worker."""

from __future__ import annotations

from gunicorn.workers.gthread import ThreadWorker

from kamiyo_api.server import refusals
from kamiyo_api.server.connection import ClientConnection, WaitingFor

DEFAULT_MAX_BODY = 1024 * 1024


class AnsweringWorker(ThreadWorker):
    """The part of a worker that runs in its threads; none of it waits for a client."""

    def load_wsgi(self) -> None:
        """Load the application, and read the maximum size of a body from its settings."""
        super().load_wsgi()
        config = getattr(self.wsgi, "config", {})
        self.max_body = config.get("MAX_CONTENT_LENGTH") or DEFAULT_MAX_BODY

    def handle(self, conn: ClientConnection) -> WaitingFor:
        """Answer the request of a connection, if all of it has arrived, and return what the
        connection waits for next."""
        try:
            if not (conn.received or conn.has_ended):
                conn.receive()
            if not conn.has_request():
                conn.ask_for_body()
                return WaitingFor.REST_OF_REQUEST
            return self.answer(conn)
        except (StopIteration, OSError):
            return WaitingFor.CLIENT_TO_CLOSE  # the client has disconnected
        except Exception as error:
            self.refuse(conn, error)
            return WaitingFor.CLIENT_TO_CLOSE

    def answer(self, conn: ClientConnection) -> WaitingFor:
        """Let the application answer the request that has arrived, and return what the connection
        waits for next."""
        request = conn.take_request()
        stays_open = self.handle_request(request, conn)
        conn.sock.flush()
        if stays_open and conn.finish_body():
            return WaitingFor.REQUEST
        return WaitingFor.NOTHING if conn.can_close_at_once(request) else WaitingFor.CLIENT_TO_CLOSE

    def refuse(self, conn: ClientConnection, error: Exception) -> None:
        """Send the answer to a request that the application has not received, or failed to
        answer."""
        refusal = refusals.refusal_of(error, self.max_body)
        if refusal.status == 500:
            self.log.exception("A request was not answered")
        try:
            conn.sock.sendall(refusals.answer(refusal))
            conn.sock.flush()
        except OSError:
            self.log.debug("A client went away")
