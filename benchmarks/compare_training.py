"""Runs benchmarks/train_speed and its opponent in turns on the same genotypes; prints images a second, the ratio, and the
most memory that each process has held.

usage: compare_training.py TRAIN_SPEED PEER_PYTHON ROUNDS
"""
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
THREADS = 2
# name, preset, its numbers with the batch last, steps a round
CASES = [
    ("NAS-Bench-201, C=16 N=5, batch 64, 3x32x32", "nas-bench-201", 16, 5, 3, 32, 64, 12),
    ("NAS-Bench-201, C=8 N=1, batch 256, 1x28x28", "nas-bench-201", 8, 1, 1, 28, 256, 24),
    ("ProxylessNAS-GPU, batch 16, 3x224x224", "mobilenet-proxyless-gpu", 224, 16, 4),
]


def start(command, environment=None):
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def ask(process, line):
    process.stdin.write(line + "\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        sys.exit("compare_training: a program ended early")
    return answer.split()


def peak_mib(process):
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) // 1024


def compare(train_speed, python, rounds, case):
    name, *size, steps = case
    arguments = [str(part) for part in (*size, THREADS)]
    stand_ins = os.path.join(os.path.dirname(os.path.dirname(python)), "stand-ins")
    ours = start([train_speed, *arguments])
    peer = start(
        [python, os.path.join(HERE, "peers", "train_eager.py"), *arguments], {**os.environ, "LD_LIBRARY_PATH": stand_ins}
    )
    results = []
    for turn in range(rounds + 1):
        seconds, *genotypes = ask(ours, str(steps))
        peer_seconds = ask(peer, " ".join(genotypes))[0]
        # The first round warms both up.
        if turn:
            images = size[-1] * steps
            results.append((images / float(seconds), images / float(peer_seconds)))
    memory = [peak_mib(process) for process in (ours, peer)]
    for process in (ours, peer):
        process.stdin.close()
        process.wait()
    ratios = [own / other for own, other in results]
    print(
        f"{name}: nasshrink {statistics.median(own for own, _ in results):.0f} images/s, "
        f"eager PyTorch (channels_last) {statistics.median(other for _, other in results):.0f} images/s, "
        f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f} in {rounds} rounds), "
        f"peak memory {memory[0]} and {memory[1]} MiB",
        flush=True,
    )


def main():
    train_speed, python, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    print(f"training speed, {THREADS} threads, both sides on the same genotypes in turns")
    for case in CASES:
        compare(train_speed, python, rounds, case)


main()
