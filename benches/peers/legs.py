"""The audio as both sides get it: every leg of every call as 16 kHz mono, decoded once and kept.

In: a folder of recordings with `<stem>.call.json` sidecars. Out: a list of legs with language and length.
The peer's decoding is done here, outside its timed part; Lingting decodes inside its own.
"""
import hashlib
import json
from pathlib import Path

RATE_HZ = 16_000


def _sidecar(audio):
    return audio.with_name(audio.stem + ".call.json")


def legs(calls, cache):
    """One entry a leg: call, leg, language, seconds, file (int16 samples, .npy)."""
    import numpy

    found = []
    # A recording is what has a sidecar: both sides are told the language by it.
    for audio in sorted(p for p in calls.iterdir() if p.suffix != ".json" and _sidecar(p).exists()):
        known = json.loads(_sidecar(audio).read_text())
        stamp = audio.stat()
        key = hashlib.sha256(f"{audio.resolve()} {stamp.st_size} {stamp.st_mtime_ns}".encode()).hexdigest()[:16]
        done = cache / "legs" / f"{key}.json"
        if not done.exists():
            _decode(audio, done, numpy)
        for leg, file in enumerate(json.loads(done.read_text())):
            samples = numpy.load(file, mmap_mode="r")
            found.append({
                "call": known.get("call_id", audio.stem), "leg": leg, "language": known.get("language"),
                "seconds": len(samples) / RATE_HZ, "file": file,
            })
    return found


def _decode(audio, done, numpy):
    """By PyAV, as the peer decodes: s16, 16 kHz, each channel apart."""
    import av

    done.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(audio)) as container:
        stream = container.streams.audio[0]
        channels = stream.codec_context.channels
        resampler = av.AudioResampler(format="s16p", layout="mono" if channels == 1 else stream.layout, rate=RATE_HZ)
        blocks = [f.to_ndarray() for frame in container.decode(stream) for f in resampler.resample(frame)]
        blocks += [f.to_ndarray() for f in resampler.resample(None)]
    files = []
    for leg, samples in enumerate(numpy.concatenate(blocks, axis=1)):
        files.append(str(done.with_name(f"{done.stem}-{leg}.npy")))
        numpy.save(files[-1], samples)
    done.write_text(json.dumps(files))


def seconds_of(found):
    """Audio of the calls, each counted once however many legs it has."""
    longest = {}
    for leg in found:
        longest[leg["call"]] = max(longest.get(leg["call"], 0.0), leg["seconds"])
    return sum(longest.values())
