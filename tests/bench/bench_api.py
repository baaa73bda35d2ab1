"""How fast billing is answered: every answer is on disk when it is given."""

import datetime
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "integration"))
from acuse import Acuse  # noqa: E402
from harness import Test  # noqa: E402

N = 5000
CLIENTS = 16
DUE = (datetime.date.today() + datetime.timedelta(days=40)).isoformat()


def customer(k):
    return {"name": "Customer %d" % k, "contacts": [
        {"id": "k1", "email": "c%d@x.example" % k}]}


def invoice(k, rev):
    return {"customer": "c%d" % k, "number": "N%d" % k, "status": "open",
            "currency": "EUR", "total": "10.00", "due_on": DUE, "rev": rev}


def row(name, n, start):
    print("%s %d /s" % (name, n / (time.monotonic() - start)), flush=True)


def batch(a, name, lines):
    body = b"".join(json.dumps(x).encode() + b"\n" for x in lines)
    start = time.monotonic()
    answer = a.batch_bytes(body)
    row(name, len(answer), start)
    bad = [x for x in answer.values() if x["status"] >= 300]
    if bad:
        sys.exit("refused: %s" % bad[0])


def together(a, name, n, call):
    """n calls by CLIENTS connections that are kept open."""
    def client(first):
        c = a.connect()
        for k in range(first, n, CLIENTS):
            a.ok(call(c, k))
        c.close()
    threads = [threading.Thread(target=client, args=(k,))
               for k in range(CLIENTS)]
    start = time.monotonic()
    for x in threads:
        x.start()
    for x in threads:
        x.join()
    row(name, n, start)


def main():
    t = Test("bench")
    a = Acuse(t)
    try:
        batch(a, "api_batch_customers",
              [{"put": "customer", "id": "c%d" % k, "body": customer(k)}
               for k in range(N)])
        batch(a, "api_batch_invoices",
              [{"put": "invoice", "id": "i%d" % k, "body": invoice(k, 1)}
               for k in range(N)])
        together(a, "api_put_invoice", 2000, lambda c, k: a.put(
            "invoices/i%d" % k, invoice(k, 2), on=c))
        together(a, "api_get_invoice", 2000, lambda c, k: a.get(
            "invoices/i%d" % k, on=c))
    finally:
        t.finish()


main()
