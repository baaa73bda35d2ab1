"""The tracker beside nginx: pixels and clicks that are on disk before they are
answered, over 100,000 different tokens, and what idle connections cost."""

import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.join(os.environ.get("BUILD_DIR", "build/release"),
                       "tracktest")
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
IDLE = 10000

LUA = """
local paths = {}
for line in io.lines(os.getenv("PATHS")) do
  paths[#paths + 1] = wrk.format("GET", line, {
    ["Host"] = "x", ["Accept"] = "image/avif,image/webp,*/*",
    ["User-Agent"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) "
      .. "AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"})
end
local i = math.random(#paths)
request = function()
  i = i % #paths + 1
  return paths[i]
end
local pause = tonumber(os.getenv("PAUSE_MS"))
if pause > 0 then
  delay = function() return math.floor(math.random() * 2 * pause + 0.5) end
end
"""

NGINX = """
worker_processes %d; daemon off; pid %s/pid; error_log %s/error;
events { worker_connections 4096; }
http {
  access_log %s/access; keepalive_requests 1000000000;
  client_body_temp_path %s/t1; proxy_temp_path %s/t2;
  fastcgi_temp_path %s/t3; uwsgi_temp_path %s/t4; scgi_temp_path %s/t5;
  server {
    listen 127.0.0.1:%d reuseport;
    location /o/ { empty_gif; }
    location /c/ { return 302 https://pay.example/pay/1042?a=1&b=2; }
  }
}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until(condition, deadline=30):
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("# waited in vain")
        time.sleep(0.01)


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Ours:
    def __init__(self, dir, **options):
        self.proc = subprocess.Popen(
            [PROGRAM, os.path.join(dir, "state")] +
            ["%s=%s" % o for o in options.items()], stdout=subprocess.PIPE)
        self.port = int(self.proc.stdout.readline().split()[1])

    def stop(self):
        self.proc.send_signal(signal.SIGTERM)
        self.proc.stdout.read()
        self.proc.wait()


class Nginx:
    def __init__(self, dir):
        self.port = free_port()
        path = os.path.join(dir, "nginx.conf")
        with open(path, "w") as f:
            f.write(NGINX % ((os.cpu_count(),) + (dir,) * 8 + (self.port,)))
        self.proc = subprocess.Popen(["nginx", "-c", path],
                                     stderr=subprocess.DEVNULL)
        until(lambda: listens(self.port))

    def stop(self):
        self.proc.send_signal(signal.SIGTERM)
        self.proc.wait()


def wrk(dir, port, paths, connections, pause_ms=0):
    """Requests a second, and the 99th percentile in ms.  A connection pauses
    for a random time of that mean before each request."""
    out = subprocess.run(
        ["wrk", "-t1", "-c%d" % connections, "-d%gs" % SECONDS, "--latency",
         "-s", os.path.join(dir, "wrk.lua"), "http://127.0.0.1:%d" % port],
        env=dict(os.environ, PATHS=paths, PAUSE_MS="%g" % pause_ms),
        stdout=subprocess.PIPE,
        check=True).stdout.decode()
    if "Non-2xx" in out:
        raise SystemExit("# wrong answers:\n" + out)
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    ms = float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), ms


def compare(dir, name, ours, nginx, paths, connections, peer):
    """By turns, so that both see the same minute."""
    mine, theirs = [], []
    for _ in range(ROUNDS):
        if nginx:
            theirs.append(wrk(dir, nginx.port, paths, connections)[0])
        mine.append(wrk(dir, ours.port, paths, connections))
    print("# %s: 99th percentile %.1f ms at full load" % (
        name, statistics.median(ms for _, ms in mine)))
    rate = statistics.median(rate for rate, _ in mine)
    print("%s %d requests/s %s %s" % (
        name, rate, peer,
        "%d" % statistics.median(theirs) if theirs else "-"), flush=True)
    return rate


def at_rate(dir, port, paths, connections, wanted):
    """The 99th percentile where so many are asked for a second: the pauses
    are set by what a first run gives."""
    pause_ms = connections * 1000 / wanted
    for _ in range(3):
        rate, ms = wrk(dir, port, paths, connections, pause_ms)
        if abs(rate / wanted - 1) < 0.1:
            break
        pause_ms = max(0.2, pause_ms + connections * 1000 * (
            1 / wanted - 1 / rate))
    return rate, ms


def half(dir, name, ours, nginx, paths, connections, rate, peer):
    """Latency as visitors see it, at half of what we can take."""
    theirs = at_rate(dir, nginx.port, paths, connections, rate / 2)[1] \
        if nginx else None
    got, mine = at_rate(dir, ours.port, paths, connections, rate / 2)
    print("# %s: at %d requests/s" % (name, got))
    print("%s %.2f ms %s %s" % (
        name, mine, peer, "%.2f" % theirs if nginx else "-"), flush=True)


def idle(dir, paths):
    k = Ours(dir, drain=0, idle_ms=60000)
    held = []
    with open(paths) as f:
        for line, _ in zip(f, range(IDLE)):
            s = socket.create_connection(("127.0.0.1", k.port))
            s.sendall(("GET %s HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0 "
                       "(iPhone)\r\n\r\n" % line.strip()).encode())
            held.append(s)
    # those past the ones that it keeps alive are closed with their reply:
    # others take their places, and say nothing
    silent = 0
    for i, s in enumerate(held):
        if b"Connection: close" in s.recv(4096):
            s.close()
            held[i] = socket.create_connection(("127.0.0.1", k.port))
            silent += 1
    with open("/proc/%d/status" % k.proc.pid) as f:
        kb = int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1))
    for s in held:
        s.setblocking(False)
        try:
            s.recv(1)
            sys.exit("track.idle: a connection that is kept was closed")
        except BlockingIOError:
            s.close()
    k.stop()
    print("# track.idle: %d connections kept alive, %d silent" % (
        IDLE - silent, silent))
    print("track.idle %.1f MB" % (kb / 1024))


def main():
    dir = tempfile.mkdtemp(prefix="acuse-bench-")
    try:
        import resource
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        state = os.path.join(dir, "state")
        os.mkdir(state)
        made = subprocess.run([PROGRAM, state, "tokens=100000"], check=True,
                              stdout=subprocess.PIPE).stdout.decode().split()
        files = {}
        for kind, lines in (("o", made[0::2]), ("c", made[1::2])):
            files[kind] = os.path.join(dir, kind)
            with open(files[kind], "w") as f:
                f.write("\n".join(lines) + "\n")
        with open(os.path.join(dir, "wrk.lua"), "w") as f:
            f.write(LUA)
        if shutil.which("wrk"):
            nginx = Nginx(dir) if shutil.which("nginx") else None
            ours = Ours(dir, drain=0, loops=os.cpu_count(),
                        journal_bytes=4 << 30)
            for name, kind, connections, peer in (
                    ("track.pixel.c64", "o", 64, "nginx-empty_gif"),
                    ("track.pixel.c256", "o", 256, "nginx-empty_gif"),
                    ("track.click.c64", "c", 64, "nginx-302")):
                rate = compare(dir, name, ours, nginx, files[kind],
                               connections, peer)
                if name == "track.pixel.c64":
                    half(dir, "track.pixel.p99.half", ours, nginx,
                         files[kind], connections, rate, peer)
            ours.stop()
            if nginx:
                nginx.stop()
        else:
            print("# wrk is absent (make bench-deps)")
        idle(dir, files["o"])
    finally:
        shutil.rmtree(dir, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
