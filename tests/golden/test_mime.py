"""Messages are written as they were: exact bytes, and what a parser that is
not ours reads in them.  UPDATE=1 writes the files anew, to be looked at."""

import email
import email.header
import email.policy
import email.utils
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))

from harness import run, test  # noqa: E402

WRITEMAIL = os.path.join(os.environ.get("BUILD_DIR", "build/release"),
                         "writemail")
NAMES = sorted(n[:-5] for n in os.listdir(os.path.join(HERE, "mime"))
               if n.endswith(".json"))
KEYS = ("--dkim", "host.example,s1,mime/rsa.pem",
        "--dkim", "host.example,e1,mime/ed25519.pem")


def read(name):
    with open(os.path.join(HERE, "mime", name), "rb") as f:
        return f.read()


def write(spec, *args):
    p = subprocess.run([WRITEMAIL, *args], input=json.dumps(spec).encode(),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       cwd=HERE)
    return p.returncode, p.stdout, p.stderr.decode()


def spec_of(name):
    return json.loads(read(name + ".json").decode())


@test("each message is the golden one, byte for byte")
def _(t):
    for name in NAMES:
        status, got, why = write(spec_of(name), *KEYS)
        t.eq(status, 0, why)
        if os.environ.get("UPDATE"):
            with open(os.path.join(HERE, "mime", name + ".eml"), "wb") as f:
                f.write(got)
        t.eq(got, read(name + ".eml"), name)


def display_name(data, field):
    """By decode_header(): the newer parser shows a space between two encoded
    words of a phrase, where there is none."""
    raw = email.message_from_string(data.decode())[field].replace("\r\n", "").replace("\n", "")
    name = email.utils.parseaddr(raw)[0]
    return str(email.header.make_header(email.header.decode_header(name)))


def text(s):
    """As canonical text is read back: without the last line's end."""
    return s.replace("\n", "\r\n").removesuffix("\r\n")


@test("a parser that is not ours reads what was written")
def _(t):
    for name in NAMES:
        spec = spec_of(name)
        m = email.message_from_bytes(read(name + ".eml"),
                                     policy=email.policy.default)
        t.eq(m["subject"].strip(), spec["subject"].strip(), name)
        for field in ("from", "to"):
            mailbox = m[field].addresses[0]
            t.eq(display_name(read(name + ".eml"), field),
                 spec.get(field + "_name", ""), name)
            if spec[field].isascii():
                t.eq(mailbox.addr_spec, spec[field], name)
        t.eq(m["message-id"], "<%s>" % spec["message_id"])
        t.eq(m["x-evidence-ref"], spec["evidence_ref"])
        t.eq(m["auto-submitted"], "auto-generated")
        t.eq(m["return-path"], None)
        unsubscribe = spec.get("unsubscribe_url")
        t.eq((m["list-unsubscribe"] or "").strip(), unsubscribe and
             "<%s>" % unsubscribe or "")
        t.eq(m["list-unsubscribe-post"],
             unsubscribe and "List-Unsubscribe=One-Click")
        for kind in ("text", "html"):
            body = m.get_body(("plain" if kind == "text" else kind,))
            if spec.get(kind):
                got = body.get_payload(decode=True).decode()
                t.eq(got.removesuffix("\r\n"), text(spec[kind]), name)
        files = [p for p in m.walk() if p.get_content_disposition()]
        t.eq([(p.get_filename(), p.get_content_type(),
               p.get_payload(decode=True)) for p in files],
             [(p["name"], p["type"], read("logo.bin"))
              for p in spec.get("parts", [])], name)
        t.eq([p["content-id"] for p in files if p["content-id"]],
             ["<%s>" % p["content_id"] for p in spec.get("parts", [])
              if p.get("content_id")])
        t.eq([d for p in m.walk() for d in p.defects], [], name)


@test("lines are CRLF, at most 78 in headers and 76 in bodies, and 7-bit")
def _(t):
    for name in NAMES:
        data = read(name + ".eml")
        t.eq(data.count(b"\n"), data.count(b"\r\n"))
        t.eq(data.count(b"\r"), data.count(b"\r\n"))
        head, _, body = data.partition(b"\r\n\r\n")
        if name != "8bit-address":
            t.ok(data.isascii(), name)
        for line in head.split(b"\r\n"):
            t.ok(len(line) <= 78 or b" " not in line.strip(), line)
            t.ok(line.strip(), "no line of blanks alone")
        for line in body.split(b"\r\n"):
            t.ok(len(line) <= 78, line)
            t.ok(not line.startswith((b".", b"From ")), line)


@test("the same message gives the same bytes, another mref other boundaries")
def _(t):
    spec = spec_of("everything")
    once, again = write(spec), write(spec)
    t.eq(once, again)
    other = write(dict(spec, mref="f" * 32))[1]
    t.ok(once[1] != other, "boundaries differ")
    for boundary in re.findall(rb'boundary="([^"]*)"', once[1]):
        t.eq(once[1].count(b"\r\n--" + boundary + b"--\r\n"), 1)


@test("no text makes a header that was not meant: refused, the field named")
def _(t):
    spec = spec_of("alternative")
    hostile = ["a\r\nBcc: x@y.example", "a\nb", "a\rb", "a\0b", "a\x7fb",
               "x" * 1000000, "a\u202eb", "a\x1bb"]
    fields = {"subject": "/subject", "from_name": "/from/name",
              "to_name": "/to/name", "to": "/to/address",
              "from": "/from/address", "reply_to": "/reply_to/address",
              "message_id": "/message_id", "language": "/language",
              "feedback_id": "/feedback_id", "evidence_ref": "/evidence_ref",
              "evidence_checkpoint": "/evidence_checkpoint",
              "unsubscribe_url": "/unsubscribe_url"}
    for field, pointer in fields.items():
        for value in hostile:
            status, out, why = write(dict(spec, **{field: value}))
            t.eq((status, out), (65, b""), "%s %r" % (field, value[:20]))
            t.ok(why.startswith("writemail: %s: " % pointer), why)
    for value in hostile:
        for field in ("name", "type", "content_id"):
            part = dict(type="a/b", name="n", content_id="c@d",
                        **{"file": "mime/logo.bin"})
            part[field] = value
            status, out, why = write(dict(spec, parts=[part]))
            t.eq((status, out), (65, b""), "%s %r" % (field, value[:20]))
            t.ok("/parts/0/" + field in why, why)


@test("names with markup, templates and quotes stay names")
def _(t):
    spec = spec_of("alternative")
    for name in ("</td><script>alert(1)</script>", "{{evil}}", '"', "\\",
                 "a, b@c.example", "<x@y.example>", "=?utf-8?q?=0d=0aX:y?=",
                 "x" * 500, "ñ" * 250, "(comment)", "a;b:c", " lead", "trail ",
                 "\u200f\u05d0", "e\u0301" * 40, "\U0001f600" * 60):
        status, out, why = write(dict(spec, to_name=name, subject=name))
        t.eq(status, 0, why)
        m = email.message_from_bytes(out, policy=email.policy.default)
        t.eq(len(m["to"].addresses), 1, name)
        t.eq(m["to"].addresses[0].addr_spec, spec["to"], name)
        t.eq(display_name(out, "to"), name)
        t.eq(m["subject"].strip(), name.strip())
        t.eq(sorted(set(k.lower() for k in m.keys())), sorted(
            k.lower() for k in m.keys()), "each header once")


run()
