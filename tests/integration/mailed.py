"""A server with one mail that it sent, and what becomes of its hits."""

import email
import email.policy
import os
import re
import shutil
import sqlite3
import subprocess

from harness import Skip
from hosting import Hosting


def mailed(t, put=lambda a: None, **fills):
    """A server, a message that it sent, and the paths of pixel and links; put
    is called with the server before it starts."""
    r = t.receiver()
    a = Hosting(t, to=[r], start=False, **fills)
    put(a)
    a.start()
    a.customer("c1", "ana@one.example")
    a.invoice("i1", "c1", "2027-06-01")
    a.notice("c1", "proforma", invoice="i1")
    m = a.wait_messages(state="accepted")[0]
    mail = email.message_from_bytes(r.messages()[0],
                                    policy=email.policy.default)
    html = mail.get_body(("html",)).get_content()
    ours = r"https://notices\.hosting\.example(/%s/[^\"]+)"
    return a, m["mref"], re.search(ours % "o", html).group(1), \
        re.search(ours % "c", html).group(1)


def metric(a, name):
    text = a.get("/metrics").body.decode()
    return int(re.search(r"^%s (\d+)$" % re.escape(name), text,
                         re.M).group(1))


def counted(a, mref):
    """Hits of a message past the bound, those before it included."""
    db = sqlite3.connect("file:%s/acuse.db?mode=ro" % a.state, uri=True)
    try:
        return (db.execute("SELECT sum(count) FROM hit_days WHERE ref = ?"
                           " AND day > 0",
                           (bytes.fromhex(mref),)).fetchone()[0] or 0)
    finally:
        db.close()


def on_small_disk(t, megabytes):
    """For mailed(): moves the server's state to a file system of its own."""
    where = t.path("small")

    def put(a):
        os.mkdir(where)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=%dm" % megabytes, "tmpfs",
             where], stderr=subprocess.PIPE)
        if done.returncode:
            raise Skip("mounting a small file system is not permitted: %s" %
                       done.stderr.decode().split("\n")[0])
        t.on_end(lambda: subprocess.run(["umount", "-l", where], check=True))
        shutil.copytree(a.state, os.path.join(where, "state"))
        a.state = os.path.join(where, "state")
    return put


class Frozen:
    """A file system of its own for the server's state, for mailed(); while it
    is frozen, whoever writes there waits."""

    def __init__(self, t, megabytes=96):
        self.t = t
        self.megabytes = megabytes
        self.where = t.path("frozen")
        self.is_frozen = False

    def __call__(self, a):
        image = self.t.path("frozen.img")
        os.mkdir(self.where)
        with open(image, "wb") as f:
            f.truncate(self.megabytes << 20)
        for command in (["/sbin/mkfs.ext4", "-q", image],
                        ["mount", "-o", "loop", image, self.where]):
            try:
                done = subprocess.run(command, stderr=subprocess.PIPE)
            except FileNotFoundError as e:
                raise Skip(str(e))
            if done.returncode:
                raise Skip("mounting a file system is not permitted: %s" %
                           done.stderr.decode().split("\n")[0])
        self.t.on_end(lambda: subprocess.run(["umount", "-l", self.where],
                                             check=True))
        state = os.path.join(self.where, "state")
        shutil.copytree(a.state, state)
        a.state = state

    def freeze(self):
        self.t.on_end(self.thaw)  # before anybody is killed, who could not die
        subprocess.run(["fsfreeze", "-f", self.where], check=True)
        self.is_frozen = True

    def thaw(self):
        if self.is_frozen:
            subprocess.run(["fsfreeze", "-u", self.where], check=True)
        self.is_frozen = False


def fill(path):
    """Takes all that is left of its file system."""
    with open(path, "wb", buffering=0) as f:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    f.write(b"x" * size)
            except OSError:
                pass
