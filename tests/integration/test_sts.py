"""MTA-STS (RFC 8461): what a domain's policy demands, and that nobody can talk
us out of it while it is fresh."""

import os
import re
import time

from certificates import Authority
from harness import run, test, wait_for
from internet import Net, attempt_of, deferred, pin, send
from policyhost import PolicyHost


def told(a, m):
    return a.events(m["mref"], "message." + m["state"])[0]["data"]


def net_of(t, mode="enforce", hosts=("mx.plain",), cert=None, tls=True, **kw):
    """A domain, one.plain, with one exchanger and a policy."""
    net = Net(t)
    net.r = net.exchanger("mx.plain", cert=cert, tls=tls)
    net.ns.add("one.plain", "MX", "10 mx.plain")
    net.policy("one.plain", mode, *hosts, **kw)
    return net


def kept(a, domain="one.plain"):
    path = os.path.join(a.state, "sts", domain)
    if not os.path.exists(path):
        return None
    with open(path, newline="") as f:
        return f.read()


def aged(a, seconds, domain="one.plain"):
    """The kept policy, as if it had been fetched so long ago."""
    text = kept(a, domain)
    at = int(re.search(r"^fetched (\d+)$", text, re.M).group(1))
    path = os.path.join(a.state, "sts", domain)
    with open(path, "w", newline="") as f:
        f.write(text.replace("fetched %d" % at,
                             "fetched %d" % (at - seconds * 1000000)))


def deliver(a, address="ana@one.plain", customer="c1"):
    send(a, address, customer)
    return a.wait_messages(customer=customer, state="accepted")[0]


@test("enforce: a listed exchanger with a valid certificate gets the mail")
def _(t):
    net = net_of(t, hosts=("*.plain",))
    a = net.hosting()
    m = deliver(a)
    data = told(a, m)
    t.eq((data["tls_policy"], data["tls"]["validated"]),
         ("sts enforce", "name"))
    t.ok("tls_failure" not in data, data)
    text = attempt_of(a, m)["transcript"]
    t.ok("MTA-STS: mode=enforce id=1" in text, text)
    t.ok("policy=sts enforce validated=name" in text, text)
    t.eq(net.policies.asked, [("one.plain",
                               "/.well-known/mta-sts.txt")])


@test("enforce: an exchanger that is not in the policy is passed over")
def _(t):
    net = net_of(t, hosts=("mx.plain",))
    wrong = net.exchanger("evil.plain", "127.0.0.2")
    net.ns.add("one.plain", "MX", "5 evil.plain", "10 mx.plain")
    net.ns.add("two.plain", "MX", "5 evil.plain")
    net.policies = PolicyHost(t, net.ca, "one.plain", "two.plain")
    net.policy("one.plain", "enforce", "mx.plain")
    net.policy("two.plain", "enforce", "mx.plain", "*.evil.plain")
    a = net.hosting()
    m = deliver(a)
    text = attempt_of(a, m)["transcript"]
    t.ok("passed over: evil.plain: not in the MTA-STS policy" in text, text)
    send(a, "bo@two.plain", "c2")
    deferred(a, "evil.plain: not in the MTA-STS policy", customer="c2")
    t.eq(wrong.journal("connect"), [])


def refused(t, net, stage, fault):
    """It waits, nothing was said to the peer, and the reason is on record."""
    a = net.hosting()
    send(a, "ana@one.plain")
    m, data = deferred(a, "untried")
    t.eq((data["stage"], data["tls_policy"]), (stage, "sts enforce"))
    t.ok(fault in data["fault"], data)
    t.eq(net.r.journal("mail"), [])
    return a


@test("enforce: a certificate for another name gets nothing")
def _(t):
    net = Net(t)
    cert = net.ca.issue("other.plain")
    net.r = net.exchanger("mx.plain", cert=cert)
    net.ns.add("one.plain", "MX", "10 mx.plain")
    net.policy("one.plain", "enforce", "mx.plain")
    refused(t, net, "TLS", "ostname mismatch")


