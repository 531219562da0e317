"""Lingting and faster-whisper side by side: same calls, same whisper-base weights, same minutes, round by round.

Prints a Markdown table and writes results.json, results.md and each run's texts to --out.

  time        Lingting: all work on all calls after start-up (decoding, voice activity, recognition with word times,
              diarisation, measures, rubrics, reports). Peer: voice activity and recognition alone, without loading and
              without decoding. So whatever is compared unlike speaks for the peer.
  recognition Lingting: voice activity, channel sanity and recognition as its reports state them, over two workers.
  audio-s/s   seconds of calls (a call of two legs counts once) for each second of `time`
  ratio       the quickest peer setting's time over this one's: above 1 is quicker than the peer
  CPU s       user + system of the whole process, start-up included; ratio likewise to the thriftiest peer setting
  memory      peak resident set; of two processes the sum
  foreign     cores that others kept busy meanwhile: trust wall times only near 0
"""
import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import legs as audio
import machine
import table

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def settings():
    """All known settings by name, in the order in which they run."""
    found = {f"lingting beam {beam}": {"kind": "lingting", "beam": beam} for beam in (1, 2, 3, 5)}
    shapes = {"1x2": (1, 1, 2), "2x1": (2, 1, 1), "1x1w2": (1, 2, 1)}  # processes, workers, threads
    for mode in ("vad", "batched", "novad"):
        for shape, (processes, workers, threads) in shapes.items():
            found[f"fw {mode} {shape}"] = {"kind": "peer", "mode": mode, "beam": 1, "processes": processes,
                                           "workers": workers, "threads": threads}
        found[f"fw {mode} 2x1 beam 5"] = {"kind": "peer", "mode": mode, "beam": 5, "processes": 2, "workers": 1,
                                          "threads": 1}
        found[f"fw {mode} 2x1 words"] = {"kind": "peer", "mode": mode, "beam": 1, "processes": 2, "workers": 1,
                                         "threads": 1, "words": True}
    return found


USUAL = ["lingting beam 1", "lingting beam 5"] + [f"fw {mode} {shape}" for mode in ("vad", "batched", "novad")
                                                for shape in ("2x1", "1x1w2", "1x2")]


def binary():
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return os.environ.get("LINGTING_BIN", str(target / "release" / "lingting"))


def models():
    if "LINGTING_MODELS" in os.environ:
        return Path(os.environ["LINGTING_MODELS"])
    data = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share"))
    return data / "lingting" / "models"


def run_lingting(setting, calls, place):
    out = place / "reports"
    shutil.rmtree(out, ignore_errors=True)
    command = [binary(), "analyze", str(calls), "--out", str(out), "--force", "--json", "--pii", "keep",
               "--models", str(models()), "--model", "whisper-base-ct2", "--beam", str(setting["beam"])]
    cost = machine.measured(command + setting.get("more", []), place / "lingting")
    summary = json.loads((place / "lingting.out").read_text())
    cost |= {"work_s": summary["work_s"], "start_s": summary["start_s"]}
    stages, texts = {}, {}
    for call in summary["calls"]:
        report = json.loads((out / f"{call['call_id']}.json").read_text())
        for stage, seconds in report["timings"].items():
            stages[stage] = stages.get(stage, 0.0) + seconds
        for said in sorted(report["transcript"]["utterances"], key=lambda u: u["start_s"]):
            key = (call["call_id"], said["leg"])
            texts[key] = f"{texts.get(key, '')} {said['text']}".strip()
    cores = os.cpu_count() or 1
    return cost | {"stages": stages, "recognition_s": (stages["asr_s"] + stages["vad_s"]) / cores}, texts


def run_peer(setting, found, place):
    model = models() / "whisper-base-ct2"
    (place / "job.json").write_text(json.dumps({"setting": setting, "model": str(model), "legs": found}))
    cost = machine.measured([sys.executable, str(HERE / "peer.py"), str(place / "job.json"), str(place / "peer.json")],
                            place / "peer")
    said = json.loads((place / "peer.json").read_text())
    texts = {(t["call"], t["leg"]): t["text"] for t in said.pop("texts")}
    return cost | said | {"recognition_s": said["work_s"]}, texts


def main():
    parser = argparse.ArgumentParser(prog="benches/peers/run", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("calls", type=Path, help="folder of recordings with sidecars")
    parser.add_argument("truth", type=Path, nargs="?", help="folder of <call id>.json truths, for error rates")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--settings", default=",".join(USUAL), help="comma-separated names or their beginnings; "
                        "known: " + ", ".join(settings()))
    parser.add_argument("--out", type=Path, default=ROOT / "target" / "peers")
    parser.add_argument("--cache", type=Path, required=True, help=argparse.SUPPRESS)
    args = parser.parse_args()
    known = settings()
    wanted = [name for name in known if any(name == w or (w.endswith("*") and name.startswith(w[:-1]))
                                            for w in args.settings.split(","))]
    if not wanted:
        parser.error("no such setting; known: " + ", ".join(known))
    args.out.mkdir(parents=True, exist_ok=True)
    found = audio.legs(args.calls, args.cache)
    if unknown := [leg["call"] for leg in found if not leg["language"]]:
        parser.error(f"both sides are told the language; these sidecars name none: {' '.join(unknown)}")
    rounds = {name: [] for name in wanted}
    errors = {}
    for turn in range(args.rounds):
        # Each round begins elsewhere, so that nobody always runs behind the same neighbour.
        shift = turn % len(wanted)
        for name in wanted[shift:] + wanted[:shift]:
            with tempfile.TemporaryDirectory(prefix="lingting-peers-") as place:
                run = run_lingting if known[name]["kind"] == "lingting" else run_peer
                cost, texts = run(known[name], args.calls if run is run_lingting else found, Path(place))
            rounds[name].append(cost)
            print(f"round {turn + 1}: {name}: {cost['work_s']:.1f} s, CPU {cost['cpu_process_s']:.1f} s, "
                  f"foreign {cost['foreign_cores']:.2f} cores", file=sys.stderr, flush=True)
            lines = [{"call": call, "leg": leg, "text": text} for (call, leg), text in sorted(texts.items())]
            (args.out / f"{name.replace(' ', '-')}.json").write_text(json.dumps(lines, indent=1, ensure_ascii=False))
            if args.truth and name not in errors:
                import score
                errors[name] = score.error_rates(args.truth, texts)
            result = summary(known, rounds, errors, audio.seconds_of(found))
            (args.out / "results.json").write_text(json.dumps(result, indent=1, ensure_ascii=False))
            (args.out / "results.md").write_text(table.markdown(result))
    print(table.markdown(result))


def summary(known, rounds, errors, audio_s):
    """Medians over the rounds, and the ratios to the best peer."""
    lines = []
    for name, costs in rounds.items():
        if costs:
            keys = [key for key, value in costs[0].items() if isinstance(value, float)]
            lines.append({"name": name, "kind": known[name]["kind"], "errors": errors.get(name, {}),
                          "median": {key: statistics.median(cost[key] for cost in costs) for key in keys},
                          "rounds": costs})
    peers = [line for line in lines if line["kind"] == "peer" and known[line["name"]]["beam"] == 1]
    for line in lines:
        line["audio_s_per_s"] = audio_s / line["median"]["work_s"]
        for ratio, of in (("ratio", "work_s"), ("ratio_recognition", "recognition_s"), ("ratio_cpu", "cpu_process_s")):
            if peers:
                line[ratio] = min(peer["median"][of] for peer in peers) / line["median"][of]
    return {"audio_s": audio_s, "cores": os.cpu_count(), "lines": lines}


if __name__ == "__main__":
    main()
