"""Drives the real PyCoffer for the tests: one JSON command a line on stdin, one JSON answer a line on stdout.

Command: {"id": 1, "command": "read", ...arguments}. Answer: {"id": 1, "result": ...} or
{"id": 1, "error": {"class": "CryptoError", "message": "..."}}. One process serves a whole test session, since the
imports are slow. It ends when stdin does. The one argument is a directory for what PyCoffer extracts.
"""

import base64
import fcntl
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import sys
import time

from filelock import FileLock
from pycoffer import Coffer, CofferInfo
from pycoffer.coffers.bank import CofferBank
from pycoffer.coffers.market import CofferMarket
from pycoffer.coffers.null import CofferNull
from pycoffer.coffers.store import CofferStore
import fernetfile.tar
import naclfile.zstd


def bytes_of(spec):
    """The bytes that a data spec stands for; the same as patternBytes in pycoffer.ts."""
    if "base64" in spec:
        return base64.b64decode(spec["base64"], validate=True)
    size, pattern = spec["size"], spec["pattern"]
    if pattern == "zeros":
        return bytes(size)
    if pattern == "random":
        return hashlib.shake_128(spec["seed"].encode()).digest(size)
    if pattern == "text":
        line = f"The quick brown fox {spec['seed']} jumps over the lazy dog.\n".encode()
        return (line * (size // len(line) + 1))[:size]
    raise ValueError(f"unknown pattern {pattern!r}")


def describe(data, want_data=False):
    result = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    if want_data:
        result["base64"] = base64.b64encode(data).decode()
    return result


def key(command, name):
    return base64.b64decode(command[name], validate=True)


class Session:
    """The coffers and locks that this process holds open, by number."""

    def __init__(self, temp_dir):
        self.temp_dir = temp_dir
        self.coffers = {}
        self.locks = {}
        self.last = 0

    def keep(self, table, value):
        self.last += 1
        table[self.last] = value
        return self.last

    def make(self, c):
        options = {"mode": c["mode"], "temp_dir": self.temp_dir}
        for name in ("auto_flush", "backup", "lock_type", "lock_timeout"):
            if name in c:
                options[name] = c[name]
        kind, path = c["kind"], c["path"]
        if kind == "store":
            return CofferStore(path, coffer_key=key(c, "coffer_key"), **options)
        if kind == "market":
            return CofferMarket(path, secure_key=key(c, "secure_key"), **options)
        if kind == "null":
            return CofferNull(path, **options)
        if kind == "bank-aes":
            return CofferBank(path, coffer_key=key(c, "coffer_key"), secure_key=key(c, "secure_key"), **options)
        if kind == "bank-fernet":
            # PyCoffer has no class of its own for the bank that it documents.
            return Coffer(
                path,
                container_class=fernetfile.tar.TarFile,
                container_params={"fernet_key": base64.urlsafe_b64encode(key(c, "coffer_key"))},
                secure_open=naclfile.zstd.open,
                secure_params={"secret_key": key(c, "secure_key")},
                **options,
            )
        raise ValueError(f"unknown kind {kind!r}")

    def open(self, c):
        coffer = self.make(c)
        try:
            coffer.open()
        except BaseException:
            # PyCoffer leaves both behind when opening fails.
            if coffer.dirpath is not None:
                shutil.rmtree(coffer.dirpath, ignore_errors=True)
            coffer._lockfile.release(force=True)
            raise
        return self.keep(self.coffers, coffer)

    def on(self, c):
        return self.coffers[c["coffer"]]

    def close(self, c):
        self.coffers.pop(c["coffer"]).close()

    def flush(self, c):
        self.on(c).flush(force=c.get("force", True))

    def members(self, c):
        return [
            {"name": m.name, "storedBytes": m.filesize, "mtime": m.mtime}
            for m in sorted(self.on(c).getmembers(), key=lambda m: m.name)
        ]

    def read(self, c):
        return describe(self.on(c).read(c["name"]), c.get("data", False))

    def read_all(self, c):
        coffer = self.on(c)
        return {m.name: {**describe(coffer.read(m)), "mtime": m.mtime} for m in coffer.getmembers()}

    def read_lines(self, c):
        return self.on(c).readlines(c["name"])

    def write(self, c):
        self.on(c).write(bytes_of(c["data"]), c["name"])

    def write_lines(self, c):
        self.on(c).writelines(c["lines"], c["name"])

    def append(self, c):
        self.on(c).append(bytes_of(c["data"]), c["name"])

    def set_mtime(self, c):
        # What add() does with the times of the file on disk.
        path = CofferInfo(c["name"], store_path=self.on(c).dirpath).path
        os.utime(path, (c["mtime"], c["mtime"]))

    def delete(self, c):
        self.on(c).delete(c["name"])

    def add(self, c):
        self.on(c).add(c["path"], c.get("name"), replace=c.get("replace", True))

    def extract(self, c):
        self.on(c).extract(c["name"], c["path"])

    def extract_all(self, c):
        self.on(c).extractall(c["path"])

    def modified(self, c):
        return self.on(c).modified

    def pickle_dump(self, c):
        self.on(c).pickle_dump(c["value"], c["name"])

    def pickle_load(self, c):
        return self.on(c).pickle_load(c["name"])

    def encrypt(self, c):
        with self.on(c).plugin("crypt") as crypt:
            crypt.encrypt(c["source"], c["target"])

    def decrypt(self, c):
        with self.on(c).plugin("crypt") as crypt:
            crypt.decrypt(c["source"], c["target"])

    def acquire_lock(self, c):
        """Takes the lock that PyCoffer would take, and holds it."""
        lock = FileLock(c["path"] + ".lock", timeout=c.get("timeout", 0))
        lock.acquire()
        return self.keep(self.locks, lock)

    def release_lock(self, c):
        self.locks.pop(c["lock"]).release(force=True)

    def probe_lock(self, c):
        """Looks at the lock file without making or changing one."""
        try:
            fd = os.open(c["path"] + ".lock", os.O_RDWR)
        except FileNotFoundError:
            return {"exists": False, "locked": False}
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return {"exists": True, "locked": False}
        except BlockingIOError:
            return {"exists": True, "locked": True}
        finally:
            os.close(fd)

    def versions(self, _):
        names = ("pycoffer", "cofferfile", "naclfile", "fernetfile", "aesfile", "pyzstd", "filelock")
        return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}

    def cpu_seconds(self, _):
        return time.process_time()


COMMANDS = frozenset(
    """open close flush members read read_all read_lines write write_lines append set_mtime delete add extract extract_all
    modified pickle_dump pickle_load encrypt decrypt acquire_lock release_lock probe_lock versions
    cpu_seconds""".split()
)


def answer(session, command):
    try:
        name = command["command"]
        if name not in COMMANDS:
            raise ValueError(f"unknown command {name!r}")
        return {"id": command["id"], "result": getattr(session, name)(command)}
    except Exception as error:  # every failure is an answer; the tests look at its class
        return {"id": command["id"], "error": {"class": type(error).__name__, "message": str(error)}}


def main():
    # Whatever a package prints must not end up among the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    session = Session(sys.argv[1])
    for line in sys.stdin.buffer:
        print(json.dumps(answer(session, json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
