"""Global alignment of pairs by Biopython: align.py FILE REPETITIONS PAIRS; the first PAIRS, time scaled to all."""

import json
import resource
import sys
import time

import Bio
from Bio.Align import PairwiseAligner


def main():
    with open(sys.argv[1]) as file:
        lines = file.read().split("\n")
    pairs = [(lines[i], lines[i + 1]) for i in range(0, len(lines) - 1, 2)]
    some = pairs[: int(sys.argv[3])]
    aligner = PairwiseAligner()
    aligner.mode = "global"
    aligner.match_score, aligner.mismatch_score = 0, -4
    aligner.open_gap_score, aligner.extend_gap_score = -8, -2
    times = []
    for _ in range(int(sys.argv[2])):
        begun = time.perf_counter()
        for query, reference in some:
            aligner.score(reference, query)
        times.append((time.perf_counter() - begun) * 1000 * len(pairs) / len(some))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    first = sum(aligner.score(reference, query) for query, reference in some)
    print(json.dumps({"ms": times, "peakMb": peak, "version": Bio.__version__, "answer": {"first": first}}))


main()
