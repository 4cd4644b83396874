import io
import os
import pickle
import struct
from collections import OrderedDict

import numpy as np
import pytest

from menagerie.vision import weights

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


class Storage:
    def __init__(self, kind, key, count):
        self.pid = ("storage", kind, key, "cpu", count, None)


class Global:
    """Pickles as a name of torch's, without torch."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Tensor:
    def __init__(self, storage, offset, shape, strides):
        self.args = (storage, offset, shape, strides, False, OrderedDict())


class Writer(pickle._Pickler):
    """Writes what torch would: names it cannot import, and storages by their ids."""

    dispatch = pickle._Pickler.dispatch.copy()

    def persistent_id(self, obj):
        return obj.pid if isinstance(obj, Storage) else None

    def save_name(self, obj):
        self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())

    def save_tensor(self, obj):
        self.save_name(Global("torch._utils", "_rebuild_tensor_v2"))
        self.save(obj.args)
        self.write(pickle.REDUCE)

    dispatch[Global] = save_name
    dispatch[Tensor] = save_tensor


def dumped(*things) -> bytes:
    sink = io.BytesIO()
    for thing in things:
        Writer(sink, 2).dump(thing)
    return sink.getvalue()


def file_of(tensors, storages) -> bytes:
    head = dumped(MAGIC, PROTOCOL, {"little_endian": True}, OrderedDict(tensors), list(storages))
    return head + b"".join(
        struct.pack("<q", len(numbers)) + numbers.tobytes() for numbers in storages.values()
    )


def floats(key="1", count=6):
    return Storage(Global("torch", "FloatStorage"), key, count)


@pytest.fixture
def put(tmp_path):
    def put(data):
        path = tmp_path / "w.pth"
        path.write_bytes(data)
        return path

    return put


NUMBERS = np.arange(6, dtype="<f4")


def test_tensors_are_read_as_they_lie_in_their_storages(put):
    storage = floats()
    data = file_of(
        {
            "rows": Tensor(storage, 0, (2, 3), (3, 1)),
            "columns": Tensor(storage, 0, (3, 2), (1, 3)),
            "tail": Tensor(storage, 4, (2,), (1,)),
            "one": Tensor(storage, 5, (), ()),
        },
        {"1": NUMBERS},
    )
    found = weights.read(put(data))
    assert list(found) == ["rows", "columns", "tail", "one"]
    assert found["rows"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["columns"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert found["tail"].tolist() == [4, 5]
    assert found["one"].tolist() == 5
    assert all(tensor.flags.c_contiguous for tensor in found.values())
    assert weights.count(found) == 15


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(0, (7,), (1,)), (5, (2,), (1,)), (0, (2, 3), (4, 1)), (-1, (2,), (1,)), (5, (2,), (-1,))],
)
def test_a_tensor_outside_its_storage_is_refused(put, offset, shape, strides):
    data = file_of({"a": Tensor(floats(), offset, shape, strides)}, {"1": NUMBERS})
    with pytest.raises(weights.BadWeightsError, match="outside"):
        weights.read(put(data))


class Evil:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "evil",
    [
        Evil(os.system, "touch hacked"),
        Evil(eval, "1"),
        Evil(getattr, OrderedDict, "fromkeys"),
        Global("builtins", "exec"),
        Global("torch", "load"),
        Global("collections", "Counter"),
    ],
)
def test_nothing_in_the_file_is_run(put, tmp_path, monkeypatch, evil):
    monkeypatch.chdir(tmp_path)
    for things in ([evil], [MAGIC, PROTOCOL, {"little_endian": True}, {"a": evil}, []]):
        with pytest.raises(weights.BadWeightsError, match="do not need"):
            weights.read(put(dumped(*things)))
    assert not (tmp_path / "hacked").exists()


def test_what_is_no_file_of_weights_is_refused(put):
    good = file_of({"a": Tensor(floats(), 0, (6,), (1,))}, {"1": NUMBERS})
    assert len(weights.read(put(good))["a"]) == 6
    bad = [
        b"",
        b"PK\3\4 a newer file",
        good[:20],
        good[:-1],
        dumped(MAGIC, 1002, {"little_endian": True}, {}, []),
        dumped(MAGIC, PROTOCOL, {"little_endian": False}, {}, []),
        dumped(MAGIC, PROTOCOL, {"little_endian": True}, ["a"], []),
        file_of({"a": Tensor(floats("2"), 0, (6,), (1,))}, {"1": NUMBERS}),
    ]
    for data in bad:
        with pytest.raises(weights.BadWeightsError):
            weights.read(put(data))
