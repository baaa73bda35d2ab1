"""An authority for tests, made by the openssl command.

    ca = Authority(t)
    cert, key = ca.issue("mx.plain")        # paths
"""

import hashlib
import os
import socket
import ssl
import subprocess


def openssl(*argv, **kw):
    return subprocess.run(["openssl", *argv], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          **kw).stdout


class Authority:
    def __init__(self, t, name="ca"):
        self.dir = t.path(name)
        self.count = 0
        os.mkdir(self.dir)
        self.key = os.path.join(self.dir, "ca.key")
        self.cert = os.path.join(self.dir, "ca.pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                "-subj", "/CN=" + name, "-keyout", self.key, "-out", self.cert,
                "-addext", "basicConstraints=critical,CA:TRUE")

    def issue(self, *names, days=30, alternative=True):
        """A certificate for names, the first one its subject, and its key."""
        self.count += 1
        base = os.path.join(self.dir, "c%d" % self.count)
        with open(base + ".ext", "w") as f:
            f.write("basicConstraints=CA:FALSE\n")
            if alternative:
                f.write("subjectAltName=%s\n" % ",".join(
                    "DNS:" + n for n in names))
        openssl("req", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                "/CN=" + names[0], "-keyout", base + ".key", "-out",
                base + ".csr")
        openssl("x509", "-req", "-in", base + ".csr", "-CA", self.cert,
                "-CAkey", self.key, "-CAcreateserial", "-days", str(days),
                "-extfile", base + ".ext", "-out", base + ".pem")
        return base + ".pem", base + ".key"


def certificate(t, name):
    """A new pair, NAME.pem and NAME.key, of its own authority; returns it as
    DER."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            t.path(name + ".key"), "-out", t.path(name + ".pem"), "-days", "2",
            "-subj", "/CN=" + name)
    with open(t.path(name + ".pem")) as f:
        return ssl.PEM_cert_to_DER_cert(f.read())


def shown_at(port, path, deadline=20):
    """The certificate that a port shows, as DER, and what it answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), deadline) as s, \
            context.wrap_socket(s) as c:
        c.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
        return c.getpeercert(binary_form=True), c.recv(100)


def key_digest(cert):
    """SHA-256 of a certificate's key, as TLSA "3 1 1" has it."""
    public = openssl("x509", "-in", cert, "-noout", "-pubkey")
    der = openssl("pkey", "-pubin", "-outform", "DER", input=public)
    return hashlib.sha256(der).hexdigest()