@test("enforce: nor a certificate of an unknown authority")
def _(t):
    net = net_of(t, cert=Authority(t, "unknown").issue("mx.plain"))
    refused(t, net, "TLS", "unable to get local issuer")


@test("enforce: the name has to be an alternative one of the subject")
def _(t):
    net = Net(t)
    net.r = net.exchanger("mx.plain",
                          cert=net.ca.issue("mx.plain", alternative=False))
    net.ns.add("one.plain", "MX", "10 mx.plain")
    net.policy("one.plain", "enforce", "mx.plain")
    refused(t, net, "TLS", "ostname mismatch")


@test("enforce: nor a peer without TLS, and one that leaves it out")
def _(t):
    net = net_of(t, tls=False)
    refused(t, net, "STARTTLS", "not offered")


@test("testing: what would be refused is delivered, and told")
def _(t):
    net = net_of(t, mode="testing", tls=False)
    net.exchanger("other.plain", "127.0.0.2")
    net.exchanger("bad.plain", "127.0.0.3",
                  cert=Authority(t, "unknown").issue("bad.plain"))
    names = ["%s.plain" % n for n in ("one", "two", "three", "four")]
    net.policies = PolicyHost(t, net.ca, *names)
    for name, host, listed in zip(
            names, ("mx", "other", "bad", "other"), ("mx", "mx", "bad",
                                                     "other")):
        net.ns.add(name, "MX", "10 %s.plain" % host)
        net.policy(name, "testing", listed + ".plain")
    a = net.hosting()
    want = {"one.plain": ("no TLS", None),
            "two.plain": ("the exchanger is not in the policy", "name"),
            "three.plain": ("unable to get local issuer certificate", "none"),
            "four.plain": (None, "name")}
    for i, name in enumerate(names):
        m = deliver(a, "ana@" + name, "c%d" % i)
        data = told(a, m)
        failure, validated = want[name]
        t.eq((data["tls_policy"], data.get("tls_failure")),
             ("sts testing", failure), name)
        t.eq(data["tls"] and data["tls"]["validated"], validated, name)
        if failure:
            text = attempt_of(a, m)["transcript"]
            t.ok("failure=" + failure in text, text)


@test("none: the policy has no say")
def _(t):
    net = net_of(t, mode="none", hosts=(), tls=False)
    a = net.hosting()
    t.eq(told(a, deliver(a))["tls_policy"], "opportunistic")


@test("a fresh policy holds though HTTPS and the DNS fail, over a restart too")
def _(t):
    net = net_of(t)
    a = net.hosting()
    deliver(a)
    t.ok("mode: enforce" in kept(a), kept(a))
    # Whoever can cut these off must not get plaintext for it.
    net.policies.stop()
    net.ns.fail("_mta-sts.one.plain", "TXT", "servfail")
    a.stop()
    net.r.stop()
    clear = net.exchanger("mx.plain", tls=False)
    a.start()
    send(a, "bo@one.plain", "c2")
    m, data = deferred(a, "untried", customer="c2")
    t.eq((data["tls_policy"], data["stage"]), ("sts enforce", "STARTTLS"))
    t.eq(clear.journal("mail"), [])
    text = attempt_of(a, m)["transcript"]
    t.ok("MTA-STS: DNS: _mta-sts.one.plain" in text, "told: " + text)
    # The record taken away is no way either.
    net.ns.fail("_mta-sts.one.plain", "TXT")
    net.ns.remove("_mta-sts.one.plain", "TXT")
    send(a, "cy@one.plain", "c3")
    a.ok(a.post("queue/retry", {"all": True}))
    m, data = deferred(a, "untried", customer="c3")
    t.eq(data["tls_policy"], "sts enforce")
    # Once it is over, it is over.
    aged(a, 90000)
    a.ok(a.post("queue/retry", {"all": True}))
    m = a.wait_messages(customer="c3", state="accepted")[0]
    t.eq(told(a, m)["tls_policy"], "opportunistic")


