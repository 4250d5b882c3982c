"""Makes the pickles beside this file with the real PyCoffer: what its password plugin keeps in `.plugins/passwd`.

    TZ=UTC python make-pickles.py [PROTOCOL [NAME]]

Without arguments through PyCoffer itself, at Python's default protocol, 4; with `dill` 0.4.1 installed, which PyCoffer then takes, it writes
the same bytes. With a protocol, the same store through pickle at that protocol. Times are fixed, so that the files stay the same.
"""

import datetime
import pathlib
import pickle
import sys
import tempfile

from pycoffer.coffers.null import CofferNull

HERE = pathlib.Path(__file__).parent


def fill(plugin):
    info = plugin.Info
    ctime = datetime.datetime(2024, 2, 29, 23, 59, 58, 987654)
    mtime = datetime.datetime(2025, 10, 26, 2, 30, 0, fold=1)
    times = {"ctime": ctime, "mtime": mtime}
    plugin.add(info(name="mail", username="ann@example.org", password='p"ä€😀\n', url="https://mail.example.org/", note="a note", owner="ann", **times))
    plugin.add(info(name="mail", username="bob", password="other", owner="bob", **times))
    plugin.add(info(name="bare", **times))
    plugin.add(info(name="long", password="x" * 300, note="n" * 70000, owner="ann", **times))
    plugin.add(info(name="doomed", password="gone", **times))
    plugin.delete(plugin.get((None, "doomed")))


def through_pycoffer():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/x.pcof"
        with CofferNull(path, mode="w") as coffer:
            with coffer.plugin("password") as plugin:
                fill(plugin)
        with CofferNull(path, mode="r") as coffer:
            return coffer.read(".plugins/passwd")


def through_pickle(protocol):
    from pycoffer.plugins.password import Password

    plugin = Password()
    fill(plugin)
    return pickle.dumps(plugin.store, protocol)


protocol = int(sys.argv[1]) if len(sys.argv) > 1 else None
name = sys.argv[2] if len(sys.argv) > 2 else "default" if protocol is None else f"protocol-{protocol}"
(HERE / f"{name}.pickle").write_bytes(through_pycoffer() if protocol is None else through_pickle(protocol))
