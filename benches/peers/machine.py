"""Runs one command and says what it cost: wall and CPU seconds, memory, and how busy others kept the machine."""
import os
import subprocess
import time

TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")


def _busy_s():
    """CPU seconds of the whole machine since boot: (at work, taken by the host)."""
    fields = [int(n) for n in open("/proc/stat").readline().split()[1:]]
    user, nice, system, _, _, irq, softirq, steal = fields[:8]
    return (user + nice + system + irq + softirq) * TICK_S, steal * TICK_S


def measured(command, log):
    """Runs it; output goes to the files `log`.out and `log`.err. Raises when it fails."""
    with open(f"{log}.out", "wb") as out, open(f"{log}.err", "wb") as err:
        busy, steal = _busy_s()
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    busy_after, steal_after = _busy_s()
    if process.returncode != 0:
        tail = open(f"{log}.err", errors="replace").read()[-2000:]
        raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{tail}")
    # Of the process and of all its children that it waited for.
    cpu_s = usage.ru_utime + usage.ru_stime
    return {
        "process_s": wall_s,
        "cpu_process_s": cpu_s,
        "rss_mb": usage.ru_maxrss / 1024,
        "foreign_cores": max(0.0, (busy_after - busy - cpu_s) / wall_s),
        "stolen_cores": (steal_after - steal) / wall_s,
    }
