import { defineConfig } from 'vitest/config';

/** Suites of their own: long, hours of kills and repetitions; package, the tarball in clean roots. */
const suite = ['long', 'package'].find((name) => name === process.env.ISOVOX_TESTS);

export default defineConfig({
  test: {
    include: [`test/${suite === undefined ? '**' : `${suite}/**`}/*.test.ts`],
    exclude: suite === undefined ? ['test/long/**', 'test/package/**'] : [],
    pool: 'forks',
    maxWorkers: 2,
    // Guards against hangs, generous enough for a machine that does something else besides.
    testTimeout: suite !== undefined ? 7_200_000 : 300_000,
    hookTimeout: suite !== undefined ? 7_200_000 : 300_000,
    reporters: ['default'],
  },
});
