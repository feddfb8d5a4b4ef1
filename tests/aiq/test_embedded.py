"""Who starts the embedded services, who finds them, and what a kill leaves behind."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from django.conf import settings

from aiq import embedded, postgres
from aiq.addresses import read_address
from aiq.daemons import DaemonError

BOTH = ["postgres", "redis"]
HOLD = """
import sys
from pathlib import Path
from aiq import embedded, postgres
with embedded.running(Path(sys.argv[1]), ["postgres", "redis"], holder=sys.argv[2]):
    print("running", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One cluster for all tests here; its path is long, so that the socket has to live elsewhere."""
    folder = tmp_path_factory.mktemp("a" * 80)
    yield folder
    for note in folder.glob("*.sockets"):
        shutil.rmtree(note.read_text())


def start(folder: Path, holder: str = "command") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), holder],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    return process


@pytest.fixture
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = start(folder, "up")
    yield process
    process.communicate()


def bare_environ(folder: Path) -> dict[str, str]:
    hidden = {"DATABASE_URL", "REDIS_URL", *embedded_keys()}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return kept | {"AIQ_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "aiq.settings"}


def embedded_keys() -> set[str]:
    return {"SECRET_KEY", "DATA_KEY", "HASH_KEY"}


def postgres_pid(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def test_a_command_in_a_second_terminal_finds_the_running_services(folder: Path, held: subprocess.Popen[str]) -> None:
    before = postgres_pid(folder)
    code = "from django.db import connection as c; print(c.cursor().execute('select 41 + 1').fetchone()[0])"
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=bare_environ(folder), capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "42"), done.stderr
    assert postgres_pid(folder) == before


def test_a_second_up_is_refused(folder: Path, held: subprocess.Popen[str]) -> None:
    with (
        pytest.raises(embedded.AlreadyRunningError, match=str(held.pid)),
        embedded.running(folder, BOTH, holder="up"),
    ):
        pass


def test_a_command_alone_starts_the_services_and_stops_them_again(folder: Path) -> None:
    with embedded.running(folder, BOTH):
        address = read_address(folder, "services")
        assert redis.from_url(address["redis"]).ping()
        assert psycopg.connect(**address["postgres"]).execute("show fsync").fetchone() == ("on",)
        assert redis.from_url(address["redis"]).config_get("appendonly") == {"appendonly": "yes"}
    assert read_address(folder, "services") == {}
    assert not (folder / "postgres" / "postmaster.pid").exists()
    assert not (folder / "valkey" / "valkey.pid").exists()


def test_the_servers_log_holds_no_value_of_a_statement_that_failed(folder: Path) -> None:
    with embedded.running(folder, BOTH):
        connection = psycopg.connect(**read_address(folder, "services")["postgres"], autocommit=True)
        connection.execute("create table people (email text unique)")
        for _ in range(2):
            with contextlib.suppress(psycopg.errors.UniqueViolation):
                connection.execute("insert into people values ('avery@example.com')")
        connection.close()
    log = (folder / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "avery" not in log


def test_what_was_written_is_there_after_a_kill_of_the_holder(folder: Path) -> None:
    process = start(folder, "up")
    address = read_address(folder, "services")
    redis.from_url(address["redis"]).set("kept", "yes")
    with psycopg.connect(**address["postgres"]) as connection:
        connection.execute("create table kept (n int)")
    process.kill()
    process.wait()
    with embedded.running(folder, BOTH, holder="up"):
        address = read_address(folder, "services")
        assert address["pid"] == os.getpid()
        assert psycopg.connect(**address["postgres"]).execute("select count(*) from kept").fetchone() == (0,)
        assert redis.from_url(address["redis"]).get("kept") == b"yes"


def test_a_kill_of_the_servers_too_heals(folder: Path) -> None:
    process = start(folder, "up")
    postgres = psutil.Process(postgres_pid(folder))
    for victim in [process.pid, *(child.pid for child in psutil.Process(process.pid).children())]:
        os.kill(victim, signal.SIGKILL)
    process.wait()
    psutil.wait_procs([postgres], timeout=10)
    with embedded.running(folder, BOTH):
        assert psycopg.connect(**read_address(folder, "services")["postgres"]).execute("select 1").fetchone() == (1,)


def test_a_pid_file_whose_number_was_given_to_another_process_is_no_obstacle(folder: Path) -> None:
    with embedded.running(folder, BOTH):
        pid_file = (folder / "postgres" / "postmaster.pid").read_text().splitlines()
    pid_file[0] = str(os.getpid())
    (folder / "postgres" / "postmaster.pid").write_text("\n".join(pid_file))
    with embedded.running(folder, BOTH):
        assert postgres_pid(folder) != os.getpid()


def test_a_service_that_dies_under_its_holder_comes_back_at_the_same_address(folder: Path) -> None:
    with embedded.running(folder, BOTH):
        address = read_address(folder, "services")
        for pid in (postgres_pid(folder), int((folder / "valkey" / "valkey.pid").read_text())):
            os.kill(pid, signal.SIGKILL)
        done: list[str] = []
        for _ in range(50):
            with contextlib.suppress(DaemonError):
                done += embedded.heal(folder)
            time.sleep(0.1)
            if len(done) == 2:
                break
        assert len(done) == 2
        assert psycopg.connect(**address["postgres"]).execute("select 1").fetchone() == (1,)
        assert redis.from_url(address["redis"]).ping()


def test_a_command_that_holds_the_services_waits_for_those_who_share_them(folder: Path) -> None:
    process = start(folder)
    with (folder / "services.users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        ended = threading.Thread(target=process.communicate)
        ended.start()
        ended.join(1)
        assert ended.is_alive()
        assert read_address(folder, "services")
    ended.join(30)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("migrate", True),
        ("why ana@example.com", True),
        ("check", False),
        ("help", False),
        ("migrate --help", False),
        ("", False),
    ],
)
def test_only_commands_that_need_services_start_them(line: str, expected: bool) -> None:
    assert embedded.needs_services(["manage.py", *line.split()]) is expected


def test_what_the_environment_names_is_not_started() -> None:
    assert embedded.wanted({}) == BOTH
    assert embedded.wanted({"DATABASE_URL": "x"}) == ["redis"]
    assert embedded.wanted({"DATABASE_URL_FILE": "x", "REDIS_URL": "y"}) == []


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root has to let another user pass")
def test_the_folders_above_are_opened_to_the_servers_user_and_to_nobody_else(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "data").mkdir(parents=True)
    closed.chmod(0o700)
    user = postgres._system_user()
    postgres._let_pass(closed / "data", postgres._uid(user))
    closed.chmod(0o700)
    postgres._let_pass(closed / "data", postgres._uid(user))
    assert closed.stat().st_mode & 0o007 == 0
    for name, may in ((user, True), ("daemon", False)):
        done = subprocess.run(["test", "-d", closed / "data"], user=name, group=name, extra_groups=[])
        assert (done.returncode == 0) is may
