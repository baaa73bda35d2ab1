"""An internet of the test's own, which Acuse knows by its DNS alone.

    net = Net(t)
    r = net.exchanger("mx.plain")             # a receiver with STARTTLS
    net.ns.add("one.plain", "MX", "10 mx.plain")
    a = net.hosting()
    send(a, "ana@one.plain")
"""

from certificates import Authority, key_digest
from harness import wait_for
from hosting import Hosting
from nameserver import Nameserver
from policyhost import PolicyHost


class Net:
    """A name server, an authority, exchangers at one port of several loopback
    addresses, and a hosting company that knows the internet by them alone."""

    def __init__(self, t, smtp="", **fills):
        self.t = t
        self.ns = Nameserver(t)
        self.ca = Authority(t)
        self.port = self.policies = None
        self.smtp = smtp
        self.fills = fills

    def exchanger(self, host, address="127.0.0.1", cert=None, tls=True,
                  args=(), **kw):
        """One that listens at address, and its address record."""
        cert, key = cert or self.ca.issue(host)
        bracketed = "[%s]" % address if ":" in address else address
        r = self.t.receiver(
            listen=("%s:%d%s" % (bracketed, self.port or 0,
                                 ",starttls" if tls else ""),),
            args=("--cert", cert, "--key", key, *args), **kw)
        self.port = self.port or r.port()
        self.ns.add(host, "AAAA" if ":" in address else "A", address)
        r.cert = cert
        return r

    def options(self):
        return """
	resolver = "127.0.0.1@%d"
	trust_anchor = "%s"
	ca_file = "%s"
	mx_port = %d
	sts_port = %d
	%s
""" % (self.ns.port, self.ns.anchor, self.ca.cert, self.port or 25,
            self.policies.port if self.policies else 443, self.smtp)

    def policy(self, domain, mode, *hosts, id="1", age=86400, cert=None):
        """An MTA-STS policy of a domain, announced."""
        if not self.policies:
            self.policies = PolicyHost(self.t, self.ca, domain, cert=cert)
        self.policies.policy(mode, *hosts, age=age, domain=domain)
        self.ns.add("mta-sts." + domain, "A", "127.0.0.1")
        self.ns.add("_mta-sts." + domain, "TXT", "v=STSv1; id=%s;" % id)
        return self.policies

    def hosting(self, **kw):
        return Hosting(self.t, smtp=self.options(), **dict(self.fills, **kw))


def send(a, address, customer="c1"):
    a.customer(customer, address)
    a.notice(customer)


def attempt_of(a, m):
    return a.ok(a.get("queue/" + m["mref"]))["attempts"][-1]


def recipients(r):
    return [x["recipient"] for m in r.journal("message")
            for x in m["recipients"]]


def deferred(a, reason, **query):
    """A message that waits for a reason that has this text."""
    def told():
        for m in a.messages(**query):
            for e in a.events(m["mref"], "message.deferred"):
                if reason in e["data"].get("reason", ""):
                    return m, e["data"]
        return None
    return wait_for(told, what="a deferral for " + reason)


def pin(net, host, cert, usage="3 1 1"):
    net.ns.add("_%d._tcp.%s" % (net.port, host), "TLSA",
               "%s %s" % (usage, key_digest(cert)))
