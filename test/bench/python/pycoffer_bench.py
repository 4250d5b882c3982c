"""PyCoffer as its own benchmark drives it: adds, closes, opens again, extracts. Imports are not measured.

Task: {"variant", "path", "target", "temp", "keys": {"coffer_key", "secure_key"},
"rounds": [[[source, name], ...], ...], "level"}.
A source that is a folder is added as one. Prints the seconds of the write, of each of its rounds and of the extraction.
"""

import base64
import json
import os
import sys
import time

from pycoffer.coffers.bank import CofferBank
from pycoffer.coffers.market import CofferMarket
from pycoffer.coffers.store import CofferStore
from pyzstd import CParameter

task = json.load(sys.stdin)
cls = {"bank": CofferBank, "store": CofferStore, "market": CofferMarket}[task["variant"]]
keys = {name: base64.b64decode(value) for name, value in task["keys"].items()}


def coffer(mode):
    opened = cls(task["path"], mode=mode, temp_dir=task["temp"], **keys)
    if "level" in task and mode != "r":
        opened.secure_params["level_or_option"] = {CParameter.compressionLevel: task["level"]}
    return opened


result = {"adds": []}
if "rounds" in task:
    start = time.perf_counter()
    with coffer("w") as ff:
        for files in task["rounds"]:
            began = time.perf_counter()
            for source, name in files:
                ff.add(source, name)
            result["adds"].append(time.perf_counter() - began)
    result["write"] = time.perf_counter() - start
if "target" in task:
    start = time.perf_counter()
    with coffer("r") as ff:
        ff.extractall(task["target"])
    result["extract"] = time.perf_counter() - start
result["size"] = os.path.getsize(task["path"])
print(json.dumps(result))
