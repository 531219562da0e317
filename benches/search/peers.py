#!/usr/bin/env python3
"""The same texts in SQLite FTS5 (trigram) and PostgreSQL (pg_trgm): how large, how quick, beside Lingting.

`cargo bench --bench search -- --folder DIR` first; then `benches/search/peers.py DIR [--queries N] [--only sqlite|postgres]`.
Both peers answer what Lingting answers: how many calls, and the 20 riskiest of them. A row is an utterance; its number tells
the call. PostgreSQL is started on its own folder and socket and stopped at the end. Only kinds of query that a peer can
express are compared; two characters are no trigram, so there a peer reads everything.

Some queries of each kind are answered by reading the texts too: a peer that counts other calls ends the run. Lingting is held
to it for phrases; its word of two characters leaves out what is no word (`收到` in 没收到 is one, `的订` is none).
"""
import argparse
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time

KINDS = ["word of two characters", "phrase of four characters", "phrase of six characters"]
PER_CALL = 1000
# Queries of each kind that are held against the texts.
CHECKED = 5


def quantiles(times):
    times = sorted(times)
    return statistics.median(times), times[min(int(len(times) * 0.95), len(times) - 1)]


def rows(folder):
    """(row number, text) in the order of the file; a call's utterances stand together."""
    numbers = {}
    with open(folder / "texts.tsv", encoding="utf-8") as lines:
        for line in lines:
            text, call, _ = line.rstrip("\n").split("\t")
            call = int(call)
            number = numbers.get(call, 0)
            numbers[call] = number + 1
            yield call * PER_CALL + number, text


def queries(folder, count):
    out = {}
    with open(folder / "queries.tsv", encoding="utf-8") as lines:
        for line in lines:
            kind, query, found = line.rstrip("\n").split("\t")
            if kind in KINDS and len(out.setdefault(kind, {})) < count:
                out[kind][query.strip('"')] = int(found)
    return out


