"""Scores of pairs by Biopython's PairwiseAligner: python test/oracles/align.py > test/golden/align-biopython.csv

Made with biopython 1.88. Pairs are made here (seeded): 20 to 120 letters at 0 to 40 % divergence, with tails for the
modes that ignore them. Costs are Isovox's defaults: match 2, mismatch -4, a gap of length L -(4 + 2 L).
"""

import csv
import random
import sys

import Bio
from Bio.Align import PairwiseAligner


def mutate(rng, text, rate):
    out = []
    for letter in text:
        if rng.random() >= rate:
            out.append(letter)
            continue
        kind = rng.randrange(3)
        if kind == 0:
            out.append(rng.choice("ACGT"))
        elif kind == 1:
            out.append(letter + "".join(rng.choice("ACGT") for _ in range(rng.randrange(1, 5))))
    return "".join(out) or "A"


def main():
    rng = random.Random(1)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["mode", "query", "reference", "score", "tool"])
    for mode in ("global", "infix", "local"):
        aligner = PairwiseAligner()
        aligner.mode = "local" if mode == "local" else "global"
        aligner.match_score, aligner.mismatch_score = 2, -4
        aligner.open_gap_score, aligner.extend_gap_score = -6, -2
        for i in range(60):
            query = "".join(rng.choice("ACGT") for _ in range(rng.randrange(20, 121)))
            reference = mutate(rng, query, i % 40 / 100)
            if mode != "global":
                tail = lambda: "".join(rng.choice("ACGT") for _ in range(rng.randrange(60)))
                reference = tail() + reference + tail()
            if mode == "infix":
                # Letters of the reference (Biopython's target) before and behind the query are free.
                aligner.end_deletion_score = 0
            score = aligner.score(reference, query)
            writer.writerow([mode, query, reference, int(score), f"biopython {Bio.__version__}"])


main()