@test("a new id fetches a new policy, the same one does not")
def _(t):
    net = net_of(t)
    a = net.hosting()
    deliver(a)
    deliver(a, "bo@one.plain", "c2")
    t.eq(len(net.policies.asked), 1)
    net.policy("one.plain", "testing", "mx.plain", id="2")
    t.eq(told(a, deliver(a, "cy@one.plain", "c3"))["tls_policy"],
         "sts testing")
    t.eq(len(net.policies.asked), 2)
    # One that cannot be fetched leaves the last one in force.
    net.policy("one.plain", "none", id="3")
    net.policies.behave = "missing"
    m = deliver(a, "di@one.plain", "c4")
    t.eq(told(a, m)["tls_policy"], "sts testing")
    t.ok("answers 404" in attempt_of(a, m)["transcript"], "told")
    # And is not asked for again at once.
    net.policies.behave = None
    deliver(a, "ed@one.plain", "c5")
    t.eq(len(net.policies.asked), 3)


@test("a kept policy that is damaged is fetched anew, and it is logged")
def _(t):
    net = net_of(t)
    a = net.hosting()
    deliver(a)
    whole = kept(a)
    path = os.path.join(a.state, "sts", "one.plain")
    for i, bad in enumerate((b"", b"\0\xff" * 50, whole[:40].encode(),
                             whole.replace("enforce", "none!").encode(),
                             b"x" * 100000)):
        with open(path, "wb") as f:
            f.write(bad)
        m = deliver(a, "x%d@one.plain" % i, "d%d" % i)
        t.eq(told(a, m)["tls_policy"], "sts enforce")
        t.eq(len(a.log("sts.not_kept")), i + 1, "logged")
        t.eq(re.sub(r"fetched \d+", "", kept(a)),
             re.sub(r"fetched \d+", "", whole))


@test("a policy is fetched anew in good time before it ends")
def _(t):
    net = net_of(t, age=7 * 86400)
    a = net.hosting()
    deliver(a)
    aged(a, 2 * 86400)
    deliver(a, "bo@one.plain", "c2")
    t.eq(len(net.policies.asked), 2)
    at = int(re.search(r"^fetched (\d+)$", kept(a), re.M).group(1))
    t.ok(abs(at / 1e6 - time.time()) < 60, "it counts from now again")


@test("what is no policy is none: status, redirect, type, size, certificate")
def _(t):
    net = net_of(t)
    other = Authority(t, "unknown")
    a = None
    for i, behave in enumerate(("missing", "redirect", "html", "huge")):
        net.policies.behave = behave
        a = net.hosting(name=behave)
        m = deliver(a, customer="c%d" % i)
        t.eq(told(a, m)["tls_policy"], "opportunistic", behave)
        t.ok("MTA-STS policy of one.plain" in attempt_of(a, m)["transcript"],
             behave)
        t.ok(a.log("sts.failed"), "logged")
        t.eq(kept(a), None)
        a.stop()
    t.ok(("one.plain", "/other") not in net.policies.asked, "not followed")
    for cert in (other.issue("mta-sts.one.plain"),
                 net.ca.issue("mta-sts.two.plain")):
        net.policies.stop()
        net.policies = None
        net.policy("one.plain", "enforce", "mx.plain", cert=cert)
        a = net.hosting(name="c" + os.path.basename(cert[0]) +
                        os.path.basename(os.path.dirname(cert[0])))
        t.eq(told(a, deliver(a))["tls_policy"], "opportunistic")
        t.eq((net.policies.asked, kept(a)), ([], None))
        a.stop()


