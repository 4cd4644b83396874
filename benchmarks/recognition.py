"""Looking at pictures with both models, against bare ONNX sessions on as many threads.

The bare ones are given arrays that are ready: what is measured beside inference is the conversion
of raw pixels, the turns that threads take, and the making of sights. Decoding is measured apart.
"""

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime

from benchmarks import pictures
from benchmarks.measure import Row, median_us
from menagerie.data import demo
from menagerie.media import sight
from menagerie.vision import efficientnet, models

LEAST_SHARE = 0.8
IMAGES = 64
TURNS = 5
SIZE = (2000, 1500)
_DEMO = Path(demo.__file__).parent / "pictures"


def rows(folder: Path) -> list[Row]:
    """Measure both, in turns, and what a decoded view costs."""
    found = [sight.views(str(path)) for path in sorted(_DEMO.glob("*.jpg"))]
    views = [found[number % len(found)] for number in range(IMAGES)]
    threads = os.cpu_count() or 1
    ready = models.Models(folder / "models", threads)
    try:
        ours = _ours(ready, views)
        bare = _bare(folder / "models" / efficientnet.name(), views, threads)
        ours(), bare()
        shares = []
        for _ in range(TURNS):
            theirs_s, ours_s = _seconds(bare), _seconds(ours)
            shares.append((theirs_s / ours_s, IMAGES / ours_s, IMAGES / theirs_s))
        share, rate, bare_rate = sorted(shares)[TURNS // 2]
        at_once = _at_once(ready, views)
    finally:
        ready.close()
    return [
        Row("classify and judge, batches of 8, all cores", f"{rate:.1f} images/s",
            f"{share:.0%} of {bare_rate:.1f} images/s", f">= {LEAST_SHARE:.0%}",
            share >= LEAST_SHARE),
        Row("the same, one picture at a time, from 8 threads", f"{at_once:.1f} images/s"),
        Row(f"views of a {SIZE[0]} × {SIZE[1]} JPEG, one core", f"{_decode_ms(folder):.1f} ms"),
    ]  # fmt: skip


def _ours(ready: models.Models, views: list[sight.Views]) -> Callable[[], object]:
    def look() -> object:
        return (
            ready.classify([view.subject for view in views]),
            ready.unsafe([view.whole[0] for view in views]),
        )

    return look


def _bare(graph: Path, views: list[sight.Views], threads: int) -> Callable[[], object]:
    """Return a function that runs both models over arrays that are ready."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    classifier, safety = (
        onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        for model in (models.kept(graph, efficientnet.build), models.safety_model())
    )
    subjects = _array([view.subject for view in views])
    whole = _array([view.whole[0] for view in views]).astype(np.float32)
    starts = range(0, len(views), models.BATCH)

    def run() -> object:
        return [
            (
                classifier.run(None, {efficientnet.INPUT: subjects[at : at + models.BATCH]}),
                safety.run(None, {models.SAFETY_INPUT: whole[at : at + models.BATCH]}),
            )
            for at in starts
        ]

    return run


def _array(views: list[bytes]) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.frombuffer(b"".join(views), np.uint8).reshape(-1, sight.SIDE_PX, sight.SIDE_PX, 3)


def _seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _at_once(ready: models.Models, views: list[sight.Views]) -> float:
    """Return the rate when every request thread of a server asks for its own picture."""

    def look(view: sight.Views) -> object:
        return ready.classify([view.subject]), ready.unsafe(view.whole)

    def all_() -> object:
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(look, views))

    return IMAGES / statistics.median(_seconds(all_) for _ in range(3))


def _decode_ms(folder: Path) -> float:
    path = folder / "view.jpg"
    path.write_bytes(next(iter(pictures.encoded(1, SIZE))))
    try:
        return median_us(lambda: sight.views(str(path))) / 1000
    finally:
        path.unlink()
