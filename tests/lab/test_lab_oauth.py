"""A real Dovecot that takes tokens only: it checks the signature of each by itself."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.scripted import Talk, Town
from tests.lab.ca import CertificateAuthority
from tests.lab.mail import DOVECOT
from tests.lab.requirements import need_programs, unavailable
from tests.unit.verify.asking import ADDRESS, IMAP, problem_of, settings, worked
from wizard.model import AuthMethod, ProblemKind, Secret, SideResult
from wizard.verify import verify

pytestmark = pytest.mark.lab

_KEY = b"a key that only the identity provider and the mail server know"
_CONF = """
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = {mechanism}
auth_failure_delay = 0
mail_location = maildir:{directory}/mail
first_valid_uid = 1
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {directory}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={directory}/mail
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""
_OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={directory}/keys/
username_attribute = email
"""


def token(key: bytes, seconds: float = 600.0) -> Secret:
    """A signed token (RFC 7519, HS256) for our address."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    now = time.time()
    head = {"alg": "HS256", "typ": "JWT"}
    body = {
        "iss": "https://id.example.net",
        "sub": "anna",
        "email": str(ADDRESS),
        "iat": int(now - 60),
        "exp": int(now + seconds),
    }
    signed = f"{part(json.dumps(head).encode())}.{part(json.dumps(body).encode())}"
    return Secret(f"{signed}.{part(hmac.digest(key, signed.encode(), hashlib.sha256))}")


@pytest.fixture(params=["xoauth2", "oauthbearer"])
def dovecot(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a Dovecot with that mechanism alone, in the clear."""
    need_programs(DOVECOT)
    if os.geteuid() != 0:
        unavailable("Dovecot drops its privileges, so it needs some")
    with tempfile.TemporaryDirectory(prefix="lab-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        keys = directory / "keys" / "default" / "HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_text(base64.b64encode(_KEY).decode())
        (directory / "mail").mkdir(mode=0o777)
        (directory / "mail").chmod(0o777)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = int(probe.getsockname()[1])
        values = {"directory": directory, "port": port, "mechanism": request.param}
        (directory / "dovecot.conf").write_text(_CONF.format_map(values))
        (directory / "oauth2.conf").write_text(_OAUTH2.format_map(values))
        running = subprocess.Popen([DOVECOT, "-F", "-c", directory / "dovecot.conf"])
        try:
            deadline = time.monotonic() + 20
            while True:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                assert time.monotonic() < deadline, (directory / "dovecot.log").read_text()
                time.sleep(0.05)
            yield port
        finally:
            running.terminate()
            running.wait(timeout=10)


def log_in(port: int, access: Secret, tmp_path: Path) -> SideResult:
    server = replace(settings(IMAP), auth=(AuthMethod.OAUTH2,))

    def script(talk: Talk) -> None:
        talk.start_tls()
        talk.relay(port)

    with Town(CertificateAuthority(tmp_path)) as town:
        town.serve(server.host, server.port, script)
        return asyncio.run(
            verify(server, None, access, town, address=ADDRESS, by_token=True)
        ).incoming


def test_a_good_token_opens_the_mailbox(dovecot: int, tmp_path: Path) -> None:
    assert worked(log_in(dovecot, token(_KEY), tmp_path)).server.auth == (AuthMethod.OAUTH2,)


def test_a_forged_or_stale_token_asks_for_a_new_sign_in(dovecot: int, tmp_path: Path) -> None:
    for bad in (token(b"another key"), token(_KEY, seconds=-30)):
        problem = problem_of(log_in(dovecot, bad, tmp_path))
        assert problem.kind is ProblemKind.BROWSER_SIGN_IN_NEEDED, problem
