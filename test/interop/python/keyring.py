"""Opens a keyring by docs/FORMAT.md, with PyNaCl and Python's own modules: a second implementation, to check the first.

{"document": "...", "secret": {"password" | "recoveryCode" | "prf": ...}} on stdin, `prf` in hex. The answer on stdout has the keys and
the keys to come in hex, the slot's id, and whether all MACs are right.
"""

import base64
import hashlib
import hmac
import json
import sys
import unicodedata

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as aead_open
from nacl.bindings import crypto_pwhash_ALG_ARGON2ID13, crypto_pwhash_alg


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(value):
    # RFC 8785, for keyrings: their names are ASCII, their numbers whole.
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def hkdf(secret, salt, info):
    key = hmac.digest(salt, secret, "sha256")
    first = hmac.digest(key, info + b"\x01", "sha256")
    return first + hmac.digest(key, first + info + b"\x02", "sha256")


def derive(slot, secret):
    slot_id = unbase64(slot["id"])
    if slot["type"] == "password" and "password" in secret:
        kdf = slot["kdf"]
        password = unicodedata.normalize("NFC", secret["password"]).encode()
        return crypto_pwhash_alg(64, password, unbase64(kdf["salt"]), kdf["passes"], kdf["memoryBytes"], crypto_pwhash_ALG_ARGON2ID13)
    if slot["type"] == "recovery" and "recoveryCode" in secret:
        code = secret["recoveryCode"].replace("-", "").encode()
        return hkdf(code, slot_id, b"coffer/keyring/recovery/1")
    if slot["type"] == "passkey" and "prf" in secret:
        return hkdf(bytes.fromhex(secret["prf"]), slot_id, b"coffer/keyring/passkey/1")
    return None


def unwrap(keyring, slot, wrapping_key, sealed):
    associated = f"coffer/keyring-slot/1/{slot['type']}/".encode() + unbase64(keyring["id"]) + unbase64(slot["id"])
    plain = aead_open(sealed[24:], associated, sealed[:24], wrapping_key)
    assert plain[0] == 1
    coffer_length = plain[1]
    coffer_key = plain[2 : 2 + coffer_length]
    rest = plain[2 + coffer_length :]
    assert len(rest) == 1 + rest[0]
    return coffer_key, rest[1:]


def mac(key, value):
    return base64.urlsafe_b64encode(hashlib.blake2b(canonical(value), digest_size=32, key=key).digest()).decode().rstrip("=")


def are_macs_right(keyring, coffer_key, secure_key):
    message = f"coffer/keyring-mac/1/{len(coffer_key)}/{len(secure_key)}".encode()
    key = hashlib.blake2b(message, digest_size=32, key=coffer_key + secure_key).digest()
    for slot in keyring["slots"]:
        bare = {name: value for name, value in slot.items() if name != "mac"}
        if mac(key, {"keyring": keyring["id"], "revision": keyring["revision"], "slot": bare}) != slot["mac"]:
            return False
    return mac(key, {name: value for name, value in keyring.items() if name != "mac"}) == keyring["mac"]


command = json.load(sys.stdin)
keyring = json.loads(command["document"])
assert (keyring["format"], keyring["version"]) == ("coffer-keyring", 1)
answer = None
for slot in keyring["slots"]:
    derived = derive(slot, command["secret"])
    if derived is None or not hmac.compare_digest(derived[32:], unbase64(slot["commitment"])):
        continue
    keys = unwrap(keyring, slot, derived[:32], unbase64(slot["wrapped"]))
    following = unwrap(keyring, slot, derived[:32], unbase64(slot["next"])) if "next" in slot else None
    answer = {
        "slot": slot["id"],
        "keys": [key.hex() for key in keys],
        "next": following and [key.hex() for key in following],
        "macs": are_macs_right(keyring, *keys),
    }
json.dump(answer, sys.stdout)
