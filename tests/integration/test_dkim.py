"""Signatures hold before verifiers that we did not write: dkimpy, Perl's
Mail::DKIM (RSA) and, where it is installed, OpenDKIM."""

import glob
import json
import os
import re
import shutil
import subprocess

import dkim

from harness import run, test


GOLDEN = os.path.join(os.environ.get("SRC_DIR", "."), "tests", "golden", "mime")
WRITEMAIL = os.path.join(os.environ.get("BUILD_DIR", "build/release"),
                         "writemail")
RSA = "host.example,s1," + os.path.join(GOLDEN, "rsa.pem")
ED25519 = "host.example,e1," + os.path.join(GOLDEN, "ed25519.pem")
PERL = r"""
use Mail::DKIM::Verifier;
no warnings;
require Mail::DKIM::DNS;
my %record = map { split /\t/, $_, 2 } grep { /\t/ } split /\n/, $ENV{RECORDS};
*Mail::DKIM::DNS::query = sub {
	my ($name) = @_;
	return () unless exists $record{$name};
	return bless {text => $record{$name}}, 'Record';
};
*Record::type = sub { 'TXT' };
*Record::char_str_list = sub { ($_[0]{text}) };
*Record::txtdata = sub { $_[0]{text} };
my $v = Mail::DKIM::Verifier->new;
while (<STDIN>) { s/\r?\n$//; $v->PRINT("$_\r\n") }
$v->CLOSE;
print $_->algorithm, ' ', $_->result, "\n" for $v->signatures;
"""


def write(spec, keys, *args):
    argv = [WRITEMAIL, *args]
    for key in keys:
        argv += ["--dkim", key]
    return subprocess.run(argv, input=json.dumps(spec).encode(), check=True,
                          stdout=subprocess.PIPE,
                          cwd=os.path.join(GOLDEN, "..")).stdout


def specs():
    for path in sorted(glob.glob(os.path.join(GOLDEN, "*.json"))):
        with open(path) as f:
            yield os.path.basename(path), json.load(f)


def records(keys):
    """The keys' records as a resolver would give them."""
    out = {}
    for line in write({}, keys, "--record").decode().splitlines():
        name, text = line.split(" IN TXT ")
        strings = re.findall(r'"([^"]*)"', text)
        assert all(len(s) <= 255 for s in strings)
        out[name] = "".join(strings)
    return out


def by_dkimpy(message, zone):
    d = dkim.DKIM(message)
    n = message.partition(b"\r\n\r\n")[0].count(b"DKIM-Signature:")
    out = []
    for i in range(n):
        try:
            out.append(d.verify(idx=i, dnsfunc=lambda name, timeout=5:
                                zone[name.decode()].encode()))
        except dkim.DKIMException:
            out.append(False)
    return out


def by_perl(message, zone):
    env = dict(os.environ, RECORDS="".join(
        "%s\t%s\n" % (n.rstrip("."), text) for n, text in zone.items()))
    return subprocess.run(["perl", "-e", PERL], input=message, env=env,
                          stdout=subprocess.PIPE, check=True
                          ).stdout.decode().split("\n")[:-1]


def by_opendkim(t, message, zone):
    t.write("zone", "".join("%s %s\n" % (n.rstrip("."), text)
                            for n, text in zone.items()))
    t.write("conf", "Mode v\nTestDNSData %s\nSyslog no\n"
            "Socket inet:0@localhost\n" % t.path("zone"))
    out = subprocess.run(
        ["/usr/sbin/opendkim", "-x", t.path("conf"), "-vv", "-t",
         t.write("m.eml", message, "wb")], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT).stdout.decode()
    return re.findall(r"dkim=(\w+).*?header\.a=([\w-]+)", out)


@test("each message verifies, with either key and with both")
def _(t):
    for keys, perl in (((RSA,), ["rsa-sha256 pass"]), ((ED25519,), []),
                       ((RSA, ED25519), ["rsa-sha256 pass"])):
        zone = records(keys)
        for name, spec in specs():
            message = write(spec, keys)
            t.eq(by_dkimpy(message, zone), [True] * len(keys), name)
            if not message.partition(b"\r\n\r\n")[0].isascii():
                continue    # Mail::DKIM reads headers as Latin-1
            t.eq([r for r in by_perl(message, zone) if r.startswith("rsa")],
                 perl, name)


@test("OpenDKIM verifies both, where it is installed")
def _(t):
    if not shutil.which("/usr/sbin/opendkim"):
        return
    zone = records((RSA, ED25519))
    for name, spec in specs():
        if name.startswith("8bit"):
            continue
        got = by_opendkim(t, write(spec, (RSA, ED25519)), zone)
        t.eq(got, [("pass", "rsa-sha256"), ("pass", "ed25519-sha256")], name)


@test("a change of a byte, or an added From or evidence header, is seen")
def _(t):
    zone = records((RSA, ED25519))
    spec = dict(specs())["alternative.json"]
    good = write(spec, (RSA, ED25519))
    t.eq(by_dkimpy(good, zone), [True, True])
    body = good.index(b"\r\n\r\n") + 4
    changes = {
        "body": good[:body + 30] + b"X" + good[body + 31:],
        "longer": good + b"more\r\n",
        "subject": good.replace(b"Subject: ", b"Subject: X"),
        "From in front": b"From: x@y.example\r\n" + good,
        "From behind": good.replace(b"\r\n\r\n",
                                    b"\r\nFrom: x@y.example\r\n\r\n", 1),
        "X-Evidence-Ref": b"X-Evidence-Ref: other\r\n" + good,
        "X-Evidence-Checkpoint": b"X-Evidence-Checkpoint: 00\r\n" + good,
        "List-Unsubscribe": good.replace(b"/u/AQ", b"/u/BQ"),
    }
    for what, message in changes.items():
        t.ok(message != good, what)
        t.eq(by_dkimpy(message, zone), [False, False], what)
    for fold in (good.replace(b"Auto-Submitted: ", b"Auto-Submitted:\r\n\t  "),
                 good + b"\r\n\r\n"):
        t.eq(by_dkimpy(fold, zone), [True, True], "relaxed")


@test("what a relay rewrites is not signed")
def _(t):
    zone = records((RSA,))
    spec = dict(specs())["text.json"]
    message = write(spec, (RSA,), "--rewrites", "3")
    rewritten = re.sub(rb"\r\nMessage-ID:[^\r]*", b"\r\nMessage-ID: <o@x>",
                       re.sub(rb"\r\nDate:[^\r]*", b"\r\nDate: x", message))
    t.ok(rewritten != message, "rewritten")
    t.eq(by_dkimpy(rewritten, zone), [True])
    t.eq(by_dkimpy(write(spec, (RSA,)).replace(b"\r\nDate: S",
                                               b"\r\nDate: M"), zone), [False])


@test("the body's length is never given, nor SHA-1 used")
def _(t):
    head = write(dict(specs())["text.json"], (RSA, ED25519)
                 ).partition(b"\r\nDate:")[0]
    t.eq(re.findall(rb"[; ]l=", head), [])
    t.eq(re.findall(rb"a=([\w-]+);", head), [b"rsa-sha256", b"ed25519-sha256"])


run()
