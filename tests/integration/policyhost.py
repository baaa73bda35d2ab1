"""A host of MTA-STS policies, over HTTPS on 127.0.0.1.

    host = PolicyHost(t, ca, "one.plain")
    host.policy("enforce", "mx.plain", age=86400)
    host.behave = "redirect"
"""

import http.server
import ssl
import threading


class PolicyHost:
    """names: of the certificate, mta-sts. of each domain; behave: None, or a
    way to fail: "missing", "redirect", "html", "huge", "stall"."""

    def __init__(self, t, ca, *domains, cert=None):
        outer = self
        self.texts = {}
        self.behave = None
        self.asked = []
        self.over = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.answer(self)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # who does not like the certificate hangs up

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(
            *(cert or ca.issue(*("mta-sts." + d for d in domains))))
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True,
            do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, args=(0.05,),
                         daemon=True).start()
        t.on_end(self.stop)

    def stop(self):
        """Once stopped, connections are refused."""
        if self.over.is_set():
            return
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def policy(self, mode, *hosts, age=86400, domain=None):
        """Of one domain, or of all."""
        self.texts[domain] = "version: STSv1\r\nmode: %s\r\n%smax_age: %d\r\n" \
            % (mode, "".join("mx: %s\r\n" % h for h in hosts), age)

    def answer(self, request):
        domain = request.headers.get("Host", "").partition(":")[0][8:]
        self.asked.append((domain, request.path))
        text = self.texts.get(domain) or self.texts.get(None, "")
        status, kind, body = 200, "text/plain", text.encode()
        if self.behave == "stall":
            self.over.wait(60)
        elif self.behave == "missing":
            status = 404
        elif self.behave == "redirect" and request.path != "/other":
            status, body = 301, b""
        elif self.behave == "html":
            kind = "text/html"
        elif self.behave == "huge":
            body += b"mx: filler.example\r\n" * 5000
        request.send_response(status)
        if status == 301:
            request.send_header("Location", "/other")
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
