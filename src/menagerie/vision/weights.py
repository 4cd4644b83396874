"""Weights out of a file of torch's oldest format, with numpy alone.

Source: what `torch.save` wrote before version 1.6: three small pickles (a magic number, a protocol
version, facts of the machine), the pickle of the tensors, whose storages are named only, the pickle
of the list of storage names, and then, for each of them, a count and its raw little-endian numbers.
"""

import math
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
_MOST_NUMBERS = 1 << 28

Tensor = NDArray[Any]


class BadWeightsError(Exception):
    """The file is no file of weights, or asks for something that weights have no need of."""


class _Reference(msgspec.Struct, frozen=True):
    """Where a tensor lies: `shape` and `strides` in numbers within the storage `key`."""

    dtype: np.dtype[Any]
    key: str
    count: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def within(self, storage: Tensor) -> Tensor:
        """Return the tensor as a contiguous array of its own."""
        last = self.offset + sum(
            (size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True)
        )
        if min(*self.shape, *self.strides, self.offset, 0) < 0 or last >= len(storage):
            raise BadWeightsError(f"a tensor reaches outside its storage {self.key}")
        strides = tuple(stride * storage.itemsize for stride in self.strides)
        view = np.lib.stride_tricks.as_strided(storage[self.offset :], self.shape, strides)
        return np.ascontiguousarray(view).reshape(self.shape)


def _rebuild(
    storage: tuple[np.dtype[Any], str, int],
    offset: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *_gradient: object,
) -> _Reference:
    return _Reference(*storage, offset, shape, strides)


class _Unpickler(pickle.Unpickler):
    """Knows the four names that a file of weights needs, and refuses all others."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise BadWeightsError(f"the file asks for {module}.{name}, which weights do not need")

    def persistent_load(self, pid: Any) -> tuple[np.dtype[Any], str, int]:
        kind, dtype, key, _device, count, view = pid
        if kind != "storage" or view is not None or not isinstance(dtype, np.dtype):
            raise BadWeightsError(f"a storage is described as {pid!r}")
        return dtype, str(key), int(count)


def read(path: Path) -> dict[str, Tensor]:
    """Return the tensors of the file at `path` by name, each contiguous, in the file's order.

    Nothing in the file is run: it may name tensors, dictionaries and plain values only.

    Raises `BadWeightsError` if it holds or needs anything else, or is cut.
    """
    with path.open("rb") as file:
        try:
            return _read(file)
        except (pickle.UnpicklingError, EOFError, ValueError, TypeError, IndexError) as error:
            raise BadWeightsError(f"{path.name} cannot be read: {error}") from error


def _read(file: IO[bytes]) -> dict[str, Tensor]:
    if _Unpickler(file).load() != _MAGIC or _Unpickler(file).load() != _PROTOCOL:
        raise BadWeightsError("this is not torch's format of before 1.6")
    if not _Unpickler(file).load()["little_endian"]:
        raise BadWeightsError("the numbers are big-endian")
    found = _Unpickler(file).load()
    if not isinstance(found, Mapping):
        raise BadWeightsError("the file holds no named tensors")
    references = {name: ref for name, ref in found.items() if isinstance(ref, _Reference)}
    dtypes = {ref.key: ref.dtype for ref in references.values()}
    storages = {
        key: _storage(file, dtypes[key]) for key in _Unpickler(file).load() if key in dtypes
    }
    if missing := dtypes.keys() - storages.keys():
        raise BadWeightsError(f"storages are missing: {sorted(missing)[:3]}")
    return {name: ref.within(storages[ref.key]) for name, ref in references.items()}


def _storage(file: IO[bytes], dtype: np.dtype[Any]) -> Tensor:
    count = int.from_bytes(file.read(8), "little")
    data = file.read(min(count, _MOST_NUMBERS) * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        raise BadWeightsError("the file is cut")
    return np.frombuffer(data, dtype)


def count(tensors: Mapping[str, Tensor]) -> int:
    """Return how many numbers there are in all.

    >>> count({"a": np.zeros((2, 3)), "b": np.zeros(())})
    7
    """
    return sum(math.prod(tensor.shape) for tensor in tensors.values())
