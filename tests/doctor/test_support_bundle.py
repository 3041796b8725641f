"""`flask support-bundle`: what is in it, what is missing from it, and that no secret is."""

from __future__ import annotations

import json
import stat
import tarfile

import psycopg2
import pytest
import redis

from bench.serving import serving
from kamiyo_api.access import keys
from kamiyo_api.access.authentication import hash_of
from kamiyo_api.dev.databases import embedded_valkey
from kamiyo_api.observability.redaction import redacted
from tests.support.doctor import NOWHERE, typed

FILES = {
    "manifest.txt",
    "application.log",
    "postgresql.log",
    "redis-info.txt",
    "metrics.txt",
    "doctor.json",
    "settings.json",
    "versions.json",
    "postgresql-settings.json",
    "migrations.json",
    "tables.json",
    "sessions.json",
}
PASSWORD = "pAssw0rd-of-postgres"
REDIS_PASSWORD = "pAssw0rd-of-redis"
TOKEN = "t0ken-of-metrics"
SENTRY = "5entry0public0key"


@pytest.fixture
def bundle(tmp_path):
    """Collect a bundle; what the command said, and its files by name."""

    def collect(settings, *words):
        path = tmp_path / "bundle.tar.gz"
        path.unlink(missing_ok=True)
        done = typed(settings, "support-bundle", "-o", str(path), *words)
        assert (done.returncode, done.stderr) == (0, "")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert done.stdout.endswith(f"wrote {path}\n")
        return done.stdout, unpacked(path)

    return collect


def unpacked(path):
    """The files of an archive; all lie in one folder of it."""
    with tarfile.open(path) as archive:
        folders = {member.name.split("/")[0] for member in archive}
        assert len(folders) == 1
        return {
            member.name.split("/")[1]: archive.extractfile(member).read().decode()
            for member in archive
        }


@pytest.fixture
def guarded(servers, app, tmp_path):
    """Settings that are full of secrets, and work."""
    with embedded_valkey(tmp_path) as address:
        connection = redis.Redis.from_url(address)
        connection.config_set("maxmemory-policy", "noeviction")
        connection.config_set("requirepass", REDIS_PASSWORD)
        connection.close()
        yield {
            "DATABASE_URL": servers.database_url.replace("postgres@", f"postgres:{PASSWORD}@"),
            "REDIS_URL": address.replace("redis://", f"redis://:{REDIS_PASSWORD}@"),
            "METRICS_TOKEN": TOKEN,
            "SENTRY_DSN": f"http://{SENTRY}@127.0.0.1:1/1",
        }


@pytest.fixture
def leaky_log(tmp_path):
    """A log in which somebody wrote what does not belong there."""
    secret = keys.new_secret()
    leaked = [secret, PASSWORD, REDIS_PASSWORD, TOKEN, hash_of(secret), "Zm9vYmFyYmF6"]
    log = tmp_path / "leaky.log"
    log.write_text(
        f"Authorization: Bearer {secret}\n"
        f"authorization: basic Zm9vYmFyYmF6\n"
        f"could not connect to postgresql://kamiyo:{PASSWORD}@db/kamiyo?sslmode=require\n"
        f'{{"redis": "redis://:{REDIS_PASSWORD}@cache:6379/0", "token": "{TOKEN}"}}\n'
        f"alter role kamiyo password '{PASSWORD}' METRICS_TOKEN={TOKEN}\n"
        f"select key from api_keys where key = '{hash_of(secret)}'\n"
        f"said by request 4f1c of kamiyo_api.request\n"
    )
    return log, leaked


def test_everything_that_the_guide_lists_is_collected(bundle, addresses, leaky_log, sql):
    sql("select pg_reload_conf()")
    with serving(**addresses) as web:
        said, files = bundle(addresses, "--url", web.url, "--log", str(leaky_log[0]))
    assert set(files) == FILES
    assert "missing" not in said
    for name in FILES - {"manifest.txt"}:
        assert any(line.startswith(f"{name} ") for line in said.splitlines())
        assert any(line.startswith(f"{name} ") for line in files["manifest.txt"].splitlines())
    assert "said by request 4f1c of kamiyo_api.request" in files["application.log"]
    assert "LOG:  " in files["postgresql.log"]
    assert "used_memory:" in files["redis-info.txt"]
    assert "cmdstat_" in files["redis-info.txt"]
    assert "erc8004_view_age_seconds" in files["metrics.txt"]
    assert json.loads(files["doctor.json"])["checks"]
    assert json.loads(files["settings.json"])["database_pool_size"] == 5
    assert json.loads(files["versions.json"])["packages"]["Flask"]
    assert json.loads(files["postgresql-settings.json"])["version"]
    assert json.loads(files["migrations.json"])[0]["version"] == 27
    assert {"api_keys", "mv_erc8004_agent_reputation"} <= {
        table["table_name"] for table in json.loads(files["tables.json"])
    }


