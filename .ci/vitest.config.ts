import { defineConfig } from 'vitest/config';

/** Hours of kills and repetitions: `npm run test:long`. */
const isLong = process.env.ISOVOX_TESTS === 'long';

export default defineConfig({
  test: {
    include: [isLong ? 'test/long/**/*.test.ts' : 'test/**/*.test.ts'],
    exclude: isLong ? [] : ['test/long/**'],
    pool: 'forks',
    maxWorkers: 2,
    // Guards against hangs, generous enough for a machine that does something else besides.
    testTimeout: isLong ? 7_200_000 : 300_000,
    hookTimeout: 300_000,
    reporters: ['default'],
  },
});
