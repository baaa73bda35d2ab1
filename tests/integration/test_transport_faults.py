"""The fault matrix: each fault at each stage of a session, in plaintext, in TLS
after STARTTLS and in implicit TLS.  What is recorded of the failing message, and of the others of its batch,
is what happened, and never more."""

import concurrent.futures

from harness import run, test
from smtp_batch import fates, mail, send

TIMES = dict(connect_ms=60000, reply_ms=60000, stall_ms=60000,
             final_ms=60000)
# Longer than anything that goes on takes on a busy machine.
STALL = dict(reply_ms=8000, stall_ms=8000, final_ms=8000)
SESSION = ("connect", "tls", "greeting", "ehlo", "starttls", "auth")
MESSAGE = ("mail", "rcpt", "data", "mid-data", "dot", "quit")
NAMES = {"connect": "greeting", "tls": "TLS", "greeting": "greeting",
         "ehlo": "EHLO", "starttls": "STARTTLS", "auth": "AUTH", "mail": "MAIL",
         "rcpt": "RCPT", "data": "DATA", "mid-data": "content", "dot": "dot",
         "quit": "QUIT"}
FAULTS = {
    "4xx": 'action=reply:"451 4.7.1 not now"',
    "5xx": 'action=reply:"554 5.7.1 not ever"',
    "garbage": 'action=garbage:"what is this\\r\\n"',
    "partial": "action=partial-reply",
    "stall": "action=stall",
    "cut-record": "action=cut-record",
    "drop": "action=drop",
    "half-closed": "action=half-close",
    "reset": "action=reset",
}
MODES = {"plaintext": dict(tls="plain", auth_in_clear=True),
         "TLS": dict(tls="must", verify="name"),
         "implicit TLS": dict(tls="implicit", verify="name")}
LISTEN = {"plaintext": "", "TLS": ",starttls", "implicit TLS": ",tls"}
NOT_THERE = {"plaintext": ("starttls", "tls"), "TLS": (),
             "implicit TLS": ("starttls",)}
# Where there is no reply, none can be cut short.
WITHOUT = {"connect": ("partial",), "tls": ("4xx", "5xx", "partial"),
           "mid-data": ("partial",)}


def faults(mode, stage):
    return [(f, a) for f, a in FAULTS.items()
            if f not in WITHOUT.get(stage, ()) and (
                f != "cut-record" or
                mode != "plaintext" and stage in ("auth",) + MESSAGE)]


def check_session(t, r, mode, stage, fault):
    """The session never came to be: no message was tried."""
    s = r["session"]
    t.eq(r["rc"], "again")
    # Whoever speaks in the clear where TLS is due breaks its handshake.
    in_clear = mode == "implicit TLS" and stage == "connect"
    name = "TLS" if in_clear else NAMES[stage]
    # A connection that is cut at once may look as if it never was, and what
    # is said or done before TLS may come with the reply that leads to it.
    early = {"connect": "connect", "greeting": "connect",
             "tls": "STARTTLS" if mode == "TLS" else "connect"}.get(stage)
    t.ok(s["stage"] in (name, early), "stage is %s" % s["stage"])
    t.eq(set(fates(r)), {"untried"})
    if fault in ("4xx", "5xx") and not in_clear:
        t.eq(s["fate"], "refused")
        t.eq(s["code"], 451 if fault == "4xx" else 554)
        t.eq(s["enhanced"], [4, 7, 1] if fault == "4xx" else [5, 7, 1])
        t.ok("not now" in s["reply"] or "not ever" in s["reply"], "verbatim")
    else:
        t.eq((s["fate"], s["code"]), ("aborted", 0))
        t.ok(s["fault"], "a fault is told")
    t.ok(" ! " in s["transcript"], "the transcript tells the end")


def expected(stage, fault):
    """What becomes of the second message, and of the third."""
    reply = fault in ("4xx", "5xx")
    if stage == "quit":
        return "accepted", "accepted"
    if reply:
        return "refused", "untried" if stage == "mid-data" else "accepted"
    return "uncertain" if stage == "dot" else "aborted", "untried"


def check_message(t, r, stage, fault):
    first, second, third = r["messages"]
    want = expected(stage, fault)
    t.eq(first["fate"], "accepted")
    t.eq((second["fate"], third["fate"]), want, second["transcript"])
    if stage == "quit":
        t.eq((r["rc"], r["session"]["stage"]), ("ok", "QUIT"))
        return
    if second["fate"] == "refused":
        t.eq(second["code"], 451 if fault == "4xx" else 554)
        t.ok("not now" in second["reply"] or "not ever" in second["reply"],
             "verbatim")
    else:
        t.eq((second["code"], second["reply"]), (0, ""))
        t.ok(second["fault"], "a fault is told")
        t.eq((r["rc"], r["session"]["stage"]), ("again", second["stage"]))
    t.eq(second["stage"], NAMES[stage])
    t.ok(" C MAIL FROM:" in second["transcript"], "transcript begins")
    t.ok("verdict" in second["events"], "the verdict was told")
    t.eq("content" in second["events"], stage in ("mid-data", "dot"),
         "the phase is marked from the first byte of content on")


def rule(name, stage, action):
    """At a listener of its own; of a batch's messages, at the second."""
    which = {"mid-data": "after=20K", "quit": ""}.get(stage, "skip=1 count=1")
    return "match=listener:%s stage=%s %s %s\n" % (
        name, stage, action, which if stage in MESSAGE else "")


def matrix(t, mode):
    cases = [("%s-%s" % (stage, fault), stage, fault, action)
             for stage in SESSION + MESSAGE if stage not in NOT_THERE[mode]
             for fault, action in faults(mode, stage)]
    r = t.receiver(
        rules="".join(rule(n, s, a) for n, s, _, a in cases),
        listen=["%s=127.0.0.1:0%s" % (c[0], LISTEN[mode]) for c in cases],
        args=("--auth", "user:secret", "--cert-name", "localhost"))
    small = t.write("small.eml", mail(), "wb")
    # More than the kernel keeps for a peer that does not read.
    big = t.write("big.eml", mail(16 * 1024 * 1024), "wb")
    options = dict(MODES[mode], user="user", password="secret",
                   ca=None if mode == "plaintext" else r.cert_path, **TIMES)

    def check(case):
        name, stage, fault, _ = case
        times = STALL if fault in ("stall", "cut-record") else {}
        try:
            result = send(t, r.port(name), [
                ("one@b.example", small),
                ("two@b.example", big if stage == "mid-data" else small),
                ("three@b.example", small)], **dict(options, **times))
            if stage in SESSION:
                check_session(t, result, mode, stage, fault)
            else:
                check_message(t, result, stage, fault)
            t.ok("c2VjcmV0" not in str(result) and "secret" not in str(result),
                 "no credentials")
        except Exception as e:
            return "%s: %s" % (name, e)

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        problems = [x for x in pool.map(check, cases) if x]
    t.eq(problems, [], "%d of %d cases" % (len(problems), len(cases)))
    t.eq(r.journal("rules-refused"), [])


@test("each fault at each stage, in plaintext")
def _(t):
    matrix(t, "plaintext")


@test("each fault at each stage, in TLS after STARTTLS")
def _(t):
    matrix(t, "TLS")


@test("each fault at each stage, in implicit TLS")
def _(t):
    matrix(t, "implicit TLS")


run()
