/** isovox dvh: the columns of the main job for one structure set and one dose. */

import { IsovoxError } from '../../errors.js';
import { scanHeaders } from '../../native/dicom.js';
import type { HeaderRecord } from '../../native/dicom-types.js';
import { digestData } from '../../rt/digest.js';
import { DVH_CURVE_COLUMNS, dvhColumns } from '../../rt/dvh-columns.js';
import { loadRunConfig } from '../../rt/load-config.js';
import { measureCourse } from '../../rt/measure.js';
import type { Course } from '../../rt/model.js';
import { matchesAny } from '../../rt/roi-names.js';
import { drawnStructures } from '../../rt/structure-sets.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { commandContext, listFolder, writeTable } from './common.js';

export interface DvhCommandOptions extends CommonOptions {
  readonly rtstruct: string;
  readonly rtdose: string;
  readonly ct?: string;
  readonly rtplan?: string;
  readonly roi?: string[];
  readonly config?: string;
  readonly out: string;
  readonly curves?: string;
}

export async function dvh(options: DvhCommandOptions): Promise<number> {
  const config = await loadRunConfig(options.config);
  const task = { context: commandContext(options) };
  const [structures, dose, plan] = await Promise.all([
    header(options.rtstruct, 'rtstruct'),
    header(options.rtdose, 'rtdose'),
    options.rtplan === undefined ? undefined : header(options.rtplan, 'rtplan'),
  ]);
  const images = options.ct === undefined ? [] : await scanHeaders({ paths: await listFolder(options.ct) }, task);
  const course: Course = {
    PatientID: structures.PatientID ?? '',
    patientId: structures.PatientID ?? '',
    courseId: '',
    ...(images.some(isImage) ? { ct: seriesOf(images.filter(isImage)) } : {}),
    otherImages: [],
    plans: plan ? [plan] : [],
    doses: [dose],
    structures: [structures],
    records: [],
    registrations: [],
    primaryStructures: structures,
    ...(plan ? { primaryPlan: plan } : {}),
    doseChoice: { doseClass: 'single', doses: [dose], sum: false, reason: 'Given on the command line' },
    links: [],
    findings: [],
  };
  const drawn = drawnStructures(course);
  const measured = await interruptible((signal) =>
    measureCourse({
      course,
      config,
      sets: drawn ? [drawn] : [],
      dicomRoot: process.cwd(),
      settingsHash: digestData(config.dvh).slice(0, 16),
      ...task,
      signal,
    }),
  );
  const wanted = (name: unknown): boolean => !options.roi || matchesAny(String(name), options.roi);
  const rows = measured.rows.filter((row) => wanted(row.ROI_Name));
  if (rows.length === 0) {
    throw new IsovoxError(
      'ERR_NOT_FOUND',
      `No structure of ${options.rtstruct} is named ${(options.roi ?? []).join(', ')}`,
      {
        roi: (options.roi ?? []).join(', '),
      },
    );
  }
  await writeTable(
    { name: 'dvh_metrics', title: 'Dose-volume metrics', columns: dvhColumns(config.dvh), rows },
    options.out,
  );
  if (options.curves !== undefined) {
    const curveRows = measured.curves
      .filter((curve) => wanted(curve.name))
      .flatMap((curve) =>
        curve.doseGy.map((doseGy, i) => ({
          patient_id: course.patientId,
          course_id: '',
          ROI_Number: curve.number,
          ROI_Name: curve.name,
          dose_gy: doseGy,
          volume_cc: curve.volumeCc[i] ?? 0,
        })),
      );
    await writeTable(
      { name: 'dvh_curves', title: 'Dose-volume histograms', columns: DVH_CURVE_COLUMNS, rows: curveRows },
      options.curves,
    );
  }
  const findings = measured.findings.filter(
    (finding) => finding.context?.ROI_Name === undefined || wanted(finding.context.ROI_Name),
  );
  if (options.json) process.stdout.write(`${JSON.stringify({ rows, findings })}\n`);
  else if (!options.quiet) {
    for (const finding of findings.filter(({ severity }) => severity !== 'info')) {
      const roi = finding.context?.ROI_Name === undefined ? '' : `${finding.context.ROI_Name}: `;
      process.stderr.write(`${finding.severity}: ${roi}${finding.message} (${finding.code})\n`);
    }
    process.stderr.write(`${rows.length} structures written to ${options.out}\n`);
  }
  return EXIT.done;

  async function header(path: string, kind: string): Promise<HeaderRecord> {
    const [record] = await scanHeaders({ paths: [path] }, task);
    if (record?.status === 'refused' || !record) {
      throw new IsovoxError(
        (record?.code ?? 'ERR_IO') as IsovoxError['code'],
        `${path}: ${record?.reason ?? 'not read'}`,
        { path },
      );
    }
    if (record.kind !== kind) {
      throw new IsovoxError(
        'ERR_INVALID_ARGUMENT',
        `Expected an ${kind.toUpperCase()} for --${kind} but ${path} is ${record.kind ?? 'no DICOM file'}`,
        {
          name: `--${kind}`,
          expected: kind,
          actual: record.kind ?? record.status,
        },
      );
    }
    return record;
  }
}

const isImage = (record: HeaderRecord): boolean => record.kind === 'image';

function seriesOf(headers: HeaderRecord[]): Course['ct'] {
  const [first] = headers;
  return {
    SeriesInstanceUID: first?.SeriesInstanceUID ?? '',
    StudyInstanceUID: first?.StudyInstanceUID ?? '',
    FrameOfReferenceUID: first?.FrameOfReferenceUID ?? '',
    Modality: first?.Modality ?? '',
    headers,
  };
}