@test("files of policies that hold no longer are removed")
def _(t):
    net = net_of(t, age=86400)
    net.policies = PolicyHost(t, net.ca, "one.plain", "two.plain")
    net.policy("one.plain", "enforce", "mx.plain", age=86400)
    net.policy("two.plain", "enforce", "mx.plain", age=86400)
    net.ns.add("two.plain", "MX", "10 mx.plain")
    a = net.hosting()
    deliver(a)
    deliver(a, "bo@two.plain", "c2")
    a.stop()
    aged(a, 86401)
    aged(a, 86000, "two.plain")
    a.start()
    wait_for(lambda: kept(a) is None, what="it to be removed")
    t.ok(kept(a, "two.plain"), "what holds is kept")


@test("a record that is malformed, or not alone, announces nothing")
def _(t):
    net = net_of(t)
    net.ns.add("_mta-sts.one.plain", "TXT", "v=STSv1; id=1;", "v=STSv1; id=2")
    a = net.hosting()
    t.eq(told(a, deliver(a))["tls_policy"], "opportunistic")
    net.ns.add("_mta-sts.one.plain", "TXT", "v=STSv1; id=not_one;")
    t.eq(told(a, deliver(a, customer="c2"))["tls_policy"], "opportunistic")
    t.eq(net.policies.asked, [])
    # Others beside it, and one in two strings, are fine.
    net.ns.add("_mta-sts.one.plain", "TXT", "spf", ("v=STSv1;", " id=1"))
    t.eq(told(a, deliver(a, customer="c3"))["tls_policy"], "sts enforce")


@test("a policy host that stalls delays nobody else")
def _(t):
    net = net_of(t)
    names = ["stall%d.plain" % i for i in range(6)]
    net.policies = PolicyHost(t, net.ca, *names)
    net.policies.behave = "stall"
    net.ns.add("two.plain", "MX", "10 mx.plain")
    for name in names:
        net.ns.add(name, "MX", "10 mx.plain")
        net.policy(name, "enforce", "mx.plain")
    a = net.hosting()
    began = time.monotonic()
    deliver(a, "bo@two.plain", "c1")
    usual = time.monotonic() - began
    for i, name in enumerate(names):
        send(a, "ana@" + name, "s%d" % i)
    wait_for(lambda: net.policies.asked, what="a fetch")
    began = time.monotonic()
    deliver(a, "bo@two.plain", "c2")
    took = time.monotonic() - began
    t.ok(took < max(10, 5 * usual), "took %g s, %g before" % (took, usual))
    # And the stop does not wait for it.
    began = time.monotonic()
    a.stop()
    took = time.monotonic() - began
    t.ok(took < max(12, 5 * usual), "stopping took %g s" % took)
    # Nor does it make anything of what it cut short.
    t.eq(len(net.r.journal("message")), 2)
    a.start()
    reasons = [e["data"]["reason"] for m in a.messages()
               for e in a.events(m["mref"], "message.deferred")]
    t.ok(all("is being fetched" in x for x in reasons), reasons)


@test("DANE goes before MTA-STS, and is not replaced by it")
def _(t):
    net = Net(t)
    good = net.exchanger("mx.signed",
                         cert=Authority(t, "own").issue("mx.signed"))
    net.ns.add("one.signed", "MX", "10 mx.signed")
    net.ns.add("two.signed", "MX", "10 mx2.signed")
    pin(net, "mx.signed", good.cert)
    net.exchanger("mx2.signed", "127.0.0.2")
    net.ns.add("_%d._tcp.mx2.signed" % net.port, "TLSA", "3 1 1 " + "00" * 32)
    net.policies = PolicyHost(t, net.ca, "one.signed", "two.signed")
    net.policy("one.signed", "enforce", "elsewhere.signed")
    net.policy("two.signed", "enforce", "mx2.signed")
    a = net.hosting()
    data = told(a, deliver(a, "ana@one.signed"))
    t.eq((data["tls_policy"], data["tls"]["validated"]),
         ("dane", "dane 3 1 1"))
    send(a, "bo@two.signed", "c2")
    _, data = deferred(a, "untried", customer="c2")
    t.eq((data["tls_policy"], data["stage"]), ("dane", "TLS"))


run()
