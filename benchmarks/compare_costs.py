"""Runs benchmarks/bulk_costs and the peers' counters in turns; prints the time a child and the ratio.

usage: compare_costs.py BULK_COSTS PEER_PYTHON ROUNDS
"""
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CASE = "BM_ManyChildren/mobilenet_proxyless_mobile/real_time"
MOBILENET_V2 = 300774272  # multiply-adds of convolutions and the classifier


def seconds_a_child(bulk_costs):
    command = [bulk_costs, f"--benchmark_filter={CASE}", "--benchmark_format=json", "--benchmark_min_time=0.3"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return report["benchmarks"][0]["s_a_child"]


def peers(python):
    stand_ins = os.path.join(os.path.dirname(os.path.dirname(python)), "stand-ins")
    command = [python, os.path.join(HERE, "peers", "count_costs.py"), "5"]
    done = subprocess.run(command, check=True, capture_output=True, text=True,
                          env={**os.environ, "LD_LIBRARY_PATH": stand_ins})
    for line in done.stdout.splitlines():
        name, macs, *seconds = line.split()
        yield name, int(macs), statistics.median(map(float, seconds))


def main():
    bulk_costs, python, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    own, times, counted = [], {}, {}
    for _ in range(rounds):
        own.append(seconds_a_child(bulk_costs))
        for name, macs, seconds in peers(python):
            times.setdefault(name, []).append(seconds)
            counted[name] = macs
    print(f"multiply-adds of a MobileNet-like child, one thread: nasshrink {statistics.median(own) * 1e9:.1f} ns")
    for name, seconds in times.items():
        ratios = [peer / mine for peer, mine in zip(seconds, own)]
        says = "agrees" if counted[name] == MOBILENET_V2 else "differs"
        print(
            f"  {name}: {statistics.median(seconds) * 1e3:.1f} ms, ratio {statistics.median(ratios):,.0f} "
            f"({min(ratios):,.0f}..{max(ratios):,.0f} in {rounds} rounds); MobileNetV2 1.0 {counted[name]:,}, "
            f"which {says} with {MOBILENET_V2:,}"
        )


main()
