"""Run the peers case by case, so that the peers of a case run close together,
each in a process of its own.  Writes JSON lines.

    run.py [--threads 1,2] [--peers torch,numpy] [--rounds 1] [--out FILE]
           [filters...]

Other work on the machine spoils a figure: a run waits until the machine is
quiet, and is repeated (at most twice) when other processes used more than 5 %
of a core meanwhile.  "foreign_cpu" in each line is that share.
"""
import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

from harness import selected

HERE = Path(__file__).resolve().parent
PYTHON = os.environ.get("BENCH_PYTHON", "/usr/bin/python3")  # Debian's
# glibc gives large blocks back to the system on each free, so every large
# result pays for fresh pages.  The "-tuned" peers keep their memory.  For
# PyTorch that is tcmalloc, as glibc splits its aligned blocks; NumPy takes
# arrays that touch, as tcmalloc's do, for overlapping, and slows down.
# torch-tuned also uses AVX-512 kernels, and its idle OpenMP threads soon sleep
# instead of spinning on a core that an OpenBLAS thread needs.
TCMALLOC = {"LD_PRELOAD": "libtcmalloc_minimal.so.4",
            "TCMALLOC_RELEASE_RATE": "0"}
GLIBC_KEEP = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=4294967295:"
                                "glibc.malloc.trim_threshold=17179869184:"
                                "glibc.malloc.hugetlb=1"}
TORCH = [PYTHON, "torch_peer.py"]
NUMPY = [PYTHON, "numpy_peer.py"]
NUMEXPR = [PYTHON, "numexpr_peer.py"]
PEERS = {
    "numoon": (["../../numoon", "run", "../cases.lua"], {}),
    "torch": (TORCH, {}),
    "torch-tuned": (TORCH, {"ATEN_CPU_CAPABILITY": "avx512",
                            "GOMP_SPINCOUNT": "1000", **TCMALLOC}),
    "numpy": (NUMPY, {}),
    "numpy-tuned": (NUMPY, GLIBC_KEEP),
    "numexpr": (NUMEXPR, {}),
    "numexpr-tuned": (NUMEXPR, GLIBC_KEEP),
    "octave": (["octave-cli", "-qfH", "octave_peer.m"], {}),
}
QUIET, RETRIES = 0.05, 2


def environment(peer, threads):
    env = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    return {**env, "BENCH_PEER": peer, "BENCH_THREADS": str(threads),
            "OPENBLAS_NUM_THREADS": str(threads),
            "OMP_NUM_THREADS": str(threads), **PEERS[peer][1]}


def call(peer, threads, args):
    done = subprocess.run([*PEERS[peer][0], *args], cwd=HERE, text=True,
                          env=environment(peer, threads), capture_output=True)
    if done.returncode:
        sys.exit(f"{peer} {args}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout.splitlines()


def busy_seconds():
    """CPU seconds spent on this machine: (by anyone, by us and our children)."""
    with open("/proc/stat") as f:
        user, nice, system, _, _, irq, softirq = map(int, f.readline().split()[1:8])
    own = [resource.getrusage(who) for who in
           (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return ((user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK"),
            sum(u.ru_utime + u.ru_stime for u in own))


def with_foreign(action):
    """Run the action; also return the share of a core that others used."""
    start, (all0, own0) = time.monotonic(), busy_seconds()
    result = action()
    wall, (all1, own1) = time.monotonic() - start, busy_seconds()
    return result, max(0.0, (all1 - all0) - (own1 - own0)) / wall


def wait_until_quiet(limit=300):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if with_foreign(lambda: time.sleep(0.3))[1] < 0.1:
            return
        time.sleep(2)


def measure(peer, threads, name):
    best, least = [], float("inf")
    for _ in range(1 + RETRIES):
        wait_until_quiet()
        lines, foreign = with_foreign(lambda: call(peer, threads, ["=" + name]))
        if foreign < least:
            best, least = lines, foreign
        if foreign < QUIET:
            break
    return [{**json.loads(line), "foreign_cpu": round(least, 3)} for line in best]


def machine():
    with open("/proc/cpuinfo") as f:
        facts = dict(line.split(":", 1) for line in f if ":" in line)
    facts = {k.strip(): v.strip() for k, v in facts.items()}
    huge = Path("/sys/kernel/mm/transparent_hugepage/enabled").read_text()
    return (f"{facts['model name']} family {facts['cpu family']} model {facts['model']}, "
            f"{os.cpu_count()} cores, Linux {platform.release().split('-')[0]}, "
            f"huge pages {huge.split('[')[1].split(']')[0]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--rounds", type=int, default=1,
                        help="go through all cases this many times")
    parser.add_argument("--out", help="append to this file instead of printing")
    parser.add_argument("filters", nargs="*", help="substring, or =name")
    options = parser.parse_args()
    peers = options.peers.split(",")
    out = open(options.out, "a") if options.out else sys.stdout

    def write(line):
        print(json.dumps(line), file=out, flush=True)

    write({"peer": "machine", "case": "_info", "note": machine()})
    cases, has = {}, {}
    for peer in peers:
        for line in call(peer, 1, ["--info"]):
            write(json.loads(line))
        has[peer] = call(peer, 1, ["--list"])
        cases.update(dict.fromkeys(has[peer]))
    for _ in range(options.rounds):
        for name in cases:
            if not selected(name, options.filters):
                continue
            for threads in map(int, options.threads.split(",")):
                for peer in peers:
                    if name in has[peer]:
                        for line in measure(peer, threads, name):
                            write(line)


if __name__ == "__main__":
    main()