def truth(folder, asked):
    """How many calls some of the queries have, by reading every text."""
    calls = {text: set() for found in asked.values() for text in list(found)[:CHECKED]}
    for row, said in rows(folder):
        for text, those in calls.items():
            if text in said:
                those.add(row // PER_CALL)
    return {text: len(those) for text, those in calls.items()}


def held(name, text, found, true):
    if true.get(text, found) != found:
        sys.exit(f"{name} finds {found} calls with {text}, and {true[text]} have it: its times are worth nothing")


def risk(call):
    return call * 2654435761 % 1001


def sqlite(folder, asked, count, true):
    path = folder / "peer.sqlite"
    if not path.exists():
        started = time.perf_counter()
        db = sqlite3.connect(path)
        db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-500000;"
            "CREATE VIRTUAL TABLE said USING fts5(text, tokenize='trigram');"
            "CREATE TABLE calls(id INTEGER PRIMARY KEY, risk INTEGER);"
        )
        calls = set()

        def each():
            for row, text in rows(folder):
                calls.add(row // PER_CALL)
                yield row, text

        db.executemany("INSERT INTO said(rowid, text) VALUES (?, ?)", each())
        db.executemany("INSERT INTO calls VALUES (?, ?)", ((call, risk(call)) for call in calls))
        db.commit()
        db.close()
        print(f"SQLite: made in {time.perf_counter() - started:.0f} s", flush=True)
    db = sqlite3.connect(path)
    db.execute("PRAGMA cache_size=-500000")
    page = (
        f"SELECT c.id, count(*) OVER () FROM (SELECT DISTINCT rowid / {PER_CALL} AS call FROM said WHERE {{}}) m "
        "JOIN calls c ON c.id = m.call ORDER BY c.risk DESC LIMIT 20"
    )
    out = {}
    for kind, texts in asked.items():
        times = []
        # What reads everything is asked less often.
        for text in list(texts) if "two" not in kind else list(texts)[: max(3, count // 10)]:
            # Under three characters LIKE asks the index for no trigram at all, and finds nothing.
            where, value = ("said MATCH ?", f'"{text}"') if len(text) > 2 else ("instr(text, ?) > 0", text)
            started = time.perf_counter()
            page_of = db.execute(page.format(where), (value,)).fetchall()
            times.append((time.perf_counter() - started) * 1e3)
            held("SQLite", text, page_of[0][1] if page_of else 0, true)
        out[kind] = quantiles(times)
    return path.stat().st_size, out


class Postgres:
    def __init__(self, folder):
        self.bin = next(iter(sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))))
        self.home = pathlib.Path(f"/tmp/lingting-peer-{os.getpid()}")
        self.home.mkdir(mode=0o755)
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.as_user:
            shutil.chown(self.home, "postgres")
        self.run("initdb", "-D", f"{self.home}/data", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust")
        options = f"-k {self.home} -p 54399 -c listen_addresses= -c fsync=off -c shared_buffers=1GB -c maintenance_work_mem=1GB -c max_wal_size=8GB"
        self.run("pg_ctl", "-D", f"{self.home}/data", "-o", options, "-w", "-l", f"{self.home}/log", "start")

    def run(self, tool, *arguments, text=None):
        command = [*self.as_user, str(self.bin / tool), *arguments]
        done = subprocess.run(command, input=text, capture_output=True, text=True, cwd="/tmp")
        if done.returncode:
            sys.exit(f"{tool}: {done.stderr}")
        return done.stdout

    def sql(self, text):
        return self.run("psql", "-h", str(self.home), "-p", "54399", "-d", "postgres", "-AtqX", "-v", "ON_ERROR_STOP=1", text=text)

    def stop(self):
        self.run("pg_ctl", "-D", f"{self.home}/data", "-m", "fast", "-w", "stop")
        shutil.rmtree(self.home)


def postgres(folder, asked, count, true):
    server = Postgres(folder)
    try:
        started = time.perf_counter()
        file = server.home / "rows.tsv"
        calls = set()
        with open(file, "w", encoding="utf-8") as out:
            for row, text in rows(folder):
                calls.add(row // PER_CALL)
                out.write(f"{row}\t{row // PER_CALL}\t" + text.replace("\\", "\\\\") + "\n")
        with open(server.home / "calls.tsv", "w", encoding="utf-8") as out:
            out.writelines(f"{call}\t{risk(call)}\n" for call in sorted(calls))
        server.sql(
            "CREATE EXTENSION pg_trgm; CREATE TABLE said(id bigint, call int, text text); CREATE TABLE calls(id int PRIMARY KEY, risk int);"
            f"COPY said FROM '{file}'; COPY calls FROM '{server.home}/calls.tsv';"
            "CREATE INDEX ON said USING gin(text gin_trgm_ops); ANALYZE;"
        )
        print(f"PostgreSQL: made in {time.perf_counter() - started:.0f} s", flush=True)
        size = int(server.sql("SELECT pg_total_relation_size('said')"))
        out = {}
        for kind, texts in asked.items():
            texts = list(texts) if "two" not in kind else list(texts)[: max(3, count // 10)]
            page = (
                "SELECT c.id, count(*) OVER () FROM (SELECT DISTINCT call FROM said WHERE text LIKE '%{}%') m "
                "JOIN calls c ON c.id = m.call ORDER BY c.risk DESC LIMIT 20;\n"
            )
            said = server.sql("\\timing on\n" + "".join(page.format(text) for text in texts))
            times, found = [], 0
            for line in said.splitlines():
                if line.startswith("Time: "):
                    held("PostgreSQL", texts[len(times)], found, true)
                    times.append(float(line.split()[1]))
                    found = 0
                else:
                    found = int(line.split("|")[1])
            out[kind] = quantiles(times)
        return size, out
    finally:
        server.stop()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--queries", type=int, default=100)
    arguments.add_argument("--only", choices=["sqlite", "postgres"])
    given = arguments.parse_args()
    folder = given.folder
    asked = queries(folder, given.queries)
    text = sum(len(text.encode()) for _, text in rows(folder))
    ours_size = sum(file.stat().st_size for file in (folder / "index").iterdir())
    ours = {}
    with open(folder / "times.tsv", encoding="utf-8") as lines:
        for line in lines:
            kind, half, most = line.rstrip("\n").split("\t")
            ours[kind] = (float(half), float(most))
    true = truth(folder, asked)
    for kind, found in asked.items():
        for phrase, calls in found.items() if "phrase" in kind else []:
            held("Lingting", phrase, calls, true)
    table = [("Lingting", ours_size, ours)]
    if given.only != "postgres":
        table.append(("SQLite FTS5 trigram", *sqlite(folder, asked, given.queries, true)))
    if given.only != "sqlite":
        table.append(("PostgreSQL pg_trgm", *postgres(folder, asked, given.queries, true)))
    print(f"\n| | size / text | " + " | ".join(f"{kind}: p50, p95 ms (ratio)" for kind in KINDS) + " |")
    print("|---|---|" + "---|" * len(KINDS))
    for name, size, times in table:
        cells = [f"{times[k][0]:.2f}, {times[k][1]:.2f} ({times[k][0] / ours[k][0]:.1f}×)" for k in KINDS]
        print(f"| {name} | {size / text:.2f} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
