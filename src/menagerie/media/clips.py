"""Moving pictures through FFmpeg: WebM and MP4 of clips and GIFs, previews, animated PNG."""

import io
import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
import pyvips

from menagerie.media.hashes import Pixels
from menagerie.media.probe import Probe

Boxes = dict[str, tuple[int, int]]

_MILLISECOND = Fraction(1, 1000)
_PREVIEW_FRAMES = 100
_PREVIEW_STEP_MS = 100
_CODECS: dict[str, tuple[str, dict[str, str]]] = {
    # Fast settings: the file is a preview or a fallback, and a child has one core.
    "webm": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "7", "crf": "34", "b": "0"}),
    "mp4": ("libx264", {"preset": "veryfast", "crf": "24"}),
}

# Level 6, the default, takes three times as long for 2 % fewer bytes.
_APNG = {"compression_level": "4"}


class _Output:
    """One WebM or MP4 being written into a temporary file."""

    def __init__(self, ending: str, width: int, height: int) -> None:
        # A file with a name: FFmpeg opens an MP4 a second time to put its index first.
        self._file = tempfile.NamedTemporaryFile(suffix=f".{ending}")  # noqa: SIM115 - see finish
        options = {"movflags": "+faststart"} if ending == "mp4" else {}
        self._container = av.open(self._file.name, "w", format=ending, container_options=options)
        name, settings = _CODECS[ending]
        stream = self._container.add_stream(name, rate=25, options=settings)
        self._video = cast("av.VideoStream", stream)
        # 4:2:0 halves both sides, so they have to be even.
        self._video.width, self._video.height = max(2, width & ~1), max(2, height & ~1)
        self._video.pix_fmt = "yuv420p"
        self._video.codec_context.thread_count = 1
        self._video.codec_context.time_base = _MILLISECOND
        self._audio: Any = None
        self._is_copied = ending == "webm"
        self._last_ms = -1

    def add_audio(self, track: av.AudioStream) -> None:
        """Take the sound of `track` along: as it is in WebM, as AAC in MP4."""
        if self._is_copied:
            self._audio = self._container.add_stream_from_template(track)
        else:
            self._audio = self._container.add_stream("aac", rate=48_000, layout="stereo")

    def add_picture(self, frame: av.VideoFrame, at_ms: int) -> None:
        """Scale and encode one frame; one that is not later than the last is dropped."""
        if at_ms <= self._last_ms:
            return
        self._last_ms = at_ms
        scaled = frame.reformat(
            width=self._video.width,
            height=self._video.height,
            format="yuv420p",
            interpolation="BICUBIC",
        )
        scaled.pts, scaled.time_base = at_ms, _MILLISECOND
        scaled.pict_type = av.video.frame.PictureType.NONE
        self._container.mux(self._video.encode(scaled))

    def add_sound(self, packet: "av.Packet[Any]", frames: list[Any]) -> None:
        """Copy one packet of the track given to `add_audio`, or encode what was decoded of it."""
        if not self._is_copied:
            for frame in frames:
                self._container.mux(self._audio.encode(frame))
        elif packet.size and packet.pts is not None:
            # Muxing rescales a packet in place, and several outputs share this one.
            twin = av.Packet(bytes(packet))
            twin.pts, twin.dts, twin.duration = packet.pts, packet.dts, packet.duration
            twin.time_base, twin.stream = packet.time_base, self._audio
            self._container.mux(twin)

    def finish(self) -> bytes:
        """Flush the encoders and return the file."""
        self._container.mux(self._video.encode(None))
        if self._audio is not None and not self._is_copied:
            self._container.mux(self._audio.encode(None))
        self._container.close()
        with self._file:
            return self._file.read()


def encode_frames(frames: Iterable[tuple[int, Pixels | None]], found: Probe, ending: str) -> bytes:
    """Return a silent WebM or MP4 of RGB frames, each with its start in milliseconds.

    The last item is the end with None; the last picture is repeated just before it, so that it is
    shown for its time.
    """
    output = _Output(ending, found.width, found.height)
    last = None
    for at_ms, pixels in frames:
        if pixels is None:
            if last is not None:
                output.add_picture(last, at_ms - 10)
            break
        last = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        output.add_picture(last, at_ms)
    return output.finish()


def render_clip(
    path: str, found: Probe, wanted: list[str], boxes: Boxes
) -> Iterator[tuple[str, bytes]]:
    """Yield the representations of a WebM, all from one pass over it."""
    preview = _Preview(found)
    outputs: dict[str, _Output] = {}
    for name in wanted:
        stem, _, ending = name.partition(".")
        if ending in _CODECS:
            outputs[name] = _Output(ending, *_scaled(found, boxes.get(stem)))
    with av.open(path, format="matroska") as clip:
        clip.streams.video[0].codec_context.thread_count = 1
        if clip.streams.audio:
            for output in outputs.values():
                output.add_audio(clip.streams.audio[0])
        _feed(clip, preview, list(outputs.values()))
    for name in wanted:
        if name in outputs:
            yield name, outputs[name].finish()
        elif name == "rendered.png":
            yield name, preview.still()
        else:
            yield name, preview.animation(boxes[name.partition(".")[0]])


