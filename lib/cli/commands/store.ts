/** isovox store: what a cohort holds, and whether it is sound. */

import { Cohort } from '../../cohort/index.js';
import { EXIT } from '../exit.js';
import type { CommonOptions } from '../options.js';

export async function store(args: readonly string[], options: CommonOptions & { validate?: boolean }): Promise<number> {
  const [uri] = args as [string];
  const cohort = await Cohort.open(uri);
  const collections = cohort.describe();
  const findings = options.validate ? await cohort.validate() : undefined;
  if (options.json) {
    const described = { uri, subjects: cohort.subjectIds.length, volumes: cohort.length, collections };
    process.stdout.write(`${JSON.stringify(findings ? { ...described, findings } : described)}\n`);
  } else {
    process.stdout.write(`${uri}: ${cohort.length} volumes of ${cohort.subjectIds.length} subjects\n`);
    for (const { name, volumes, dtypes, sizes, orientations } of collections) {
      const shown = sizes.length > 3 ? `${sizes.length} sizes` : sizes.join(', ');
      process.stdout.write(
        `  ${name}: ${volumes} volumes, ${dtypes.join(', ')}, ${shown}, ${orientations.join(', ')}\n`,
      );
    }
    for (const { severity, code, message } of findings ?? [])
      process.stdout.write(`${severity}: ${message} (${code})\n`);
    if (findings?.length === 0) process.stdout.write('sound\n');
  }
  return findings?.some(({ severity }) => severity === 'fail') ? EXIT.badData : EXIT.done;
}
