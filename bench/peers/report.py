"""Markdown tables from JSON lines: report.py FILE... > peers.md"""
import json
import sys

COLUMNS = ["numoon", "torch", "torch-tuned", "numpy", "numpy-tuned", "numexpr",
           "numexpr-tuned", "octave", "openblas-c"]
NOISY = 1.3  # median / min from which a figure is marked


def read(paths):
    """The lines by (peer, case, threads).  Of several rounds the one with the
    lowest median counts: what disturbs a run only ever makes it slower."""
    found = {}
    for path in paths:
        with open(path) as f:
            for line in map(json.loads, f):
                key = line["peer"], line["case"], line.get("threads")
                known = found.get(key)
                if not known or line.get("median_s") and line["median_s"] < known["median_s"]:
                    found[key] = line
    return found


def seconds(s):
    for unit, scale in (("s", 1), ("ms", 1e3), ("µs", 1e6), ("ns", 1e9)):
        if s * scale >= 1 or unit == "ns":
            return f"{s * scale:.3g} {unit}" if s * scale < 1000 else f"{s * scale:.0f} {unit}"


def cell(line, fastest):
    if line is None:
        return "-"
    text = seconds(line["median_s"])
    if line["median_s"] > NOISY * line["min_s"]:
        text += f" ~{seconds(line['min_s'])}"
    return f"**{text}**" if line["median_s"] == fastest else text


def table(header, rows):
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def cases(lines, threads):
    names = dict.fromkeys(case for peer, case, t in lines
                          if peer in COLUMNS and t == threads
                          and case not in ("_info", "startup"))
    peers = [p for p in COLUMNS if any((p, c, threads) in lines for c in names)]
    rows = []
    for name in names:
        found = [lines.get((p, name, threads)) for p in peers]
        fastest = min(f["median_s"] for f in found if f)
        rows.append([name] + [cell(f, fastest) for f in found])
    table(["case"] + peers, rows)


def limits(lines):
    names = dict.fromkeys((peer, case) for (peer, case, _), line in lines.items()
                          if "rate" in line)
    rows = []
    for peer, case in names:
        found = [lines.get((peer, case, t)) for t in (1, 2)]
        rates = [f"{f['rate']:.4g}" if f else "-" for f in found]
        some = next(f for f in found if f)
        rows.append([f"{peer}: {case}" if peer != "limit" else case, *rates,
                     some["unit"], some["note"]])
    table(["limit", "1 thread", "2 threads", "unit", "note"], rows)


def startup(lines):
    names = dict.fromkeys(p for p, c, _ in lines if c == "startup")
    rows = []
    for peer in names:
        one = lines[peer, "startup", 1]
        rows.append([peer, seconds(one["median_s"]),
                     f"{one['max_rss_kib'] / 1024:.1f} MiB"])
    table(["process", "wall time", "peak resident"], rows)


def main():
    lines = read(sys.argv[1:])
    print("# Peers on this machine\n")
    for (peer, case, _), line in lines.items():
        if case == "_info":
            print(f"- {peer}: {line['note']}")
    print("\nMedian time of a call, the best of the rounds; the fastest of a row "
          "is bold. `median ~min` marks a figure whose median is more than "
          f"{NOISY} times its minimum. The cases and the tuned peers are "
          "described in `../peers/README.md`.\n")
    for threads in (1, 2):
        print(f"## {threads} thread{'s' * (threads > 1)}\n")
        cases(lines, threads)
    print("## Start-up and memory (1 thread)\n")
    startup(lines)
    print("## Limits\n")
    limits(lines)


if __name__ == "__main__":
    main()