def _feed(clip: av.container.InputContainer, preview: "_Preview", outputs: list[_Output]) -> None:
    for packet in clip.demux(clip.streams.video + clip.streams.audio):
        frames: list[Any] = packet.decode()
        if packet.stream.type == "audio":
            for output in outputs:
                output.add_sound(packet, frames)
            continue
        for frame in frames:
            at_ms = round(1000 * (frame.time or 0.0))
            preview.add(frame, at_ms)
            for output in outputs:
                output.add_picture(frame, at_ms)


def _scaled(found: Probe, box: tuple[int, int] | None) -> tuple[int, int]:
    """Return the size of a picture within a box, never enlarged."""
    scale = min(1.0, box[0] / found.width, box[1] / found.height) if box else 1.0
    return max(1, round(found.width * scale)), max(1, round(found.height * scale))


class _Preview:
    """The still in the middle of a clip, and an animation of its first ten seconds."""

    def __init__(self, found: Probe) -> None:
        self._half_ms = found.duration_s * 500
        self._size = _scaled(found, (250, 250))
        self._frames: list[Any] = []
        self._still: Any = None

    def add(self, frame: av.VideoFrame, at_ms: int) -> None:
        """Look at the next frame of the clip."""
        if self._still is None or at_ms <= self._half_ms:
            self._still = frame
        due_ms = len(self._frames) * _PREVIEW_STEP_MS
        if at_ms >= due_ms and len(self._frames) < _PREVIEW_FRAMES:
            width, height = self._size
            small = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
            self._frames.append(small.to_ndarray())

    def still(self) -> bytes:
        """Return the still as PNG."""
        picture = pyvips.Image.new_from_array(self._still.to_ndarray(format="rgb24"))
        return bytes(picture.pngsave_buffer(compression=6, filter="all"))

    def animation(self, box: tuple[int, int]) -> bytes:
        """Return the preview as GIF within `box`."""
        roll = pyvips.Image.new_from_array(np.concatenate(self._frames)).copy(interpretation="srgb")
        roll.set_type(pyvips.GValue.gint_type, "page-height", self._size[1])
        roll.set_type(pyvips.GValue.gint_type, "loop", 0)
        roll = roll.thumbnail_image(box[0], height=box[1], size="down").copy()
        delays = [_PREVIEW_STEP_MS] * len(self._frames)
        roll.set_type(pyvips.GValue.array_int_type, "delay", delays)
        return bytes(roll.gifsave_buffer(effort=3, interframe_maxerror=4.0))


def render_apng(
    path: str, found: Probe, wanted: list[str], boxes: Boxes
) -> Iterator[tuple[str, bytes]]:
    """Yield animated PNGs within the boxes of `wanted`, all from one pass."""
    # Colours alone compress several times as fast as colours with alpha.
    kind = "rgba" if found.has_alpha else "rgb24"
    outputs = {name: _ApngOutput(boxes[name.partition(".")[0]], kind) for name in wanted}
    with av.open(path, format="apng") as source:
        for frame in source.decode(video=0):
            picture = pyvips.Image.new_from_array(frame.to_ndarray(format=kind))
            picture = picture.copy(interpretation="srgb")
            for output in outputs.values():
                output.add(picture, round(1000 * (frame.time or 0.0)))
    for name, output in outputs.items():
        yield name, output.finish()


class _ApngOutput:
    """One animated PNG being written into memory."""

    def __init__(self, box: tuple[int, int], kind: str) -> None:
        self._box, self._kind = box, kind
        self._sink = io.BytesIO()
        self._container = av.open(self._sink, "w", format="apng", container_options={"plays": "0"})
        self._stream: Any = None

    def add(self, picture: Any, at_ms: int) -> None:
        """Scale and encode one frame."""
        small = picture.thumbnail_image(self._box[0], height=self._box[1], size="down").numpy()
        if self._stream is None:
            self._stream = self._container.add_stream("apng", rate=25, options=_APNG)
            self._stream.height, self._stream.width = small.shape[:2]
            self._stream.pix_fmt = self._kind
            self._stream.codec_context.time_base = _MILLISECOND
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(small), format=self._kind)
        frame.pts, frame.time_base = at_ms, _MILLISECOND
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> bytes:
        """Flush the encoder and return the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._sink.getvalue()
