"""pymoo on the work of search_speed and search_fronts, on one core; times are processor times.

usage: search_pymoo.py sort REPEATS         a line a case: points, objectives, seconds by moocore, by pymoo, checksum
       search_pymoo.py generations COUNT    seconds a generation: population 40, 22 integer genes, trivial evaluation
       search_pymoo.py fronts SEEDS         a line a problem and seed: name, seed, hypervolume of all children evaluated
"""
import statistics
import sys
import time

import numpy as np
from moocore import hypervolume, pareto_rank
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem
from pymoo.operators.crossover.pntx import TwoPointCrossover
from pymoo.operators.mutation.pm import PM
from pymoo.operators.repair.rounding import RoundingRepair
from pymoo.operators.sampling.rnd import IntegerRandomSampling
from pymoo.optimize import minimize
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

LARGE_SPACE = [3] + [18 if layer in (0, 4, 8, 12, 16, 20) else 19 for layer in range(21)]
THINGS = 20


def fractions(count):
    bits = (np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((bits ^ (bits >> np.uint64(31))) >> np.uint64(11)).astype(float) * 2.0**-53


def median_seconds(call, repeats):
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def sort(repeats):
    for count, objectives in ((10000, 2), (1000, 3)):
        points = fractions(count * objectives).reshape(count, objectives)
        ranks = np.asarray(pareto_rank(points), dtype=float) + 1
        checksum = int((ranks * (np.arange(count) + 1)).sum())
        compiled = median_seconds(lambda: pareto_rank(points), repeats)
        whole = median_seconds(lambda: NonDominatedSorting().do(points), repeats)
        print(count, objectives, compiled, whole, checksum)


class Genes(Problem):
    """Integer genes; keeps every point that met the constraint."""

    def __init__(self, sizes, constraints=0):
        super().__init__(n_var=len(sizes), n_obj=2, n_ieq_constr=constraints, xl=0, xu=np.array(sizes) - 1, vtype=int)
        self.points = []

    def keep(self, out, first, second, excess=None):
        out["F"] = np.column_stack([first, second])
        if excess is not None:
            out["G"] = excess[:, None]
        self.points.append(out["F"] if excess is None else out["F"][excess <= 0])


class Trivial(Genes):
    def __init__(self):
        super().__init__(LARGE_SPACE)

    def _evaluate(self, genes, out, *args, **kwargs):
        out["F"] = np.column_stack([genes.sum(axis=1), ((self.xu - genes) ** 2).sum(axis=1)])


class Zdt1(Genes):
    name, evaluations, reference = "zdt1", 4000, [1.1, 2.0]

    def __init__(self):
        super().__init__(LARGE_SPACE)

    def _evaluate(self, genes, out, *args, **kwargs):
        values = genes / self.xu
        first = values[:, 1]
        g = 1 + 9 * (values.sum(axis=1) - first) / (genes.shape[1] - 1)
        self.keep(out, first, g * (1 - np.sqrt(first / g)))


class Knapsack(Genes):
    name, evaluations, reference = "knapsack", 2000, [0.0, 0.0]

    def __init__(self):
        super().__init__([2] * THINGS, constraints=1)
        thing = np.arange(THINGS)
        self.columns = [(thing * 37 + column * 61 + thing * thing * 13) % 100 + 1 for column in range(3)]

    def _evaluate(self, genes, out, *args, **kwargs):
        weight, first, second = (genes @ column for column in self.columns)
        self.keep(out, -first, -second, weight - self.columns[0].sum() / 2)


def algorithm():
    return NSGA2(pop_size=40, sampling=IntegerRandomSampling(), crossover=TwoPointCrossover(prob=0.9),
                 mutation=PM(prob=1.0, eta=3, vtype=float, repair=RoundingRepair()), eliminate_duplicates=True)


def generations(count):
    start = time.process_time()
    minimize(Trivial(), algorithm(), ("n_gen", count), seed=1, verbose=False)
    print((time.process_time() - start) / count)


def fronts(seeds):
    for kind in (Zdt1, Knapsack):
        for seed in range(1, seeds + 1):
            problem = kind()
            minimize(problem, algorithm(), ("n_eval", kind.evaluations), seed=seed, verbose=False)
            print(kind.name, seed, hypervolume(np.vstack(problem.points), ref=np.array(kind.reference)))


{"sort": sort, "generations": generations, "fronts": fronts}[sys.argv[1]](int(sys.argv[2]))
