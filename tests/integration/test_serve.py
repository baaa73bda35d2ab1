"""The life of `acuse serve`, and what it says when it cannot live."""

import email
import email.policy
import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess

import acuse
from harness import DEADLINE, Failed, run, test, wait_for
from hosting import CONF, Hosting
from tokens import EXPIRY, Keys


def ended(t, process, code, *words):
    """It ends by itself, so, and says these words."""
    try:
        got = process.proc.wait(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        raise Failed("it goes on:\n" + process.stderr())
    text = process.stderr().splitlines()[-1]
    process.kill()
    t.eq(got, code, text)
    for word in words:
        t.ok(word in text, "nothing of %r in: %s" % (word, text))


def says(t, a, argv, code, *words):
    """A command ends so, and says these words."""
    got, text = a.run(*argv)
    t.eq(got, code, text)
    for word in words:
        t.ok(word in text, "nothing of %r in: %s" % (word, text))
    return text


@test("a second server on the same state directory is refused")
def _(t):
    a = Hosting(t, send="false")
    second = Hosting.spawn
    first = a.process
    process = second(a)
    ended(t, process, 69, a.state, "another acuse works on",
          "held by process %d" % first.proc.pid)
    t.ok(first.alive(), "the first one went on")
    a.process = first
    t.eq(a.get("/healthz").status, 200)


@test("closed descriptors stay nobody's, and a reload writes to none")
def _(t):
    a = Hosting(t, send="false")
    a.process.stop()
    ours, theirs = socket.socketpair()
    t.on_end(ours.close)
    for fds, stdin in (("<&- >&- 2>&-", None), ("2>/dev/null", theirs)):
        os.unlink(a.ports_path)
        p = subprocess.Popen(
            ["/bin/sh", "-c", 'exec "$0" serve --role redirect --state "$1" '
             '--config "$2" --ports-file "$3" ' + fds, acuse.PROGRAM, a.state,
             a.config, a.ports_path], stdin=stdin)
        t.on_end(p.kill)
        wait_for(lambda: os.path.exists(a.ports_path), what="the ports file")
        if stdin is None:
            for fd in range(3):
                t.eq(os.readlink("/proc/%d/fd/%d" % (p.pid, fd)), "/dev/null")
        p.send_signal(signal.SIGHUP)
        p.send_signal(signal.SIGTERM)
        t.eq(p.wait(timeout=DEADLINE), 0)
    theirs.close()
    t.eq(ours.recv(100), b"", "what a reload wrote to its descriptor 0")


@test("SIGTERM ends it cleanly, under requests, and it starts again")
def _(t):
    a = Hosting(t, send="false")
    idle = a.connect()
    idle.connect()
    a.customer("c1", "ana@one.example")
    a.stop()
    t.ok(a.log("server.stopped"), "it says that it stopped")
    t.ok(not os.path.exists(os.path.join(a.state, "acuse.db-wal")) or
         os.path.getsize(os.path.join(a.state, "acuse.db-wal")) == 0,
         "the write-ahead log is folded in")
    a.start()
    t.eq(a.ok(a.get("customers/c1"))["id"], "c1")
    a.process.stop(sig=signal.SIGINT)


@test("systemd is told: ready, reloading, stopping")
def _(t):
    path = t.path("notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(DEADLINE)
        a = Hosting(t, send="false", env={"NOTIFY_SOCKET": path})
        t.eq(s.recv(4096), b"READY=1")
        a.reload()
        t.ok(s.recv(4096).startswith(b"RELOADING=1"), "it reloads")
        t.eq(s.recv(4096), b"READY=1")
        a.stop()
        t.eq(s.recv(4096), b"STOPPING=1")


@test("SIGHUP reads configuration, policies and templates anew")
def _(t):
    os.makedirs(t.path("own", "mail", "card-expiring"))
    a = Hosting(t, send="false",
                general='template_dir = "%s"' % t.path("own"))
    subject = t.path("own", "mail", "card-expiring", "subject.en")
    t.ok("conf.reloaded" in a.reload(), "nothing changed: taken")
    t.eq(a.customer("c1", "ana@one.example")["id"], "c1")

    plan = a.invoice("i1", "c1", "2030-05-20")["notices"]
    t.eq([n["step"] for n in plan],
         ["proforma", "reminder-1", "reminder-2", "pre-suspension"])
    with open(os.path.join(a.dir, "policies.conf")) as f:
        policy = f.read()
    a.configure(policy=policy.replace("due-5d", "due-3d"))
    t.ok("conf.reloaded" in a.reload(), "a policy changed")
    plan = a.invoice("i2", "c1", "2030-05-20")["notices"]
    t.ok(plan[2]["due_at"].startswith("2030-05-17"), plan)

    with open(subject, "w") as f:
        f.write("{{#never closed}}")
    line = a.reload()
    t.ok("conf.refused" in line and "subject.en" in line, line)
    with open(subject, "w") as f:
        f.write("Your card expires")
    t.ok("conf.reloaded" in a.reload(), "the template is mended")


@test("a reload of a bad file keeps the old one, and says why and where")
def _(t):
    a = Hosting(t, send="false")
    with open(a.config) as f:
        good = f.read()
    bad = [
        (good.replace("send = false", "send = perhaps"), "acuse.conf:5"),
        (good + "\nnonsense { }\n", "nonsense"),
        (good.replace('"acuse.test.example/log"', '"other.example/log"'),
         "a ledger keeps its name"),
        (good.replace("\tid = 1", "\tid = 2"), "links of mails"),
        (good.replace('dkim_selector = "t"', 'dkim_selector = "u"'),
         "acuse dkim new"),
        (good.replace("include = {", 'include = {"missing.conf", '),
         "missing.conf"),
    ]
    for text, word in bad:
        a.configure(text=text)
        line = a.reload()
        t.ok("conf.refused" in line and word in line, line)
    os.unlink(a.config)
    t.ok("conf.refused" in a.reload(), "the file is away")
    a.configure(text=good.replace('public_listen = "127.0.0.1:0"',
                                  'public_listen = "127.0.0.1:1"'))
    t.ok("conf.reloaded" in a.reload(), "a new listener waits")
    waits = "\n".join(a.log("conf.waits"))
    t.ok("public_listen" in waits, waits)
    t.eq(a.get("/healthz").status, 200)


@test("a key that dkim new made signs after a reload")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example")
    with open(a.config) as f:
        good = f.read()
    a.configure(text=good.replace('dkim_selector = "t"',
                                  'dkim_selector = "u"'))
    says(t, a, ["dkim", "new", "--ed25519"], 64, "--selector NAME")
    says(t, a, ["dkim", "new", "--selector", "U"], 65, "lower case")
    text = says(t, a, ["dkim", "new"], 0, "u._domainkey.hosting.example")
    record, = json.loads(says(t, a, ["dkim", "show", "--json"], 0))["items"]
    t.eq((record["brand"], record["name"], record["type"]),
         ("default", "u._domainkey.hosting.example", "TXT"))
    t.ok(record["text"].startswith("v=DKIM1;"), record)
    t.ok("conf.reloaded" in a.reload(), text)
    a.notice("c1")
    a.wait_messages(state="accepted")
    t.ok(b"s=u;" in r.messages()[0], "the new key signed")


@test("a brand keeps its name and its id over restarts")
def _(t):
    a = Hosting(t, send="false")
    a.process.stop()
    with open(a.config) as f:
        good = f.read()
    brand = good[good.index('brand "default"'):]
    for text, word in (
            (good.replace('brand "default"', 'brand "main"').replace(
                'brand = "default"', 'brand = "main"'), "its old name"),
            (good.replace("id = 1", "id = 9"), "put it back"),
            (good.replace("id = 1", "id = 2") + brand.replace(
                "default", "other", 1), "put it back")):
        a.configure(text=text)
        for path in ("token-00090001", "token-00020001"):
            shutil.copy(os.path.join(a.state, "keys", "token-00010001"),
                        os.path.join(a.state, "keys", path))
        for name in os.listdir(os.path.join(a.state, "keys")):
            if name.startswith("dkim-0001"):
                for n in "29":
                    shutil.copy(os.path.join(a.state, "keys", name),
                                os.path.join(a.state, "keys", name.replace(
                                    "dkim-0001", "dkim-000" + n)))
        ended(t, a.spawn(), 78, word)
    a.configure(text=good)
    a.start()


@test("a brand that comes later gets its keys, and an old one new ones")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    with open(a.config) as f:
        good = f.read()
    brand = good[good.index('brand "default"'):]
    a.configure(text=good + brand.replace("default", "other", 1).replace(
        "id = 1", "id = 2").replace('selector = "t"', 'selector = "o"'))
    t.ok("acuse key token" in a.reload(), "no token key yet")
    says(t, a, ["key", "token"], 0, "brand other: made token-00020001")
    t.ok("acuse dkim new" in a.reload(), "no DKIM key yet")
    says(t, a, ["dkim", "new"], 0, "o._domainkey")
    t.ok("conf.reloaded" in a.reload(), "all is there")
    t.eq(says(t, a, ["key", "token"], 0), "")
    a.customer("c1", "ana@one.example", brand="other")
    a.notice("c1")
    a.wait_messages(state="accepted")
    says(t, a, ["key", "token", "--brand", "other"], 69, "rotate")
    says(t, a, ["key", "token", "rotate", "--brand", "other"], 0,
         "token-00020002")
    says(t, a, ["key", "token", "--brand", "third"], 66, "third")
    says(t, a, ["dkim", "show", "--brand", "third"], 66, "no brand third")
    a.notice("c1")
    a.wait_messages(2, state="accepted")


@test("what the start lacks is named, with what to do, and an exit code")
def _(t):
    a = Hosting(t, start=False, send="false")
    with open(a.config) as f:
        good = f.read()

    def refused(text, code, *words):
        a.configure(text=text)
        ended(t, a.spawn(), code, *words)
        a.configure(text=good)

    refused(good.replace("id = 1", "id = 0"), 78, "acuse.conf:", "id")
    refused(good.replace("title", "titel"), 78, "acuse.conf:", "titel")
    refused("", 78, "acuse.conf")
    refused(good.replace('locale = "en_US"', 'locale = "xx_YY"'), 78,
            "acuse.conf", 'there is no locale "xx_YY"')
    refused(good.replace('selector = "t"', 'selector = "no"'), 78,
            "acuse dkim new makes the key")
    refused(good.replace("general {", 'general {\nverdict_file = "none"'), 78,
            "verdict_file", "/none")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        port = s.getsockname()[1]
        for name in ("public", "private"):
            refused(CONF % dict(a.fills, **{name: port}), 74,
                    name + " listener", "port %d" % port, "already in use")
    refused(CONF % dict(a.fills, http='public_tls_certificate = "c" public_tls_key = "k"'),
            78, "/c")
    key = os.path.join(a.state, "keys", "token-00010001")
    os.rename(key, a.state + ".key")
    refused(good, 78, "brand default has no token key", "acuse key token")
    os.rename(a.state + ".key", key)
    os.rename(a.state, a.state + ".away")
    refused(good, 66, "acuse init")
    os.mkdir(a.state, 0o700)
    refused(good, 66, a.state)
    shutil.rmtree(a.state)
    os.rename(a.state + ".away", a.state)
    database = os.path.join(a.state, "acuse.db")
    os.rename(database, database + ".away")
    refused(good, 66, "acuse.db")
    t.ok(not os.path.exists(database), "serve makes no database")
    with open(database, "wb") as f:
        f.write(b"not a database, whatever its name says" * 200)
    refused(good, 74, "acuse.db")
    os.rename(database + ".away", database)
    a.start()


@test("check-conf finds in the files that it names what a start would")
def _(t):
    a = Hosting(t, start=False, send="false")
    says(t, a, ["check-conf"], 0, "it loads",
         "no networks are known of apple-egress, hosting")
    for option in ("template_dir", "verdict_file", "agent_file"):
        a.configure(general='%s = "none"' % option)
        says(t, a, ["check-conf"], 78, "%s: there is no %s/none" % (
            option, a.dir))
    for option in ("verdict_file", "agent_file"):
        a.configure(general='%s = "%s"' % (option, t.write("bad", "\nx y z")))
        says(t, a, ["check-conf"], 78, "bad:2: " + option)


@test("what serve and init do not know is refused")
def _(t):
    a = Hosting(t, start=False, send="false")
    says(t, a, ["serve", "--clock", "2026-11-01T00:00:00Z,10"], 77,
         "was not made for a demo", "acuse init --demo")
    says(t, a, ["serve", "--clock", "soon"], 64, "--clock takes")
    says(t, a, ["serve", "--role", "all"], 64, "--role takes redirect")
    says(t, a, ["serve", "--speed", "3"], 64, "acuse serve", "--speed")
    says(t, a, ["serve", "now"], 64, "what is now?", "usage: acuse serve")
    says(t, a, ["stats", "--domain", "x"], 64, "takes no --domain",
         "usage: acuse stats")
    says(t, a, ["stats", "--time", "x"], 64, "takes no --time-zone")
    says(t, a, ["sing"], 64, "there is no command sing", "acuse help")
    says(t, a, ["--json", "stats"], 64, "a command comes first, not --json")
    says(t, a, ["log"], 64, "customer", "usage: acuse log CUSTOMER")
    says(t, a, ["queue", "sing", "x"], 64, "takes list")
    says(t, a, ["key", "add", "--scope", "fly"], 65, "must be one of")


@test("init makes a directory once, and touches nothing of another")
def _(t):
    a = Hosting(t, start=False, init=False)
    made = json.loads(says(t, a, ["init", "--json"], 0))
    t.ok(made["key"].startswith("acuse_"), made)
    t.eq(os.stat(a.state).st_mode & 0o777, 0o700)
    for top, _, names in os.walk(a.state):
        for name in names:
            mode = os.stat(os.path.join(top, name)).st_mode
            t.eq(mode & 0o077, 0, name)
    with open(os.path.join(a.state, "acuse.db"), "rb") as f:
        before = f.read()
    says(t, a, ["init"], 69, a.state, "is not empty")
    with open(os.path.join(a.state, "acuse.db"), "rb") as f:
        t.eq(f.read() == before, True, "the database stays")

    a.state = t.path("other")
    os.mkdir(a.state)
    with open(os.path.join(a.state, "letter"), "w") as f:
        f.write("dear")
    says(t, a, ["init"], 69, a.state, "is not empty")
    t.eq(os.listdir(a.state), ["letter"])

    a.state = t.path("fresh")
    a.config = t.path("none", "acuse.conf")
    says(t, a, ["init"], 64, "--domain")
    t.ok(not os.path.exists(a.state), "nothing half done")
    says(t, a, ["init", "--domain", "no spaces"], 65, "domain")
    t.ok(not os.path.exists(a.state), "nothing half done")
    says(t, a, ["init", "--domain", "h.example"], 0, "acuse dkim show",
         "observe")
    says(t, a, ["dkim", "show"], 0, "_domainkey.h.example", "v=DKIM1")
    says(t, a, ["check-conf"], 0, "it loads")


@test("of two that initialise at once one does, and the other leaves it alone")
def _(t):
    a = Hosting(t, start=False, init=False)
    argv = [acuse.PROGRAM, "init", "--state", a.state, "--config", a.config]
    both = [subprocess.Popen(argv, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
            for _ in range(2)]
    said = sorted((p.communicate()[0], p.returncode) for p in both)
    t.eq(sorted(code for _, code in said), [0, 69], said)
    t.ok(not any("half made" in text for text, _ in said), said)
    a.start()


@test("commands work with a server and without one, and leave none behind")
def _(t):
    a = Hosting(t, send="false")
    a.customer("c1", "ana@one.example")
    a.invoice("i1", "c1", "2030-05-20")
    for served in (True, False):
        if not served:
            a.stop()
        says(t, a, ["log", "c1", "--json"], 0, "proforma")
        says(t, a, ["plan", "c1"], 0, "2030-05-05")
        says(t, a, ["stats"], 0, '"planned":4')
        says(t, a, ["log", "nobody"], 66, "no such customer")
        key = says(t, a, ["key", "add", "--name", "k%d" % served, "--scope",
                          "read"], 0, "acuse_")
        says(t, a, ["key", "list"], 0, "first")
        says(t, a, ["queue", "pause", "--reason", "a test"], 0)
        says(t, a, ["queue"], 0, "a test")
        says(t, a, ["queue", "resume"], 0)
    a.start()
    key = key.split()[-1]
    t.eq(a.get("customers/c1", key=key).status, 200)
    t.eq(a.put("customers/c2", {"name": "B"}, key=key).status, 403)
    a.state = t.path("none")
    says(t, a, ["stats"], 66, "acuse init")


def limit(a, size):
    """Lets no file of the server grow past size; None: as far as it may."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.prlimit(a.process.proc.pid, resource.RLIMIT_FSIZE,
                     (hard if size is None else size, hard))


@test("a full disk: 503 to billing, and all goes on when there is room")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example")
    a.notice("c1")
    a.wait_messages(state="accepted")
    known = a.customer("c2", "bo@one.example")
    limit(a, 4096)
    for i in range(5):
        answer = a.put("customers/c3", {"name": "C%d" % i})
        t.eq(answer.status, 503, answer)
        t.ok("retry-after" in answer.headers, answer)
        t.eq(answer.headers["content-type"], "application/problem+json")
    t.eq(a.ok(a.get("customers/c2"))["id"], known["id"])
    t.eq(a.get("/healthz").status, 200)
    a.wait_log("store.failed")
    limit(a, None)
    a.customer("c3", "cy@one.example")
    a.notice("c3")
    a.wait_messages(state="accepted", customer="c3")
    t.ok(a.log("store.recovered"), "the log says that it is over")
    t.eq(len(a.log("store.failed")), 1, "it is said once")


@test("a verdict for which the disk has no room is kept until it has")
def _(t):
    r = t.receiver(rules="match=*@slow.example stage=dot action=hold")
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@slow.example")
    a.notice("c1")
    r.wait_journal("data")
    limit(a, 4096)
    r.set_rules("")
    r.wait_journal("message")
    a.wait_log("store.failed")
    t.eq(a.messages()[0]["state"], "claimed")
    limit(a, None)
    m = a.wait_messages(state="accepted")[0]
    t.eq((m["attempts"], m["uncertain"]), (1, 0))
    t.eq(len(r.journal("message")), 1)


@test("stopped before a verdict found room: uncertain, and sent again so")
def _(t):
    r = t.receiver(rules="match=*@slow.example stage=dot action=hold")
    a = Hosting(t, to=[r], smtp='uncertain_delay = "1s"')
    a.customer("c1", "ana@slow.example")
    a.notice("c1")
    r.wait_journal("data")
    limit(a, 4096)
    r.set_rules("")
    r.wait_journal("message")
    a.wait_log("store.failed")
    a.stop()
    a.start()
    m = a.wait_messages(state="accepted")[0]
    t.eq(m["uncertain"], 1)
    first, second = r.wait_journal("message", 2)
    t.eq(first["sha256"], second["sha256"])


@test("init on a full disk says so, and leaves nothing that looks whole")
def _(t):
    a = Hosting(t, start=False, init=False)
    done = subprocess.run(
        [acuse.PROGRAM, "init", "--state", a.state, "--config", a.config],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        restore_signals=False, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (20000, 20000)))
    t.ok(done.returncode in (74, 75), done)
    t.ok("half made" in done.stdout and a.state in done.stdout, done.stdout)
    t.ok("acuse_" not in done.stdout, "no key is shown")


def pixel(t, a, ports, path):
    c = http.client.HTTPConnection("127.0.0.1", ports["public"],
                                   timeout=DEADLINE)
    c.request("GET", path, headers={"User-Agent": "a reader"})
    got = c.getresponse()
    got.read()
    c.close()
    t.eq((got.status, got.getheader("Content-Type")), (200, "image/gif"))


@test("pixels are answered beside a server, and while none serves")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example")
    a.notice("c1")
    m = a.wait_messages(state="accepted")[0]
    mail = email.message_from_bytes(r.messages()[0],
                                    policy=email.policy.default)
    path = re.search(r"https://notices.hosting.example(/o/[^\"]+)",
                     mail.get_body(("html",)).get_content()).group(1)
    main = a.process
    other = Hosting.spawn(a, "--role", "redirect")
    wait_for(lambda: os.path.exists(a.ports_path), what="its ports")
    with open(a.ports_path) as f:
        beside = {k: int(v) for k, v in (x.split() for x in f)}
    t.eq(list(beside), ["public"])
    a.process = main

    keys = Keys(a.state)
    made = {x: keys.token(x, m["mref"])
            for x in ("view", "answer", "leave", "area")}
    for method, rest in (("GET", "/m/" + made["view"]),
                         ("GET", "/a/" + made["answer"]),
                         ("POST", "/a/" + made["answer"]),
                         ("POST", "/u/" + made["leave"]),
                         ("GET", "/area/%s/%s" % (made["area"], EXPIRY))):
        for language in ("es", "it", "en"):
            c = http.client.HTTPConnection("127.0.0.1", beside["public"],
                                           timeout=DEADLINE)
            c.request(method, rest, headers={"Accept-Language": language},
                      body="List-Unsubscribe=One-Click"
                      if method == "POST" else None)
            got = c.getresponse()
            text = got.read().decode()
            c.close()
            t.eq((got.status, got.getheader("Retry-After")), (503, "120"))
            t.ok('lang="%s"' % language in text, text)
            t.ok(" · Hosting</title>" in text, "the brand: " + text)
            t.ok('<a href="https://help.hosting.example"' in text, text)

    def opened(n):
        wait_for(lambda: len(a.events(m["mref"], "message.opened")) == n,
                 what="%d hits in the ledger" % n)
    for _ in range(10):
        pixel(t, a, a.ports, path)
        pixel(t, a, beside, path)
    opened(20)
    a.stop()
    for _ in range(10):
        pixel(t, a, beside, path)
    a.start()
    opened(30)
    for _ in range(10):
        pixel(t, a, a.ports, path)
        pixel(t, a, beside, path)
    opened(50)
    other.kill()
    pixel(t, a, a.ports, path)
    opened(51)
    a.stop()
    a.start()
    opened(51)


@test("starts and kills leave no empty segments behind")
def _(t):
    a = Hosting(t, send="false")
    for i in range(6):
        a.kill() if i % 2 else a.stop()
        a.start()
    hits = os.path.join(a.state, "hits")
    wait_for(lambda: len([n for n in os.listdir(hits)
                          if n.endswith(".hits")]) <= 2,
             what="old segments to go")


@test("health and metrics answer, without a key")
def _(t):
    a = Hosting(t, send="false")
    for path, word in (("/healthz", "ok"), ("/readyz", "ready"),
                       ("/metrics", "acuse_hits_lost 0"),
                       ("/metrics", "acuse_hits_refused 0"),
                       ("/metrics", "acuse_ledger_leaves")):
        answer = a.get(path, headers={"Authorization": None})
        t.eq(answer.status, 200, path)
        t.ok(word in answer.body.decode(), answer.body)
    for method, path in (("GET", "/nothing"), ("DELETE", "/healthz")):
        c = http.client.HTTPConnection("127.0.0.1", a.ports["private"],
                                       timeout=DEADLINE)
        c.request(method, path)
        got = c.getresponse()
        c.close()
        t.ok(got.status in (404, 405), got.status)
        t.eq((got.getheader("X-Content-Type-Options"),
              got.getheader("Referrer-Policy"),
              got.getheader("Content-Security-Policy")),
             ("nosniff", "no-referrer", "frame-ancestors 'none'"))


@test("pages that need the store wait for it; pixels and links do not")
def _(t):
    a = Hosting(t, send="false")
    limit(a, 4096)
    c = http.client.HTTPConnection("127.0.0.1", a.ports["public"],
                                   timeout=DEADLINE)
    c.request("GET", "/o/AQABAAE")
    got = c.getresponse()
    t.eq((got.status, got.getheader("Content-Type")), (200, "image/gif"))
    c.close()
    limit(a, None)


run()
