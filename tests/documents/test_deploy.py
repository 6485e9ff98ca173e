"""The files of `deploy/` fit the program: units, images, settings, ports; what can be run of them is run."""

from __future__ import annotations

import ctypes
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import which

import aiohttp
import pytest
from typer.main import get_command

from baraka_cli.main import app
from baraka_cli.terminal import FAILED, FAULT, TRY_AGAIN, WRONG_USAGE
from baraka_server.settings import Settings
from baraka_server.sources import secrets_of
from tests.support.checks.not_run import not_run
from tests.support.servers.baraka import BARAKA, Baraka
from tests.support.servers.private_server import find, free_port, program

HOUSE = Path(__file__).parents[2]
UNIT = HOUSE / "deploy/systemd/baraka.service"
DOCKERFILE = (HOUSE / "deploy/docker/Dockerfile").read_text()
COMPOSE = HOUSE / "deploy/docker/compose.yml"
EXPOSURE_MAX = 15
"""The threshold of `systemd-analyze security`, in tenths: 10 is `OK`, 100 `UNSAFE`."""
SETTINGS = {f"BARAKA_{name.upper()}" for name in Settings.model_fields}
COMMANDS = set(get_command(app).commands)
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
WITHOUT_WRITABLE_CODE = (
    "import ctypes, os, sys; "
    f"ctypes.CDLL(None).prctl({PR_SET_MDWE}, {REFUSE_EXEC_GAIN}, 0, 0, 0) and sys.exit(9); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path / 'baraka.db'}"


def lines(name):
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


def is_setting(name):
    return name in SETTINGS or (name.endswith("_FILE") and name.removesuffix("_FILE") in SETTINGS)


# --- systemd


def test_the_unit_is_sound_and_hardened(tmp_path):
    if not find("systemd-analyze"):
        not_run("systemd-analyze", "not found. Try: apt-get install systemd, as root")
    unit = tmp_path / "baraka.service"  # its program is not installed here
    unit.write_text(UNIT.read_text().replace("/opt/baraka/bin/baraka", "/bin/true"))
    for words in (
        ["verify", "--man=no", unit],
        ["security", "--offline=true", f"--threshold={EXPOSURE_MAX}", "--no-pager", unit],
    ):
        done = subprocess.run(
            [program("systemd-analyze"), *map(str, words)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        assert words[0] == "security" or not done.stderr, done.stderr


def test_the_unit_knows_the_exit_codes_and_upgrades_nothing():
    (prevented,) = lines("RestartPreventExitStatus")
    assert set(map(int, prevented.split())) == {FAILED, WRONG_USAGE}
    assert {FAULT, TRY_AGAIN}.isdisjoint(map(int, prevented.split()))
    assert lines("Restart") == ["on-failure"]
    (start,) = lines("ExecStart")
    assert start.split() == ["/opt/baraka/bin/baraka", "serve"]
    assert not re.search(r"^Exec\w+=.*upgrade", UNIT.read_text(), re.MULTILINE)
    stop = float(lines("TimeoutStopSec")[0].removesuffix("s"))
    assert stop > Settings.model_fields["shutdown_seconds_max"].default
    loaded = re.findall(r"^(?:# )?LoadCredential=baraka_(\w+):", UNIT.read_text(), re.MULTILINE)
    assert sorted(loaded) == sorted(secrets_of(Settings))


def test_the_environment_of_the_unit_has_settings_that_there_are():
    text = (HOUSE / "deploy/systemd/baraka.env").read_text()
    values = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert values
    # A file that root alone reads is for the unit to load: the service cannot.
    assert not re.search(r"_FILE=", text)
    assert all(map(is_setting, values))
    made = {name.removeprefix("BARAKA_").lower(): value for name, value in values.items()}
    Settings(_env_file=None, **made)  # none of the values is refused


async def test_it_serves_where_no_memory_is_both_written_and_run(sale_database, tmp_path):
    if ctypes.CDLL(None).prctl(PR_SET_MDWE + 1, 0, 0, 0, 0) < 0:  # PR_GET_MDWE
        not_run("MemoryDenyWriteExecute", "this kernel cannot forbid it (Linux 6.3 can)")
    command = (sys.executable, "-c", WITHOUT_WRITABLE_CODE, BARAKA)
    async with Baraka(sale_database, tmp_path, program=command) as server:
        async with aiohttp.ClientSession(server.url) as http, http.get("/healthz") as answer:
            assert answer.status == 200
        mode = Path(f"/proc/{server.pid}/cmdline").read_bytes()
        assert b"prctl" not in mode  # it is the server itself by now
        assert await server.stop() == 0


# --- Docker


def test_what_was_not_run_says_so_first():
    for text in (DOCKERFILE, COMPOSE.read_text()):
        assert re.match(r"# Not (built|run) by the tests", text)


def test_the_image_is_pinned_runs_as_nobody_and_asks_how_it_is():
    assert "--require-hashes -r /build/requirements.txt" in DOCKERFILE
    assert (HOUSE / "requirements.txt").exists()
    assert re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE) == ["10001"]
    assert re.search(r"^HEALTHCHECK .*--timeout=3s", DOCKERFILE, re.MULTILINE)
    (entry, command) = re.findall(r"^(?:ENTRYPOINT|CMD) (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert json.loads(entry) == [Path(BARAKA).name]
    assert set(json.loads(command)) <= COMMANDS
    port = Settings.model_fields["port"].default
    assert f"EXPOSE {port}\n" in DOCKERFILE
    assert f"BARAKA_PORT={port}\n" in DOCKERFILE


async def test_the_health_check_of_the_image_tells_a_server_from_none(sale_database, tmp_path):
    (text,) = re.findall(r"^    CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    _, *words = json.loads(text)

    def check(port):
        env = os.environ | {"BARAKA_PORT": str(port)}
        return subprocess.run([sys.executable, *words], env=env, capture_output=True).returncode

    async with Baraka(sale_database, tmp_path) as server:
        assert check(server.port) == 0
    assert check(free_port()) != 0


def composed():
    """The compose file as data; the library that reads YAML is not one of ours."""
    reads = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))"
    for python in ("/usr/bin/python3", which("python3") or ""):
        if not python or not Path(python).exists():
            continue
        done = subprocess.run(
            [python, "-c", reads], input=COMPOSE.read_text(), capture_output=True, text=True
        )
        if "No module named 'yaml'" not in done.stderr:
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)
    return not_run("PyYAML", "no python3 has it. Try: apt-get install python3-yaml, as root")


def test_the_house_of_containers_fits_the_program_and_the_other_files():
    house = composed()
    services, secrets = house["services"], set(house["secrets"])
    for name, service in services.items():
        assert set(service.get("secrets", ())) <= secrets, name
        registry, _, rest = service.get("image", "").partition("/")
        assert not rest or "." not in registry, "an image by its name alone"
    for name in ("n1", "n2"):
        environment = services[name]["environment"]
        assert all(map(is_setting, environment)), environment
        assert environment["BARAKA_NODE_ID"] == name
        assert services[name]["read_only"] is True
        for variable, value in environment.items():
            if variable.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in services[name]["secrets"]
        address = services[name]["networks"]["house"]["ipv4_address"]
        theirs = address.replace("172.30.0.", "10.0.0.")
        balancer = (HOUSE / "deploy/haproxy.cfg").read_text()
        assert f"server {name} {theirs}:{environment['BARAKA_PORT']}" in balancer
        scraped = (HOUSE / "deploy/prometheus/prometheus.yml").read_text()
        assert f"{theirs}:{environment['BARAKA_METRICS_PORT']}" in scraped
    assert services["haproxy"]["ports"] == ["80:80"]
    assert "bind :80\n" in (HOUSE / "deploy/haproxy.cfg").read_text()


@pytest.mark.mariadb
def test_the_options_of_the_database_are_ones_that_it_knows():
    if not find("mariadbd"):
        not_run("MariaDB", "not found. Try: make servers, as root")
    options = composed()["services"]["mariadb"]["command"]
    done = subprocess.run(
        [program("mariadbd"), "--no-defaults", *options, "--verbose", "--help"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "unknown" not in done.stderr
    assert re.search(r"(?m)^sync-binlog +1$", done.stdout)
    assert re.search(r"(?m)^rpl-semi-sync-master-wait-point +AFTER_SYNC$", done.stdout)
