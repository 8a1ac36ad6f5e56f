"""A real mail provider: Dovecot for IMAP, POP3 and passwords, Postfix for sending and delivery.

Both are the programs Debian ships, on their real ports, private to one directory: Dovecot checks
the passwords of both, Postfix delivers into the maildirs that Dovecot serves, so a message sent
arrives. Written for Dovecot 2.3 and Postfix 3.7 (Debian 12).
"""

import base64
import contextlib
import email
import email.policy
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.ca import Certificate
from tests.lab.wire import Namespace

DOVECOT = Path("/usr/sbin/dovecot")
POSTFIX = Path("/usr/sbin/postfix")
_POSTFIX_MASTER = Path("/usr/lib/postfix/sbin/master")
_LONG_AGO = 1_000_000_000.0

_DOVECOT_CONF = r"""
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/dovecot.log
auth_verbose = yes
listen = {address}
protocols = imap pop3
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
auth_mechanisms = plain login cram-md5
mail_location = maildir:~/
first_valid_uid = 1
mail_max_userip_connections = 100
# A test makes many logins, some of them wrong, and none of them should have to wait.
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {directory}/passwords
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={directory}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    auto = subscribe
    special_use = \Drafts
  }}
  mailbox Sent {{
    auto = subscribe
    special_use = \Sent
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \Trash
  }}
}}
service imap-login {{
  process_min_avail = 1
}}
service auth {{
  unix_listener {directory}/sasl {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""

_MAIN_CF = """
compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
config_directory = {directory}/postfix
maillog_file = {directory}/postfix.log
maillog_file_prefixes = {directory}
myhostname = {host}
mydestination =
inet_interfaces = all
inet_protocols = ipv4
mynetworks = 127.255.255.255/32
alias_maps =
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {directory}/mail
virtual_mailbox_maps = hash:{directory}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {directory}/sasl
smtpd_sasl_auth_enable = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
"""

_MASTER_CF = """
{address}:25 inet n - n - - smtpd
{address}:587 inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
{address}:465 inet n - n - - smtpd
  -o syslog_name=postfix/submissions
  -o smtpd_tls_wrappermode=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class MailServer:
    """Dovecot and Postfix on `address` inside `namespace`; a context manager.

    `accounts` maps addresses to passwords. `directory` must be reachable by other users (the
    servers drop their privileges) and have a short path (it holds Unix sockets).
    """

    def __init__(
        self,
        namespace: Namespace,
        address: str,
        directory: Path,
        certificate: Certificate,
        host: str,
        accounts: Mapping[str, str],
    ) -> None:
        self.host = host
        self.accounts = dict(accounts)
        self._namespace = namespace
        self._address = address
        self._directory = directory
        self._certificate = certificate
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._configure()
        postfix = self._directory / "postfix"
        # `postfix start` naps for seconds; its checks once, then its master directly, do not.
        subprocess.run([POSTFIX, "-c", postfix, "check"], check=True, capture_output=True)
        log = (self._directory / "stderr.log").open("wb")
        with log:
            self._processes = [
                self._namespace.popen(
                    [str(DOVECOT), "-F", "-c", str(self._directory / "dovecot.conf")], output=log
                ),
                self._namespace.popen(
                    [str(_POSTFIX_MASTER), "-c", str(postfix), "-d"],
                    env={**os.environ, "MAIL_CONFIG": str(postfix)},
                    output=log,
                ),
            ]
        for port in (143, 993, 110, 995, 25, 465, 587):
            self._await_port(port)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def set_password(self, address: str, password: str) -> None:
        """Change (or add) the password of `address`; the next login is judged by the new one."""
        self.accounts[address] = password
        self._write_passwords()

    def share_mailbox(self, address: str, also: str) -> None:
        """Let `also` log in to the mailbox of `address`: the same mail under a second name."""
        name = self._maildir(also)
        if name.exists():
            shutil.rmtree(name)
        name.symlink_to(self._maildir(address).name)

    def deliver(self, address: str, message: EmailMessage) -> None:
        """Put `message` into the inbox of `address`, as a delivery would."""
        maildir = self._maildir(address)
        name = f"{time.time_ns()}.lab"
        for part in ("tmp", "new", "cur"):
            (maildir / part).mkdir(parents=True, exist_ok=True)
        (maildir / "tmp" / name).write_bytes(message.as_bytes())
        (maildir / "tmp" / name).rename(maildir / "new" / name)
        for path in (maildir, *maildir.rglob("*")):
            shutil.chown(path, "mail", "mail")

    def inbox(self, address: str) -> list[EmailMessage]:
        """The messages in the inbox of `address`, oldest first."""
        files = [
            path
            for part in ("new", "cur")
            for path in (self._maildir(address) / part).glob("*")
            if path.is_file()
        ]
        return [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted(files, key=lambda path: path.name)
        ]

    def await_message(self, address: str, subject: str, timeout: float = 20.0) -> EmailMessage:
        """The message with `subject` in the inbox of `address`, as soon as it is there."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for message in self.inbox(address):
                if message["Subject"] == subject:
                    return message
            time.sleep(0.05)
        raise TimeoutError(f"no message {subject!r} for {address}:\n{self.postfix_log()[-2000:]}")

    def dovecot_log(self) -> str:
        """All Dovecot has said so far."""
        return _read(self._directory / "dovecot.log")

    def postfix_log(self) -> str:
        """All Postfix has said so far."""
        return _read(self._directory / "postfix.log")

    def logins(self, address: str) -> int:
        """How often somebody has logged in to read the mail of `address`."""
        return len(
            re.findall(rf"(?:imap|pop3)-login: Info: Login: user=<{address}>", self.dovecot_log())
        )

    def failed_logins(self, address: str) -> int:
        """How often a password for `address` was refused, for receiving or for sending."""
        pattern = rf"passwd-file\({address}[,)].*(?:Password mismatch|unknown user)"
        return len(re.findall(pattern, self.dovecot_log()))

    def _maildir(self, address: str) -> Path:
        return self._directory / "mail" / address

    def _configure(self) -> None:
        owner = pwd.getpwnam("mail")
        for name in ("run", "state", "mail", "postfix", "queue", "data"):
            (self._directory / name).mkdir(parents=True, exist_ok=True)
        self._directory.chmod(0o755)
        shutil.chown(self._directory / "mail", "mail", "mail")
        shutil.chown(self._directory / "data", "postfix")
        values = {
            "directory": self._directory,
            "address": self._address,
            "certificate": self._certificate.chain,
            "key": self._certificate.key,
            "uid": owner.pw_uid,
            "gid": owner.pw_gid,
            "host": self.host,
            "domains": " ".join(sorted({a.rpartition("@")[2] for a in self.accounts})),
        }
        self._write("dovecot.conf", _DOVECOT_CONF.format_map(values))
        self._write("postfix/main.cf", _MAIN_CF.format_map(values))
        self._write("postfix/master.cf", _MASTER_CF.format_map(values))
        for name in ("main.cf", "master.cf"):
            # Postfix naps while these are fresh: it waits for an editor that may still be writing.
            os.utime(self._directory / "postfix" / name, (_LONG_AGO, _LONG_AGO))
        self._write("mailboxes", "".join(f"{a} {a}/\n" for a in self.accounts))
        subprocess.run(["/usr/sbin/postmap", self._directory / "mailboxes"], check=True)
        self._write_passwords()

    def _write_passwords(self) -> None:
        lines = (
            f"{address}:{{PLAIN.b64}}{base64.b64encode(password.encode()).decode()}::::::\n"
            for address, password in self.accounts.items()
        )
        self._write("passwords.new", "".join(lines))
        (self._directory / "passwords.new").rename(self._directory / "passwords")

    def _write(self, name: str, text: str) -> None:
        (self._directory / name).write_text(text)

    def _await_port(self, port: int, timeout: float = 20.0) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                self._namespace.connect(self._address, port, timeout=1).close()
                return
            time.sleep(0.02)
        raise TimeoutError(
            f"port {port} stays closed:\n{self.dovecot_log()}\n{self.postfix_log()}\n"
            f"{_read(self._directory / 'stderr.log')}"
        )


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
