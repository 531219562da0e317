"""Runs faster-whisper over legs, and times it.

In: a job file (settings, model folder, legs). Out: a result file: texts by leg, seconds, CPU seconds, memory.
Loading and decoding lie outside the timed part; voice activity, features and recognition inside. Legs are handed
out longest first to whoever is free, so that no core idles.
"""
import json
import multiprocessing
import resource
import sys
import threading
import time

BATCH = 8


def own_cpu_s():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def worker(job, queue, start, results):
    import numpy
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    setting = job["setting"]
    loading = time.monotonic()
    model = WhisperModel(job["model"], device="cpu", compute_type="int8", cpu_threads=setting["threads"],
                         num_workers=setting["workers"], local_files_only=True)
    load_s = time.monotonic() - loading
    texts, lock = [], threading.Lock()

    def serve():
        # One a thread: the pipeline keeps some state of its last file.
        engine = BatchedInferencePipeline(model) if setting["mode"] == "batched" else model
        more = {"batch_size": BATCH, "vad_filter": True} if setting["mode"] == "batched" else {
            "vad_filter": setting["mode"] == "vad"}
        while (leg := queue.get()) is not None:
            samples = numpy.load(leg["file"]).astype(numpy.float32) / 32768.0
            segments, _ = engine.transcribe(samples, language=leg["language"], beam_size=setting["beam"],
                                            word_timestamps=setting.get("words", False), **more)
            text = " ".join(segment.text.strip() for segment in segments)
            with lock:
                texts.append({"call": leg["call"], "leg": leg["leg"], "text": text})

    # The voice-activity model is loaded by its first use: not in the timed part.
    from faster_whisper.vad import get_vad_model
    get_vad_model()
    start.wait()
    began, cpu_before = time.monotonic(), own_cpu_s()
    threads = [threading.Thread(target=serve) for _ in range(setting["workers"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put({
        "texts": texts, "load_s": load_s, "began": began, "ended": time.monotonic(), "cpu_s": own_cpu_s() - cpu_before,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    })


def main():
    job = json.load(open(sys.argv[1]))
    setting = job["setting"]
    spawn = multiprocessing.get_context("spawn")
    queue, results = spawn.Queue(), spawn.Queue()
    start = spawn.Barrier(setting["processes"])
    for leg in sorted(job["legs"], key=lambda leg: -leg["seconds"]):
        queue.put(leg)
    for _ in range(setting["processes"] * setting["workers"]):
        queue.put(None)
    processes = [spawn.Process(target=worker, args=(job, queue, start, results)) for _ in range(setting["processes"])]
    for process in processes:
        process.start()
    parts = [results.get() for _ in processes]
    for process in processes:
        process.join()
    json.dump({
        "texts": [text for part in parts for text in part["texts"]],
        "work_s": max(p["ended"] for p in parts) - min(p["began"] for p in parts),
        "start_s": max(p["load_s"] for p in parts),
        "cpu_work_s": sum(p["cpu_s"] for p in parts),
        "rss_mb": sum(p["rss_mb"] for p in parts),
    }, open(sys.argv[2], "w"), ensure_ascii=False)


if __name__ == "__main__":
    main()
