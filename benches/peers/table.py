"""The figures as a Markdown table."""


def markdown(result):
    groups = sorted({group for line in result["lines"] for group in line["errors"]})
    head = ["setting", "time s", "recognition s", "audio-s/s", "ratio", "ratio rec.", "CPU s", "ratio CPU", "start s",
            *(f"error {group}" for group in groups), "memory MB", "foreign cores by round"]
    rows = [head, ["---"] + ["---:"] * (len(head) - 1)]
    for line in result["lines"]:
        of = line["median"]
        rows.append([
            line["name"], f"{of['work_s']:.1f}", f"{of['recognition_s']:.1f}", f"{line['audio_s_per_s']:.1f}",
            _times(line.get("ratio")), _times(line.get("ratio_recognition")), f"{of['cpu_process_s']:.1f}",
            _times(line.get("ratio_cpu")), f"{of['start_s']:.1f}",
            *(f"{line['errors'][g] * 100:.1f} %" if g in line["errors"] else "-" for g in groups),
            f"{of['rss_mb']:.0f}", " ".join(f"{cost['foreign_cores']:.2f}" for cost in line["rounds"]),
        ])
    rounds = max(len(line["rounds"]) for line in result["lines"])
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return f"{result['audio_s']:.0f} s of calls, {result['cores']} cores, medians of {rounds} round(s)\n\n{table}\n"


def _times(ratio):
    return "-" if ratio is None else f"{ratio:.2f}"
