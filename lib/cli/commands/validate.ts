/** isovox validate: whether a configuration, a model, a cohort, an image, an output folder or a DICOM folder is sound. */

import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

import { Cohort } from '../../cohort/index.js';
import { asIsovoxError } from '../../errors.js';
import { checkChecksums, findModelFolders } from '../../inference/model-folder.js';
import { readVolume } from '../../native/formats.js';
import { dispose } from '../../native/volume.js';
import { discoverCourses } from '../../rt/discover.js';
import { loadRunConfig } from '../../rt/load-config.js';
import { countingProgress } from '../../rt/log.js';
import { outputFolder } from '../../rt/output-mirror.js';
import { validateOutput } from '../../rt/validate-output.js';
import { EXIT } from '../exit.js';
import type { CommonOptions } from '../options.js';
import { commandContext, logged } from './common.js';

export interface ValidateOptions extends CommonOptions {
  readonly strict?: boolean;
}

interface Remark {
  readonly severity: 'info' | 'warn' | 'fail';
  readonly code: string;
  readonly message: string;
}

interface Verdict {
  readonly path: string;
  /** What it was taken for. */
  readonly kind: string;
  readonly summary: string;
  readonly findings: readonly Remark[];
}

type Work = Parameters<Parameters<typeof logged>[1]>;

/** 0 when nothing failed, with --strict when nothing was worth a warning either; else 65. */
export async function validate(paths: readonly string[], options: ValidateOptions): Promise<number> {
  return logged(options, async (log, signal) => {
    const verdicts: Verdict[] = [];
    for (const path of paths) verdicts.push(await judge(path, options, log, signal));
    log.close();
    if (options.json) process.stdout.write(`${JSON.stringify(verdicts)}\n`);
    else for (const verdict of verdicts) print(verdict, options.verbose ?? false);
    const bad = options.strict ? ['fail', 'warn'] : ['fail'];
    return verdicts.some(({ findings }) => findings.some(({ severity }) => bad.includes(severity)))
      ? EXIT.badData
      : EXIT.done;
  });
}

async function judge(path: string, options: ValidateOptions, log: Work[0], signal: Work[1]): Promise<Verdict> {
  const kind = await kindOf(path);
  try {
    return { path, kind, ...(await CHECKS[kind](path, options, log, signal)) };
  } catch (thrown) {
    const { code, message } = asIsovoxError(thrown);
    if (code === 'ERR_CANCELLED' || code === 'ERR_NOT_FOUND' || code === 'ERR_INTERNAL') throw thrown;
    return { path, kind, summary: 'not sound', findings: [{ severity: 'fail', code, message }] };
  }
}

type Check = (
  path: string,
  options: ValidateOptions,
  log: Work[0],
  signal: Work[1],
) => Promise<Pick<Verdict, 'summary' | 'findings'>>;

const CHECKS = {
  async configuration(path) {
    await loadRunConfig(path);
    return { summary: 'every key and value is known', findings: [] };
  },
  async model(path, _options, _log, signal) {
    const models = await findModelFolders(path);
    for (const model of models) await checkChecksums(model, signal);
    const names = models.map(({ manifest }) => manifest.name).join(', ');
    return { summary: `${names}: manifest and checksums are right; isovox model check runs it`, findings: [] };
  },
  async cohort(path) {
    const cohort = await Cohort.open(path);
    return { summary: `${cohort.length} volumes`, findings: await cohort.validate() };
  },
  async output(path, _options, log, signal) {
    const { courses, files, findings } = await validateOutput(
      await outputFolder(path),
      signal,
      countingProgress(log, 'validate'),
    );
    return { summary: `${courses} courses, ${files} files hashed`, findings };
  },
  async dicom(path, options, log, signal) {
    const discovery = await discoverCourses({
      dicomRoot: path,
      exclude: [],
      config: await loadRunConfig(undefined),
      context: commandContext(options),
      signal,
      onProgress: countingProgress(log, 'index'),
    });
    const refused = discovery.refusals.map(({ path: file, code, reason, severity = 'fail' }) => ({
      severity,
      code,
      message: `${file}: ${reason}`,
    }));
    const ofCourses = discovery.courses.flatMap((course) =>
      course.findings.map(({ severity, code, message }) => ({
        severity,
        code,
        message: `${course.patientId}/${course.courseId}: ${message}`,
      })),
    );
    const none =
      discovery.courses.length > 0
        ? []
        : [{ severity: 'warn', code: 'dicom.no_course', message: 'No DICOM images or RT objects were found' } as const];
    const summary = `${discovery.courses.length} courses, ${refused.length} files refused`;
    return { summary, findings: [...none, ...discovery.findings, ...ofCourses, ...refused] };
  },
  async image(path, options, _log, signal) {
    const { volume, format, findings } = await readVolume({ path }, { context: commandContext(options), signal });
    dispose(volume);
    return { summary: `${format}, every voxel decoded`, findings };
  },
} satisfies Record<string, Check>;

async function kindOf(path: string): Promise<keyof typeof CHECKS> {
  const has = async (name: string): Promise<boolean> =>
    (await stat(join(path, name)).catch(() => undefined)) !== undefined;
  if (/^s3:\/\//.test(path)) return extname(path) === '' ? 'cohort' : 'image';
  const here = await stat(path).catch((thrown: unknown) => {
    throw asIsovoxError(thrown);
  });
  if (!here.isDirectory()) return /^\.ya?ml$/i.test(extname(path)) ? 'configuration' : 'image';
  if (await has('.isovox')) return 'output';
  if (await has('index.json')) return 'cohort';
  if (await has('manifest.json')) return 'model';
  if (await has('zarr.json')) return 'image';
  return 'dicom';
}

function print({ path, kind, summary, findings }: Verdict, all: boolean): void {
  process.stdout.write(`${path} (${kind}): ${summary}\n`);
  for (const { severity, code, message } of findings)
    if (all || severity !== 'info') process.stdout.write(`  ${severity}: ${message} (${code})\n`);
  if (!findings.some(({ severity }) => severity !== 'info')) process.stdout.write('  sound\n');
}
