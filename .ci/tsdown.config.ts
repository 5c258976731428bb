import { join } from 'node:path';
import { defineConfig } from 'tsdown';

const shared = {
  cwd: join(import.meta.dirname, '..'),
  outDir: 'dist',
  platform: 'node',
  target: 'node20',
  shims: true,
  fixedExtension: false,
} as const;

export default defineConfig([
  {
    ...shared,
    entry: {
      index: 'lib/index.ts',
      align: 'lib/align/index.ts',
      ml: 'lib/dataloader/index.ts',
      parallel: 'lib/parallel/index.ts',
      pipeline: 'lib/pipeline/index.ts',
      rt: 'lib/rt/index.ts',
      inference: 'lib/inference/index.ts',
    },
    format: ['esm', 'cjs'],
    dts: true,
    clean: true,
  },
  { ...shared, entry: { 'cli/main': 'lib/cli/main.ts' }, format: ['esm'], dts: false, clean: false },
]);
