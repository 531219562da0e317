"""Error rate leg by leg: characters for Chinese, words for English, the better of spoken and written numbers.

Reference and both hypotheses go through the same steps: traditional to simplified (OpenCC), NFKC, lower case,
letters and digits only.
"""
import json
import re
import unicodedata

import opencc

_TO_SIMPLIFIED = opencc.OpenCC("t2s")


def units(text, language):
    if language.startswith("zh"):
        text = unicodedata.normalize("NFKC", _TO_SIMPLIFIED.convert(text)).lower()
        return re.findall(r"[a-z]+|[0-9]|[\u3400-\u9fff]", text)
    text = unicodedata.normalize("NFKC", text).lower()
    return re.findall(r"[a-z0-9']+", text.replace("’", "'"))


def edits(reference, hypothesis):
    row = list(range(len(hypothesis) + 1))
    for i, expected in enumerate(reference, 1):
        before, row[0] = row[0], i
        for j, got in enumerate(hypothesis, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (expected != got))
    return row[-1]


def error_rates(truth_folder, texts):
    """`texts`: (call, leg) -> text. Errors over reference length, by language and kind, and over all."""
    errors, lengths = {}, {}
    for path in sorted(truth_folder.glob("*.json")):
        truth = json.loads(path.read_text())
        language, call, channels = truth["language"], truth["call_id"], truth["audio"]["channels"]
        if not any(known == call for known, _ in texts):
            continue
        for leg in range(channels):
            turns = sorted((t for t in truth["turns"] if channels == 1 or t["channel"] == leg), key=lambda t: t["start"])
            forms = [units(" ".join(t.get(form, t["text"]) for t in turns), language) for form in ("text", "text_itn")]
            heard = units(texts.get((call, leg), ""), language)
            wrong, length = min((edits(form, heard), len(form)) for form in forms)
            for group in ("all", f"{language[:2]} {'mono' if channels == 1 else 'stereo'}"):
                errors[group] = errors.get(group, 0) + wrong
                lengths[group] = lengths.get(group, 0) + length
    return {group: errors[group] / lengths[group] for group in sorted(errors) if lengths[group]}
