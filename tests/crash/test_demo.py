"""The billing month of the demo, killed at twenty random moments: what the
table says must still be what the receiving server got."""

import os
import subprocess
import sys

root = os.environ.get("SRC_DIR", ".")
env = dict(os.environ, ONCE="1", KILLS="20")
print("1..1", flush=True)
run = subprocess.run([os.path.join(root, "tools/demo/run")], env=env,
                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                     text=True)
for line in run.stdout.splitlines():
    print("# " + line)
print("%sok 1 - the month adds up though acuse was killed twenty times"
      % ("not " if run.returncode else ""))
sys.exit(1 if run.returncode else 0)
