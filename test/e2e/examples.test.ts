/** The examples of README and documentation, run as they stand by a program that has the package installed. */

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

import { catalogue } from '../../lib/cli/catalogue.js';
import { program } from '../../lib/cli/program.js';
import { resetConfig } from '../../lib/config/resolve.js';
import { loadRunConfig } from '../../lib/rt/load-config.js';
import { exampleFolder, examples, root } from '../fixtures/examples.js';

const run = promisify(execFile);
const all = examples();
const of = (language: string) => all.filter((example) => example.language === language);

/** A page, a word of its example, and what the example prints. */
const PRINTED: ReadonlyArray<readonly [string, string, RegExp]> = [
  ['README.md', 'computeDvh', /Box 76\.8.*'D95%': 41\.6/],
  ['README.md', 'Volume.open', /\[ 48, 40, 20 \] \[ 1, 1, 1 \] LPS.*1920 \[ 48, 40, 1, 1 \] \[ 48, 40, 40 \]/s],
  ['README.md', 'createTrainingDataloader', /\[ 4, 1, 16, 32, 32 \] 65536/],
  ['README.md', 'HierarchicalExecutor', /30/],
  ['docs/tutorial.md', 'doseMetrics', /PTV .*Dmean: 40\.0/s],
  ['docs/how-to/local-volumes.md', 'createTrainingDataloader', /batch 2 \[ 2, 1, 16, 16, 16 \]/],
  ['docs/how-to/local-volumes.md', 'collectStats', /hit rate 0\.5 decoded 20/],
  ['docs/how-to/s3.md', 'preset', /32 eu-central-1/],
  ['docs/how-to/memory.md', 'memory-constrained', /memoryBudgetMb: 512,\s+tileCacheSizeMb: 64/],
  ['docs/how-to/memory.md', 'runAdaptive', /\[ 10, 20, 30 \] 4 attempts, 1 worker left/],
  ['docs/how-to/functions.md', 'executeParallel', /\[ true, true \] 25 125 100\nsame answers: true/],
  ['docs/how-to/functions.md', 'HierarchicalExecutor', /answer 42/],
  ['docs/how-to/functions.md', 'ParallelAligner', /gene1 \[ 6, '\+', 1, '9=' \]/],
  ['docs/how-to/pipelines.md', 'PipelineBuilder', /A\.NII B\.NII\nC\.NII D\.NII\ntrue/],
];

let folder: string;
beforeAll(async () => {
  folder = await exampleFolder();
});

describe('programs', () => {
  it('are the ones that this test knows', () => {
    expect(
      of('ts')
        .map(({ file }) => file)
        .sort(),
    ).toEqual(PRINTED.map(([file]) => file).sort());
  });

  it.each(PRINTED)('%s: %s', async (file, word, printed) => {
    const [example, ...others] = of('ts').filter((one) => one.file === file && one.code.includes(word));
    expect(others).toEqual([]);
    const path = join(folder, `${file.replaceAll('/', '-')}-${word}.mjs`);
    writeFileSync(path, example?.code ?? '');
    const { stdout } = await run(process.execPath, [path], { cwd: folder, timeout: 300_000 });
    expect(stdout).toMatch(printed);
  });
});

describe('settings', () => {
  it.each(
    of('yaml').map((example, index) => [example.file, index, example.code] as const),
  )('%s (%i) are taken by a run', async (_, index, code) => {
    const path = join(folder, `settings-${index}.yaml`);
    writeFileSync(path, code);
    try {
      await expect(loadRunConfig(path)).resolves.toBeDefined();
    } finally {
      resetConfig();
    }
  });
});

/** `isovox …` lines of a page, each as words. */
const commandLines = of('sh').flatMap(({ file, code }) =>
  code
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line.startsWith('isovox '))
    .map((line) => [file, line] as const),
);

describe('commands', () => {
  const commands = catalogue(program);

  it('are many', () => expect(commandLines.length).toBeGreaterThan(20));

  it.each(commandLines)('%s: %s', (_, line) => {
    const [, name, ...words] = line.split(/\s+/);
    const command = commands.find((one) => one.name === name);
    expect(command, `the command ${name}`).toBeDefined();
    const given: string[] = [];
    let operands = 0;
    for (let at = 0; at < words.length; at++) {
      const word = words[at] ?? '';
      if (!word.startsWith('--')) {
        operands++;
        continue;
      }
      const flag = command?.flags.find(({ long }) => long === word);
      expect(flag, `${name} ${word}`).toBeDefined();
      given.push(word);
      const isOptional = flag?.value?.startsWith('[');
      if (flag?.value !== undefined && !(isOptional && (words[at + 1] ?? '--').startsWith('--'))) {
        at++;
        const value = words[at] ?? '--';
        expect(value.startsWith('--'), `a value for ${word}`).toBe(false);
        if (flag.choices) expect(flag.choices).toContain(value);
      }
    }
    const required = command?.flags.filter((flag) => flag.required).map(({ long }) => long) ?? [];
    expect(given).toEqual(expect.arrayContaining(required));
    expect(operands).toBeGreaterThanOrEqual(command?.operands.match(/<[^>]+>/g)?.length ?? 0);
  });

  it('of the tutorial do what it says, one after the other', async () => {
    const main = join(root, 'dist/cli/main.js');
    writeFileSync(
      join(folder, 'settings.yaml'),
      of('yaml').find(({ file }) => file === 'docs/tutorial.md')?.code ?? '',
    );
    const said: string[] = [];
    for (const [file, line] of commandLines) {
      // The viewer serves until it is stopped; it has a test of its own.
      if (file !== 'docs/tutorial.md' || line.startsWith('isovox view')) continue;
      const { stdout } = await run(process.execPath, [main, ...line.split(/\s+/).slice(1)], { cwd: folder });
      said.push(stdout);
    }
    expect(said[0]).toContain('All within 1 % or 0.1 Gy of the closed form.');
    expect(said.join('\n')).toMatch(/PHANTOM\/2024-01 {2}organize done/);
    expect(said.join('\n')).toContain('1 courses');
  });
});
