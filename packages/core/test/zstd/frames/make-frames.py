"""Frames of the reference encoder: pip install pyzstd==0.20.0 && python make-frames.py (writes beside itself)."""
import hashlib, json, os, pyzstd
from pyzstd import CParameter as P

here = os.path.dirname(os.path.abspath(__file__))


def words(count, seed):
    out, x = [], seed
    for _ in range(count):
        x = (x * 1103515245 + 12345) % 2**31
        out.append(b"%x" % ((x >> 16) % 400))
    return b" ".join(out)


def stream(content, options, zstd_dict=None):
    """In pieces, so that the length is not known and not in the header."""
    c = pyzstd.ZstdCompressor(options, zstd_dict)
    out = b"".join(c.compress(content[i:i + 50_000]) for i in range(0, len(content), 50_000))
    return out + c.flush()


text = words(40_000, 1)
files = {}
for level in (1, 3, 12, 19):
    files[f"level-{level}"] = (text, stream(text, {P.compressionLevel: level, P.checksumFlag: 1}))
files["sized"] = (text, pyzstd.compress(text, 3))
flushing = pyzstd.ZstdCompressor({P.compressionLevel: 3})
parts = [flushing.compress(text[i:i + 1000], flushing.FLUSH_BLOCK) for i in range(0, 50_000, 1000)]
files["flushed"] = (text[:50_000], b"".join(parts) + flushing.flush())
skippable = b"\x5c\x2a\x4d\x18\x05\x00\x00\x00hello"
empty = pyzstd.compress(b"")
files["many"] = (
    text[:90_000] + text[:70_000],
    skippable + pyzstd.compress(text[:90_000], 3) + empty + b"\x50\x2a\x4d\x18\x00\x00\x00\x00" + stream(text[:70_000], 1) + skippable,
)
wide = text * 70
files["window-8m"] = (wide, stream(wide, {P.compressionLevel: 3, P.windowLog: 23, P.enableLongDistanceMatching: 1, P.checksumFlag: 1}))
files["window-16m"] = (text[:5000], stream(text[:5000], {P.compressionLevel: 3, P.windowLog: 24}))
trained = pyzstd.train_dict([b'{"name": "%s", "kind": "x%d"}' % (words(4, i), i % 7) for i in range(2000)], 4096)
files["dictionary"] = (text[:30_000], pyzstd.compress(text[:30_000], 3, trained))

manifest = {}
for name, (content, frames) in files.items():
    with open(os.path.join(here, name + ".zst"), "wb") as f:
        f.write(frames)
    manifest[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
with open(os.path.join(here, "dictionary.bin"), "wb") as f:
    f.write(trained.dict_content)
with open(os.path.join(here, "manifest.json"), "w") as f:
    json.dump(manifest, f, indent=1)
    f.write("\n")
