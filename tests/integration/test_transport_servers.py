"""What leaves us is what other people's servers get: Postfix, where it is
installed and we are root (a private instance, on a port of its own),
OpenSMTPD and aiosmtpd, where they are installed."""

import glob
import importlib.util
import os
import shutil
import socket
import subprocess

from harness import run, test, wait_for
from smtp_batch import fates, mail, send

POSTFIX = "/usr/sbin/postfix"
OPENSMTPD = "/usr/sbin/smtpd"
SHAPES = {
    "dots": dict(body=b".\r\n..\r\n.x\r\n\r\n.\r\n"),
    "long": dict(body=(b"x" * 998 + b"\r\n") * 20),
    "edges": dict(body=b"".join(b"." + b"y" * i + b"\r\n"
                                for i in range(900))),
    "big": dict(size=3000000),
}
MASTER = """\
127.0.0.1:%d inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
MAIN = """\
compatibility_level = 3.6
queue_directory = %(dir)s/queue
data_directory = %(dir)s/data
maillog_file = %(dir)s/log
maillog_file_prefixes = %(dir)s
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.b.example
mydestination =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = b.example
virtual_mailbox_base = %(dir)s/mail
virtual_mailbox_maps = static:box/
virtual_minimum_uid = 1
virtual_uid_maps = static:%(uid)d
virtual_gid_maps = static:%(gid)d
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtputf8_enable = yes
smtpd_tls_security_level = may
smtpd_tls_cert_file = %(dir)s/cert.pem
smtpd_tls_key_file = %(dir)s/key.pem
message_size_limit = 20000000
virtual_mailbox_limit = 0
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def postfix(t):
    """A running instance; its port."""
    import pwd
    owner = pwd.getpwnam("postfix")
    port = free_port()
    os.chmod(t.dir, 0o755)
    for name, user in (("queue", 0), ("data", owner.pw_uid),
                       ("mail", owner.pw_uid), ("mail/box", owner.pw_uid)):
        os.mkdir(t.path(name))
        os.chown(t.path(name), user, 0 if user == 0 else owner.pw_gid)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                    "-keyout", t.path("key.pem"), "-out", t.path("cert.pem"),
                    "-days", "2", "-subj", "/CN=mx.b.example", "-addext",
                    "subjectAltName=DNS:mx.b.example"], check=True,
                   stderr=subprocess.DEVNULL)
    os.mkdir(t.path("conf"))
    t.write("conf/master.cf", MASTER % port)
    t.write("conf/main.cf", MAIN % dict(dir=t.dir, uid=owner.pw_uid,
                                        gid=owner.pw_gid))

    def control(what, check=True):
        p = subprocess.run([POSTFIX, "-c", t.path("conf"), what],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if check and p.returncode:
            t.ok(False, "postfix %s: %s" % (what, p.stdout.decode()))
    control("start")
    t.on_end(lambda: control("stop", False))

    wait_for(lambda: answers(port), what="Postfix")
    return port


def opensmtpd(t):
    """A running instance, in plaintext; its port and Maildir."""
    port = free_port()
    os.chmod(t.dir, 0o755)
    os.mkdir(t.path("box"))
    shutil.chown(t.path("box"), "daemon", "daemon")
    t.write("smtpd.conf", """\
listen on 127.0.0.1 port %d
action "keep" maildir "%s" user daemon
match from any for any action "keep"
""" % (port, t.path("box/Maildir")))
    with open(t.path("log"), "wb") as log:
        p = subprocess.Popen([OPENSMTPD, "-d", "-f", t.path("smtpd.conf")],
                             stdout=log, stderr=log)
    t.on_end(p.wait)
    t.on_end(p.terminate)
    wait_for(lambda: answers(port), what="OpenSMTPD")
    return port, t.path("box/Maildir")


def kept(maildir, n):
    """The n messages in a Maildir, without what the server put in front."""
    def there():
        paths = glob.glob(maildir + "/new/*")
        return paths if len(paths) >= n else None
    out = {}
    for path in wait_for(there, what="%d messages" % n):
        with open(path, "rb") as f:
            data = f.read().replace(b"\n", b"\r\n")
        begin = data.index(b"\r\nDate: ") + 2
        ident = data[begin:].split(b"Message-ID: <")[1].split(b"@")[0]
        out[ident.decode()] = data[begin:]
    return out


@test("what Postfix keeps is what was sent, in plaintext and in TLS")
def _(t):
    if not os.path.exists(POSTFIX) or os.geteuid() != 0:
        return
    port = postfix(t)
    shapes = {}
    for tls in ("plain", "must"):
        for name, content in SHAPES.items():
            ident = name + "-" + tls
            shapes[ident] = mail(ident=ident, **content)
        batch = [("x@b.example", t.write(i + ".eml", c, "wb"))
                 for i, c in shapes.items() if i.endswith(tls)]
        result = send(t, port, batch, tls=tls, verify="name" if tls == "must"
                      else "none", host="mx.b.example", ca=t.path("cert.pem"),
                      dsn=True, envid="e1")
        t.eq(fates(result), ["accepted"] * len(batch))
        for m in result["messages"]:
            t.ok(m["remote_id"] and "queued as " + m["remote_id"]
                 in m["reply"], "queue id")
    got = kept(t.path("mail/box"), len(shapes))
    for ident, content in shapes.items():
        t.ok(got[ident] == content, "%s differs" % ident)


@test("what OpenSMTPD keeps is what was sent")
def _(t):
    if not os.path.exists(OPENSMTPD) or os.geteuid() != 0:
        return
    port, maildir = opensmtpd(t)
    shapes = {name: mail(ident=name, **content)
              for name, content in SHAPES.items()}
    batch = [("daemon@b.example", t.write(name + ".eml", content, "wb"))
             for name, content in shapes.items()]
    result = send(t, port, batch, dsn=True, envid="e1")
    t.eq(fates(result), ["accepted"] * len(batch))
    for m in result["messages"]:
        t.ok(m["remote_id"] and m["remote_id"] in m["reply"], "queue id")
    got = kept(maildir, len(shapes))
    for name, content in shapes.items():
        t.ok(got[name] == content, "%s differs" % name)


@test("what aiosmtpd gets is what was sent")
def _(t):
    if not importlib.util.find_spec("aiosmtpd"):
        return
    from aiosmtpd.controller import Controller
    got = []

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            got.append(envelope.original_content)
            return "250 2.0.0 Ok: queued as %d" % len(got)

    server = Controller(Handler(), hostname="127.0.0.1", port=free_port())
    server.start()
    t.on_end(server.stop)
    shapes = [mail(ident=name, **content) for name, content in SHAPES.items()]
    batch = [("x@b.example", t.write("%d.eml" % i, content, "wb"))
             for i, content in enumerate(shapes)]
    result = send(t, server.port, batch)
    t.eq(fates(result), ["accepted"] * len(batch))
    t.ok(got == shapes, "they differ")


run()
