"""Runs a command on a pseudo-terminal, types what a script says, and tells what was shown.

stdin: {"argv": [...], "env": {...}, "cwd": "...", "steps": [{"wait": "text", "send": "text"}], "seconds": 100, "columns": 100}
stdout: {"output": "...", "code": 0, "missed": "a text that was waited for and never came"}
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

job = json.load(sys.stdin)
pid, fd = pty.fork()
if pid == 0:
    os.chdir(job["cwd"])
    os.execvpe(job["argv"][0], job["argv"], job["env"])

fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, job.get("columns", 100), 0, 0))
output, at = b"", 0
steps = list(job["steps"])
deadline = time.monotonic() + job.get("seconds", 100)
while time.monotonic() < deadline:
    ready, _, _ = select.select([fd], [], [], 0.05)
    if ready:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        output += piece
    if steps:
        found = output.find(steps[0]["wait"].encode(), at)
        if found >= 0:
            at = found + len(steps[0]["wait"].encode())
            # A program that turns echo off does so after its question, on a busy machine long after.
            if steps[0]["wait"].endswith(": "):
                while termios.tcgetattr(fd)[3] & termios.ECHO and time.monotonic() < deadline:
                    time.sleep(0.01)
            time.sleep(steps[0].get("after", 0.15))
            step = steps.pop(0)
            os.write(fd, step["send"].encode())
            if step.get("hangUp"):
                os.close(fd)
                break
else:
    os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
missed = steps[0]["wait"] if steps else None
json.dump({"output": output.decode("utf-8", "replace"), "code": os.waitstatus_to_exitcode(status), "missed": missed}, sys.stdout)
