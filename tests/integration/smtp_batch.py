"""tools/sendbatch for the tests of the transport, and messages for it."""

import json
import os
import subprocess

from harness import DEADLINE

SENDBATCH = os.path.join(os.environ.get("BUILD_DIR", "build/release"),
                         "sendbatch")


def mail(size=2000, ident="1", extra=b"", body=None):
    """A complete message of about so many bytes, with dots to be stuffed."""
    head = (b"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
            b"From: Casa <s@a.example>\r\nTo: x@b.example\r\n"
            b"Message-ID: <" + ident.encode() + b"@a.example>\r\n" + extra +
            b"Subject: folded\r\n\tonce\r\n\r\n")
    if body is None:
        unit = (b"A line of text as long as lines are, or nearly so, is.\r\n"
                b".\r\n..two dots\r\n.one dot\r\n\r\n")
        body = unit * (max(1, (size - len(head)) // len(unit)))
    return head + body


def send(t, port, messages, timeout=DEADLINE, env=None, **options):
    """Sends [(recipient, path)]; options as of sendbatch, with _ for -."""
    argv = [SENDBATCH, "--port", str(port)]
    for name, value in options.items():
        if value is True:
            argv.append("--" + name.replace("_", "-"))
        elif value is not None and value is not False:
            argv += ["--" + name.replace("_", "-"), str(value)]
    argv += ["%s=%s" % m for m in messages]
    r = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=timeout, env=dict(os.environ, **(env or {})))
    text = r.stderr.decode(errors="replace")
    t.ok("Sanitizer" not in text and "runtime error" not in text, text)
    t.ok(r.stdout.startswith(b"{"), "sendbatch %s: %s" % (r.returncode, text))
    out = json.loads(r.stdout.decode())
    out["exit"] = r.returncode
    return out


def fates(result):
    return [m["fate"] for m in result["messages"]]
