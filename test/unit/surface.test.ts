import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { ERROR_CODES } from '../../lib/errors.js';
import { addon } from '../../lib/runtime/addon.js';
import { packageRoot, packageVersion } from '../../lib/runtime/package-root.js';

it('lib/runtime/surface.ts is what the binary says', async () => {
  const { printSurface, readTypeFiles } = await import(join(packageRoot, 'native/tools/print-surface.mjs'));
  const printed = printSurface(addon().surface, await readTypeFiles());
  expect(readFileSync(join(packageRoot, 'lib/runtime/surface.ts'), 'utf8')).toBe(printed);
});

it('native and TypeScript name the same error codes', () => {
  expect(
    addon()
      .errorCodes()
      .map(({ code }) => code),
  ).toEqual([...ERROR_CODES]);
});

it('the binary was built as this version', () => {
  expect(addon().nativeVersion()).toBe(packageVersion);
});
