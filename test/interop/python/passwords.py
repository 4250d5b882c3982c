"""Works PyCoffer's password plugin for the tests: one JSON object on stdin, one on stdout.

{"kind": "store", "path": ..., "keys": {"coffer_key": base64}, "mode": "w", "add": [{"name": ...}], "delete": [[owner, name]],
"chrome": "a CSV file"}. The answer is what the plugin holds then.
"""

import base64
import json
import sys

from pycoffer.coffers.bank import CofferBank
from pycoffer.coffers.market import CofferMarket
from pycoffer.coffers.null import CofferNull
from pycoffer.coffers.store import CofferStore

CLASSES = {"bank-aes": CofferBank, "store": CofferStore, "market": CofferMarket, "null": CofferNull}

command = json.load(sys.stdin)
keys = {name: base64.b64decode(key, validate=True) for name, key in command["keys"].items()}
answer = []
with CLASSES[command["kind"]](command["path"], mode=command["mode"], **keys) as coffer:
    with coffer.plugin("password") as plugin:
        for login in command.get("add", []):
            plugin.add(plugin.Info(**login))
        for key in command.get("delete", []):
            plugin.delete(plugin.get(tuple(key)))
        if "chrome" in command:
            plugin.import_chrome(command["chrome"])
        for login in plugin.store.values():
            fields = {name: value for name, value in login.to_dict().items() if isinstance(value, str)}
            answer.append({**fields, "ctime": login.ctime.timestamp(), "mtime": login.mtime.timestamp()})
json.dump(answer, sys.stdout)
