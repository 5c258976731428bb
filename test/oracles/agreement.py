"""Writes test/golden/agreement.csv: ICC(3,1) with its interval by pingouin, CoV and QCD by NumPy, F quantiles by SciPy.

    pip install pingouin numpy scipy pandas && python test/oracles/agreement.py > test/golden/agreement.csv

Tables are made from integers, so that both sides read the same numbers.
"""

import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
import pingouin
from scipy import stats

warnings.filterwarnings("ignore")
print(f"# pingouin {version('pingouin')}; numpy {version('numpy')}; scipy {version('scipy')}")
print("kind,subjects,times,values,icc,low,high,cov,cov_q1,cov_q3,qcd")
draw = np.random.default_rng(6)
TABLES = [(6, 3, 30, 4), (12, 81, 20, 3), (5, 12, 10, 10), (30, 4, 5, 20), (3, 2, 40, 1), (40, 9, 50, 50)]
for subjects, times, between, within in TABLES:
    table = np.rint(500 + between * draw.standard_normal((subjects, 1)) + 3 * np.arange(times) / times
                    + within * draw.standard_normal((subjects, times)))
    long = pd.DataFrame([(s, t, table[s, t]) for s in range(subjects) for t in range(times)], columns=["s", "t", "v"])
    icc = pingouin.intraclass_corr(data=long, targets="s", raters="t", ratings="v", nan_policy="raise")
    row = icc[icc["Type"].isin(["ICC3", "ICC(C,1)"])].iloc[0]
    # pingouin rounds its interval to two digits: the same from its F, with SciPy's quantiles.
    n, k, f = subjects, times, float(row["F"])
    d1, d2 = n - 1, (n - 1) * (k - 1)
    low, high = f / stats.f.ppf(0.975, d1, d2), f * stats.f.ppf(0.975, d2, d1)
    low, high = (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
    name = next(c for c in icc.columns if c.startswith("CI95"))
    assert np.allclose(np.round([low, high], 2), np.asarray(row[name], dtype=float), atol=0.0051)
    cov = 100 * table.std(axis=1, ddof=1) / table.mean(axis=1)
    q1, q3 = np.percentile(table, [25, 75], axis=1)
    values = ";".join(str(int(x)) for x in table.ravel())
    print(f"table,{subjects},{times},{values},{float(row['ICC'])!r},{low!r},{high!r},{np.median(cov)!r},"
          f"{np.percentile(cov, 25)!r},{np.percentile(cov, 75)!r},{np.median((q3 - q1) / (q3 + q1))!r}".replace("np.float64(", "").replace(")", ""))
