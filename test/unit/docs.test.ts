/** The generated reference against what it is generated from, each looked at by another way. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { referencePages, resultTables, runKeys } from '../../docs/generate.js';
import { program } from '../../lib/cli/program.js';
import { OPTIONS } from '../../lib/config/options.js';
import { ERROR_CODES } from '../../lib/errors.js';
import { metricCatalogue } from '../../lib/native/dose.js';
import { featureCatalogue } from '../../lib/native/radiomics.js';
import { runConfigSchema } from '../../lib/rt/run-config.js';
import { root } from '../fixtures/examples.js';

let pages: Record<string, string>;
beforeAll(async () => {
  pages = await referencePages();
});

/** A page as a reader sees it: entities read, tags gone. */
const read = (path: string): string =>
  (pages[path] ?? '').replace(/<[^>]+>/g, ' ').replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));

describe('the reference', () => {
  it('has every command with every flag', () => {
    const text = read('reference/commands.md');
    for (const command of program.commands) {
      if ((command as unknown as { _hidden: boolean })._hidden) continue;
      expect(text).toContain(`\n## ${command.name()}\n`);
      const part = text.split(`\n## ${command.name()}\n`)[1]?.split('\n## ')[0] ?? '';
      const shared = text.split('\n## Flags of every command\n')[1]?.split('\n## ')[0] ?? '';
      for (const option of command.options)
        expect(part + shared, `${command.name()} ${option.flags}`).toContain(option.long);
    }
  });

  it('has every setting of a run, and says what it means', () => {
    const text = read('reference/settings.md');
    for (const [section, keys] of Object.entries(runConfigSchema.parse({}))) {
      for (const key of Object.keys(keys)) {
        if (['found', 'constraintSheets', 'definitions'].includes(key)) continue;
        expect(text).toContain(` ${section}.${key} `);
      }
    }
    const mute = runKeys().filter(({ schema }) => !schema.description);
    expect(mute.map(({ path }) => path)).toEqual([]);
  });

  it('has every option of the engine', () => {
    const text = read('reference/settings.md');
    for (const { path, doc } of OPTIONS) {
      expect(text).toContain(` ${path} `);
      expect(text).toContain(doc);
    }
  });

  it('has every column of every table, V1Gy to V60Gy in one row', async () => {
    const text = read('reference/tables.md');
    const tables = await resultTables();
    expect(tables.length).toBeGreaterThanOrEqual(13);
    for (const table of tables) {
      const part = text.split(`\n## ${table.name}\n`)[1]?.split('\n## ')[0] ?? '';
      expect(part, table.name).not.toBe('');
      for (const { name } of table.columns) {
        if (table.name.startsWith('radiomics_') && part.includes(' features ') && /_/.test(name)) continue;
        expect(part, `${table.name}.${name}`).toContain(` ${name.replace(/^V\d+Gy/, 'V1Gy … V60Gy')} `);
      }
    }
  });

  it('has every feature with its IBSI id, and every dose metric', () => {
    const features = read('reference/features.md');
    for (const { name, ibsiId } of featureCatalogue())
      expect(features).toMatch(new RegExp(`\\| +${name} +\\|[^\\n]*\\| ${ibsiId} \\|`));
    const metrics = read('reference/metrics.md');
    for (const { name, definition } of metricCatalogue()) {
      expect(metrics).toContain(` ${name} `);
      expect(metrics).toContain(definition);
    }
  });

  it('has every error code with a meaning and a remedy, and every exit code', () => {
    const text = read('reference/errors.md');
    for (const code of ERROR_CODES) expect(text).toMatch(new RegExp(`\\| +${code} +\\| \\S[^|]+ \\| \\S[^|]+ \\|`));
    for (const exit of [0, 1, 2, 3, 4, 65, 75, 130]) expect(text).toMatch(new RegExp(`\\| ${exit} \\| \\S`));
  });

  it('is linked from the side of every page', () => {
    const config = readFileSync(join(root, 'docs/.vitepress/config.mts'), 'utf8');
    for (const path of Object.keys(pages)) expect(config).toContain(`'/${path.replace(/\.md$/, '')}'`);
  });
});