def test_no_secret_is_in_it(bundle, guarded, leaky_log, sql):
    log, leaked = leaky_log
    sql("select %s as leaked", leaked[0])
    with serving(**guarded) as web:
        said, files = bundle(
            guarded, "--url", web.url, "--log", str(log), "--postgres-log", str(log)
        )
    assert set(files) == FILES
    for text in (said, *files.values()):
        for secret in (*leaked, SENTRY):
            assert secret not in text
    assert "redis://:***@127.0.0.1" in files["settings.json"]
    assert "postgres:***@" in files["settings.json"]
    assert json.loads(files["settings.json"])["metrics_token"] == "set"


def test_doctor_prints_no_secret(guarded):
    for words in ((), ("--json",)):
        done = typed(guarded, "doctor", "--url", NOWHERE, *words)
        assert done.stderr == ""
        assert '"$REDIS_URL"' in done.stdout.replace("\\", "")
        for secret in (PASSWORD, REDIS_PASSWORD, TOKEN, SENTRY):
            assert secret not in done.stdout


def test_sessions_are_shown_without_what_was_put_into_their_statements(bundle, addresses):
    connection = psycopg2.connect(addresses["DATABASE_URL"], application_name="curious")
    connection.cursor().execute(
        "select 'my name', E'it\\'s', $tag$body$tag$, 4711 /* note */ -- and more\n where true"
    )
    _, files = bundle(addresses, "--url", NOWHERE)
    connection.close()
    (session,) = [
        each for each in json.loads(files["sessions.json"]) if each["application_name"] == "curious"
    ]
    assert session["query"] == "select ?, ?, ?, ? where true"
    assert session["state"] == "idle in transaction"


def test_what_cannot_be_had_is_told_and_the_rest_collected(bundle, addresses, tmp_path):
    away = {
        "DATABASE_URL": f"postgresql://postgres:{PASSWORD}@127.0.0.1:1/kamiyo",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    absent = str(tmp_path / "absent.log")
    said, files = bundle(away, "--url", NOWHERE, "--log", absent, "--postgres-log", absent)
    assert set(files) == {"manifest.txt", "doctor.json", "settings.json", "versions.json"}
    for name in ("application.log", "postgresql.log"):
        assert f"missing: {absent}: No such file or directory" in line_of(name, said)
    assert "missing: Redis does not answer" in line_of("redis-info.txt", said)
    assert "name it with --url" in line_of("metrics.txt", said)
    assert "missing: the database does not answer" in line_of("tables.json", said)
    assert PASSWORD not in said


def line_of(name, said):
    (line,) = [line for line in said.splitlines() if line.startswith(f"{name} ")]
    return line


def test_no_file_is_overwritten(addresses, tmp_path):
    path = tmp_path / "bundle.tar.gz"
    path.write_text("mine")
    done = typed(addresses, "support-bundle", "-o", str(path), "--url", NOWHERE)
    assert done.returncode == 1
    assert done.stderr == f"Error: {path}: File exists\n"
    assert path.read_text() == "mine"


def test_log_is_cut_to_its_last_lines(bundle, addresses, tmp_path):
    log = tmp_path / "long.log"
    log.write_text("".join(f"line {number}\n" for number in range(5000)))
    _, files = bundle(addresses, "--url", NOWHERE, "--log", str(log))
    assert files["application.log"].splitlines()[0] == "line 4000"
    assert files["application.log"].splitlines()[-1] == "line 4999"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kamiyo_abcdefgh" + "x" * 35, "kamiyo_abcdefgh***"),
        ("kamiyo_abcdefgh is a prefix", "kamiyo_abcdefgh is a prefix"),
        ("in kamiyo_api.request", "in kamiyo_api.request"),
        ("Bearer abc.def-ghi_jkl", "Bearer ***"),
        ("postgresql://me:p@ss:w0rd@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me@db/x", "postgresql://me@db/x"),
        ("redis://:pw@cache:6379/0", "redis://:***@cache:6379/0"),
        ("redis://pw@cache:6379/0", "redis://***@cache:6379/0"),
        ("https://key@o1.ingest.example/2", "https://***@o1.ingest.example/2"),
        ("?password=abc&user=me", "?password=***&user=me"),
        ("host=db password='a b' user=me", "host=db password='***' user=me"),
        ('{"client_secret": "abc", "user": "me"}', '{"client_secret": "***", "user": "me"}'),
        ("API_KEY=abc", "API_KEY=***"),
        ("api-keys: 3 active", "api-keys: 3 active"),
        ("0x" + "ab" * 32, "0x" + "ab" * 32),
        ("ab" * 32, "***"),
    ],
)
def test_what_looks_like_a_secret_is_scrubbed(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize("word", ["token", "token-", "x", "a://b:c", "token ", "token='"])
def test_endless_text_of_a_client_is_looked_through_once(word):
    text = word * 20_000
    assert len(redacted(text)) <= len(text)
