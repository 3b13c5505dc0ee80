"""Runs the searches and pymoo in turns; prints the ratios of their processor times and compares the hypervolumes they
reach.

usage: compare_search.py SEARCH_SPEED SEARCH_FRONTS PEER_PYTHON ROUNDS [SEEDS]
"""
import json
import os
import statistics
import subprocess
import sys

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers", "search_pymoo.py")


def lines_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def own_times(search_speed):
    """Processor seconds, and the checksum where there is one, by benchmark."""
    report = json.loads("\n".join(lines_of(search_speed, "--benchmark_format=json", "--benchmark_min_time=0.3")))
    return {each["name"]: (each["cpu_time"] * 1e-6, each.get("checksum")) for each in report["benchmarks"]}


def compare_speed(search_speed, python, rounds):
    ratios, own_by_case, ranks_agree = {}, {}, {}
    for _ in range(rounds):
        own = own_times(search_speed)
        peers = {}
        for line in lines_of(python, PEER, "sort", "15"):
            points, objectives, compiled, _, checksum = line.split()
            name = f"BM_Sort/points:{points}/objectives:{objectives}"
            peers[name] = float(compiled)
            ranks_agree[name] = int(checksum) == int(own[name][1])
        peers["BM_Nsga2Generation"] = float(lines_of(python, PEER, "generations", "300")[0])
        for name, seconds in peers.items():
            ratios.setdefault(name, []).append(seconds / own[name][0])
            own_by_case.setdefault(name, []).append((own[name][0], seconds))
    for name, values in ratios.items():
        own, peer = (statistics.median(side) * 1e6 for side in zip(*own_by_case[name]))
        note = "" if name not in ranks_agree else "; same ranks" if ranks_agree[name] else "; OTHER RANKS"
        print(f"{name}: nasshrink {own:,.0f} us, pymoo {peer:,.0f} us, ratio {statistics.median(values):.1f} "
              f"({min(values):.1f}..{max(values):.1f} in {rounds} rounds){note}")


def compare_fronts(search_fronts, python, seeds):
    volumes = {"nasshrink": {}, "pymoo": {}}
    true_volume = {}
    sides = {"nasshrink": lines_of(search_fronts, seeds), "pymoo": lines_of(python, PEER, "fronts", seeds)}
    for side, lines in sides.items():
        for line in lines:
            name, seed, volume = line.split()
            if seed == "0":
                true_volume[name] = float(volume)
            else:
                volumes[side].setdefault(name, []).append(float(volume))
    for name, own in volumes["nasshrink"].items():
        peer = volumes["pymoo"][name]
        test = subprocess.run([python, "-c", "import json,sys; from scipy.stats import mannwhitneyu; "
                               "a, b = json.load(sys.stdin); print(mannwhitneyu(a, b, alternative='two-sided').pvalue)"],
                              input=json.dumps([own, peer]), check=True, capture_output=True, text=True)
        known = f", of the true front {true_volume[name]:,.6g}" if name in true_volume else ""
        print(f"{name}: hypervolume, median of {seeds} seeds: nasshrink {statistics.median(own):,.6g}, pymoo "
              f"{statistics.median(peer):,.6g}{known}; Mann-Whitney, two-sided: p = {float(test.stdout):.2g}")


def main():
    search_speed, search_fronts, python, rounds = sys.argv[1:5]
    compare_speed(search_speed, python, int(rounds))
    compare_fronts(search_fronts, python, sys.argv[5] if len(sys.argv) > 5 else "20")


main()
