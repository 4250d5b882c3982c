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
FILE_BLOCKS = 256
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

blocks = [image[index % len(image)] for index in range(FILE_BLOCKS)]
path = os.path.join(task["work"], "stage-native")
file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)


def write_block(piece, index):
    if index == 0:
        os.ftruncate(file, 0)
    os.pwrite(file, piece, index * BLOCK)


def write_and_sync(piece, index):
    write_block(piece, index)
    if index == FILE_BLOCKS - 1:
        os.fsync(file)


buffer = bytearray(BLOCK)
measure("write", blocks, write_block)
measure("read from the page cache", blocks, lambda _, index: os.preadv(file, [buffer], index * BLOCK))
measure("write, then sync", blocks, write_and_sync)
os.close(file)
os.remove(path)
print(json.dumps(rates))
