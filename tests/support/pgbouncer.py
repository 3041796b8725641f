"""Debian's PgBouncer in transaction mode, where each transaction may get another connection."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from psycopg2.extensions import parse_dsn

from kamiyo_api.dev.processes import run_server
from tests.support.programs import needed

# Debian keeps it where only root looks.
PROGRAM = "/usr/sbin/pgbouncer"
# Fewer connections than a worker's pool has, so that they are handed around.
SETTINGS = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
server_connect_timeout = 2
client_login_timeout = 5
query_wait_timeout = 10
"""


@contextmanager
def pgbouncer(database_url: str, folder: Path) -> Iterator[str]:
    """PgBouncer in front of a PostgreSQL that listens at a socket; yields its address."""
    place = parse_dsn(database_url)
    settings = folder / "pgbouncer.ini"
    settings.write_text(SETTINGS.format(folder=folder, **place))
    # Debian's refuses to be root; the folder is gone when this ends.
    folder.chmod(0o777)
    nobody = pwd.getpwnam("nobody").pw_uid
    who = {"user": nobody, "group": nobody, "extra_groups": []} if os.geteuid() == 0 else {}
    with run_server([needed(PROGRAM), settings], folder=folder, ready="process up", **who):
        yield f"postgresql://{place['user']}@/{place['dbname']}?host={quote(str(folder))}&port=6432"
