"""A Postfix of our own, to set figures beside, apart from the system's."""

import os
import shutil
import socket
import subprocess
import tempfile

from harness import wait_for

MAIN = """\
compatibility_level = 3.6
queue_directory = %(dir)s/spool
data_directory = %(dir)s/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
relayhost = [127.0.0.1]:%(relay)d
maillog_file = %(dir)s/log
maillog_file_prefixes = %(dir)s
"""

MASTER = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
postlog unix-dgram n - n - 1 postlogd
"""

# What is there besides when it takes and passes on mail.
RELAYING = """\
127.0.0.1:%d inet n - n - - smtpd
smtp unix - - n - - smtp
proxymap unix - - n - - proxymap
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
retry unix - - n - - error
"""


def installed():
    return shutil.which("postfix") is not None and os.geteuid() == 0


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return [int(x) for x in f.read().split()]


class Postfix:
    """relay: the port that all its mail goes to; its own is .port."""

    def __init__(self, t, relay=None):
        self.dir = tempfile.mkdtemp(prefix="postfix-", dir=t.dir)
        self.etc = os.path.join(self.dir, "etc")
        self.port = free_port()
        for name in ("etc", "spool", "data"):
            os.makedirs(os.path.join(self.dir, name))
        os.chmod(t.dir, 0o755)
        os.chmod(self.dir, 0o755)
        shutil.chown(os.path.join(self.dir, "data"), "postfix")
        for name, text in (
                ("main.cf", MAIN % {"dir": self.dir, "relay": relay or 0}),
                ("master.cf",
                 MASTER + (RELAYING % self.port if relay else ""))):
            with open(os.path.join(self.etc, name), "w") as f:
                f.write(text)
        t.on_end(self.stop)

    def do(self, what):
        return subprocess.run(["postfix", "-c", self.etc, what],
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode

    def start(self):
        """Its master and queue manager run."""
        if self.do("start"):
            raise SystemExit("# postfix does not start")
        with open(os.path.join(self.dir, "spool/pid/master.pid")) as f:
            self.master = int(f.read())
        wait_for(lambda: len(children(self.master)) >= 2, 10)
        return self

    def processes(self):
        return [self.master, *children(self.master)]

    def stop(self):
        self.do("stop")
