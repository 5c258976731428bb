/**
 * dvh: every structure of the course, drawn or found by models, against its dose.
 *
 *   dvh_metrics.json    one row per structure, the columns of dvh_metrics
 *   dvh_metrics.csv     the same as a table
 *   dvh_curves.json     { rois: [{ number, name, color, doseGy, volumeCc }] }
 *   constraints.json    one row per constraint that names a structure
 *   metadata/dvh.json   prescription, dose and per-structure facts with findings
 *   RD_sum.dcm          the summed dose, when several were summed
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { writeRtDose } from '../../native/dicom.js';
import { writeText } from '../../table/atomic.js';
import { writeCsv } from '../../table/csv.js';
import { canonicalJson } from '../digest.js';
import { evaluatedPaths } from '../dose-moves.js';
import { dvhColumns } from '../dvh-columns.js';
import { measureCourse } from '../measure.js';
import type { Stage, StageContext, StageOutcome } from '../stage.js';
import { findsStructures, measuredStructures } from '../structure-sets.js';
import { sumIdentity } from '../sum-identity.js';

export const dvhStage: Stage = {
  id: 'dvh',
  title: 'Dose-volume histograms and metrics',
  needs: ['organize'],
  after: ['segment', 'segment-custom'],
  lane: 'cpu',
  version: 4,
  settings: (config) => config.dvh,
  inputs: (course) => [...(course.primaryStructures ? [course.primaryStructures.path] : []), ...evaluatedPaths(course)],
  skip(course, config) {
    if (!course.primaryStructures && !findsStructures(course, config)) return 'no structures';
    if (course.doses.length === 0) return 'no dose';
    if (course.doseChoice.doses.length === 0) return `no dose that may be used: ${course.doseChoice.reason}`;
    return undefined;
  },
  run,
};

async function run(stage: StageContext): Promise<StageOutcome> {
  const { course, config, context, signal, folder } = stage;
  const sets = await measuredStructures(course, stage.courseFolder);
  if (sets.length === 0) return { status: 'skipped', reason: 'no structures', findings: [] };
  const { rows, curves, constraints, facts, findings, failures } = await measureCourse({
    course,
    config,
    sets,
    dicomRoot: stage.dicomRoot,
    settingsHash: stage.settingsHash,
    context,
    signal,
    async onSum(dose, reference) {
      await writeRtDose(
        {
          path: join(folder, 'RD_sum.dcm'),
          dose,
          identity: sumIdentity(course, reference),
          DoseSummationType: 'PLAN_SUM',
          referencedRTPlanUIDs: course.plans.flatMap((plan) => plan.SOPInstanceUID ?? []),
          bits: 32,
        },
        { context, signal },
      );
    },
  });
  await mkdir(join(folder, 'metadata'), { recursive: true });
  await writeText(join(folder, 'dvh_metrics.json'), `${JSON.stringify(rows)}\n`);
  await writeCsv(
    { name: 'dvh_metrics', title: 'Dose-volume metrics', columns: dvhColumns(config.dvh), rows },
    join(folder, 'dvh_metrics.csv'),
  );
  await writeText(join(folder, 'dvh_curves.json'), `${JSON.stringify({ rois: curves })}\n`);
  await writeText(join(folder, 'constraints.json'), `${JSON.stringify(constraints)}\n`);
  await writeText(join(folder, 'metadata', 'dvh.json'), `${canonicalJson(facts)}\n`);
  return { status: 'done', findings, failures };
}
