"""The same stages as subjects/stages.mjs with native libraries: libzstd of pyzstd, libsodium of PyNaCl, OpenSSL of cryptography,
PyCryptodome. The task and the result are the same. Pieces are large enough that Python itself does not count.
"""

import json
import os
import sys
import time

from base64 import urlsafe_b64encode
from Crypto.Cipher import AES
from cryptography.fernet import Fernet
from nacl.secret import SecretBox
import pyzstd

BLOCK = 524_288
CHUNK = 65_536
task = json.load(sys.stdin)
rates = {}


def cut(path, size):
    with open(path, "rb") as file:
        data = file.read()
    return [data[at : at + size] for at in range(0, len(data) - size + 1, size)]


def measure(name, pieces, work):
    for index, piece in enumerate(pieces):
        work(piece, index)
    done = 0
    start = time.perf_counter()
    while True:
        for index, piece in enumerate(pieces):
            work(piece, index)
            done += len(piece)
        if time.perf_counter() - start >= task["seconds"]:
            break
    rates[name] = done / (time.perf_counter() - start)


text, image, chunks = cut(task["text"], BLOCK), cut(task["image"], BLOCK), cut(task["image"], CHUNK)
for level in (1, 3, 12):
    measure(f"zstd, level {level}, text", text, lambda piece, _: pyzstd.compress(piece, level))
measure("zstd, level 3, picture", image, lambda piece, _: pyzstd.compress(piece, 3))
frames = [pyzstd.compress(piece, 3) for piece in text]
measure("zstd, decompress, text", text, lambda _, index: pyzstd.decompress(frames[index]))

box = SecretBox(os.urandom(32))
sealed = [box.encrypt(piece) for piece in chunks]
measure("secretbox, seal", chunks, lambda piece, _: box.encrypt(piece))
measure("secretbox, open", chunks, lambda _, index: box.decrypt(sealed[index]))

fernet = Fernet(urlsafe_b64encode(os.urandom(32)))
tokens = [fernet.encrypt(piece) for piece in chunks]
measure("fernet, seal", chunks, lambda piece, _: fernet.encrypt(piece))
measure("fernet, open", chunks, lambda _, index: fernet.decrypt(tokens[index]))

key = os.urandom(16)


def ocb_seal(piece, _=0):
    cipher = AES.new(key, AES.MODE_OCB)
    return cipher.nonce, cipher.encrypt_and_digest(piece)


bodies = [ocb_seal(piece) for piece in chunks]


def ocb_open(_, index):
    nonce, (body, tag) = bodies[index]
    return AES.new(key, AES.MODE_OCB, nonce=nonce).decrypt_and_verify(body, tag)


measure("aes-ocb, seal", chunks, ocb_seal)
measure("aes-ocb, open", chunks, ocb_open)

path = os.path.join(task["work"], "stage-native")
out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
measure("write", image, lambda piece, index: os.pwrite(out, piece, index * BLOCK))
os.close(out)
source = os.open(path, os.O_RDONLY)
measure("read", image, lambda piece, index: os.pread(source, len(piece), index * BLOCK))
os.close(source)
out = os.open(path, os.O_WRONLY | os.O_TRUNC)


def write_and_sync(piece, _):
    os.pwrite(out, piece, 0)
    os.fsync(out)


measure("write and fsync", [b"".join(image)], write_and_sync)
os.close(out)
os.remove(path)
print(json.dumps(rates))
