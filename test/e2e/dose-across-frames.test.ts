/**
 * A boost planned in a frame of reference of its own, taken into that of the main plan by a spatial registration and
 * added: by `isovox run` and by `isovox dose-warp`. Both doses are linear and so is every map, so the sum is known in
 * closed form at every point, and of every structure.
 */

import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { derivedUid } from '../../lib/native/derived-uid.js';
import { readRtDose, writeRegistration, writeRtDose, writeRtPlan } from '../../lib/native/dicom.js';
import type { Triple } from '../../lib/native/dicom-types.js';
import { describeDose, viewDose } from '../../lib/native/volume.js';
import { PHANTOM_DOSE, writePhantom } from '../../lib/phantom/patient.js';
import { expectedDose, type LinearDose } from '../../lib/phantom/shapes.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { parseCsv } from '../fixtures/csv.js';
import { temporaryFolder } from '../fixtures/index.js';

const PATIENT = 'TWOFRAMES';
const uid = (what: string): string => derivedUid(PATIENT, what);
const MAIN_FRAME = uid('frame of reference');
const BOOST_FRAME = uid('frame of the boost');

const ANGLE = Math.PI / 6;
const SHIFT: Triple = [5, -8, 3];
/** From the main frame into that of the boost: a turn about z, then a shift. */
const turned = ([x, y, z]: Triple): Triple => [
  Math.cos(ANGLE) * x - Math.sin(ANGLE) * y + SHIFT[0],
  Math.sin(ANGLE) * x + Math.cos(ANGLE) * y + SHIFT[1],
  z + SHIFT[2],
];
const INTO_BOOST = [Math.cos(ANGLE), -Math.sin(ANGLE), 0, SHIFT[0], Math.sin(ANGLE), Math.cos(ANGLE), 0, SHIFT[1]]
  .concat([0, 0, 1, SHIFT[2]])
  .concat([0, 0, 0, 1]);
/** Its inverse: the shift back, then the turn back. */
const INTO_MAIN = [Math.cos(ANGLE), Math.sin(ANGLE), 0, -(Math.cos(ANGLE) * SHIFT[0] + Math.sin(ANGLE) * SHIFT[1])]
  .concat([-Math.sin(ANGLE), Math.cos(ANGLE), 0, Math.sin(ANGLE) * SHIFT[0] - Math.cos(ANGLE) * SHIFT[1]])
  .concat([0, 0, 1, -SHIFT[2]])
  .concat([0, 0, 0, 1]);

/** The boost in its own frame: 0.1 Gy/mm along what is y in the main frame. */
const BOOST = {
  atZeroGy: 24,
  gyPerMm: 0.1,
  slope: [-0.1 * Math.sin(ANGLE), 0.1 * Math.cos(ANGLE), 0] as Triple,
};
const boostAt = ([x, y, z]: Triple): number =>
  BOOST.atZeroGy + BOOST.slope[0] * x + BOOST.slope[1] * y + BOOST.slope[2] * z;

/** Displacements in the main frame, before the turn: linear, so that the field's nodes say all of it. */
const displaced = ([x, y, z]: Triple): Triple => [0.05 * x, 0.1 * y - 3, -0.02 * z];

/** What the boost is at a point of the main frame; both are linear along y there. */
const RIGID_BOOST: LinearDose = {
  axis: 'y',
  atZeroGy: boostAt(turned([0, 0, 0])),
  gyPerMm: BOOST.gyPerMm,
};
const DEFORMED_BOOST: LinearDose = {
  axis: 'y',
  atZeroGy: boostAt(turned(displaced([0, 0, 0]))),
  gyPerMm: 1.1 * BOOST.gyPerMm,
};
const sumWith = (boost: LinearDose): LinearDose => ({
  axis: 'y',
  atZeroGy: PHANTOM_DOSE.atZeroGy + boost.atZeroGy,
  gyPerMm: PHANTOM_DOSE.gyPerMm + boost.gyPerMm,
});

const identity = (what: string, frame: string) => ({
  PatientID: PATIENT,
  StudyInstanceUID: uid('study'),
  SeriesInstanceUID: uid(`${what} series`),
  FrameOfReferenceUID: frame,
  SOPInstanceUID: uid(what),
  StudyDate: '20240115',
  StudyTime: '120000',
});

async function writeBoost(folder: string): Promise<void> {
  await writeRtPlan({
    path: join(folder, 'RP_boost.dcm'),
    identity: identity('boost plan', BOOST_FRAME),
    label: 'BOOST',
    fractions: 8,
    prescriptions: [{ doseGy: 16, type: 'TARGET' }],
    beams: [{ number: 1, name: 'AP', doseGyPerFraction: 2, meterset: 100 }],
  });
  const size: Triple = [69, 69, 41];
  const spacing: Triple = [5, 5, 4];
  const origin: Triple = [-170, -170, -80];
  const values = new Float64Array(size[0] * size[1] * size[2]);
  for (let k = 0, n = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, n++) {
        values[n] = boostAt([origin[0] + i * spacing[0], origin[1] + j * spacing[1], origin[2] + k * spacing[2]]);
      }
    }
  }
  await writeRtDose({
    path: join(folder, 'RD_boost.dcm'),
    identity: identity('boost dose', BOOST_FRAME),
    grid: { size, spacing, origin },
    values,
    referencedRTPlanUIDs: [uid('boost plan')],
  });
}

const writeRigid = (path: string) =>
  writeRegistration({
    path,
    identity: identity('rigid registration', MAIN_FRAME),
    items: [{ FrameOfReferenceUID: MAIN_FRAME }, { FrameOfReferenceUID: BOOST_FRAME, matrix: INTO_MAIN }],
  });

function writeDeformable(path: string) {
  const size: Triple = [13, 13, 9];
  const vectors = new Float32Array(3 * size[0] * size[1] * size[2]);
  for (let k = 0, n = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, n += 3) vectors.set(displaced([-120 + 20 * i, -120 + 20 * j, -80 + 20 * k]), n);
    }
  }
  return writeRegistration({
    path,
    identity: identity('deformable registration', MAIN_FRAME),
    items: [
      {
        FrameOfReferenceUID: BOOST_FRAME,
        field: {
          grid: { size, spacing: [20, 20, 20], origin: [-120, -120, -80] },
          vectors,
        },
        postMatrix: INTO_BOOST,
      },
    ],
  });
}

function isovox(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(packageRoot, 'dist/cli/main.js'), ...args],
      { maxBuffer: 2 ** 26, timeout: 120_000, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}

const folder = temporaryFolder();
let phantom: Awaited<ReturnType<typeof writePhantom>>;

beforeAll(async () => {
  for (const kind of ['rigid', 'deformable'] as const) {
    phantom = await writePhantom(join(folder, kind), { patientId: PATIENT });
    await writeBoost(join(folder, kind));
    await (kind === 'rigid' ? writeRigid : writeDeformable)(join(folder, kind, 'REG.dcm'));
    writeFileSync(join(folder, `${kind}.yaml`), `organize:\n  sumAcrossFrames: ${kind}\n  copyImages: false\n`);
  }
});

/** Every voxel of a dose beside a linear one, in gray; `inside` chooses voxels by position. */
async function farthest(path: string, expected: LinearDose): Promise<number> {
  const { dose } = await readRtDose({ path });
  const { grid } = describeDose(dose);
  const values = viewDose(dose);
  const [ni, nj] = grid.size;
  let most = 0;
  values.forEach((gray, n) => {
    const y = grid.origin[1] + (Math.floor(n / ni) % nj) * grid.spacing[1];
    most = Math.max(most, Math.abs(gray - (expected.atZeroGy + expected.gyPerMm * y)));
  });
  return most;
}

describe.each([
  ['rigid', RIGID_BOOST],
  ['deformable', DEFORMED_BOOST],
] as const)('a boost in another frame, by a %s registration', (kind, boost) => {
  const root = join(folder, kind);
  const out = join(folder, `${kind} out`);
  let ran: Awaited<ReturnType<typeof isovox>>;

  beforeAll(async () => {
    const settings = ['--config', join(folder, `${kind}.yaml`), '--stages', 'organize,dvh,qc'];
    ran = await isovox(['run', '--dicom-root', root, '--outdir', out, '--workers', '2', '-q', ...settings]);
  });

  const courseFile = (name: string): string => join(out, PATIENT, '2024-01', name);

  it('is added in the frame of the main plan, voxel by voxel', async () => {
    expect(ran.stderr + ran.stdout).not.toMatch(/ERR_/);
    expect(ran.code).toBe(0);
    // Stored in 32 bits, moved in single precision.
    expect(await farthest(courseFile('RD_sum.dcm'), sumWith(boost))).toBeLessThan(1e-4);
    const { summary } = await readRtDose({ path: courseFile('RD_sum.dcm') });
    expect(summary.header.FrameOfReferenceUID).toBe(MAIN_FRAME);
  });

  it('is in the dose of every structure', () => {
    const rows = parseCsv(join(out, '_RESULTS/dvh_metrics.csv'));
    for (const shape of phantom.shapes) {
      const row = rows.find((one) => one.ROI_Name === shape.name);
      const expected = expectedDose(shape, sumWith(boost));
      expect(Math.abs(Number(row?.DmeanGy) - expected.meanGy), shape.name).toBeLessThan(0.05);
      expect(Math.abs(Number(row?.D95Gy) - expected.dx(95)), shape.name).toBeLessThan(0.1);
      expect(row?.dose_resolution).toBe('boost-summed');
      expect(row?.dose_resolution_reason).toMatch(/by registration$/);
      expect(row?.source_dose_sop_instance_uids).toBe([uid('dose'), uid('boost dose')].join('|'));
    }
  });

  it('is told where it came from, and is no fault of the frames', () => {
    const facts = JSON.parse(readFileSync(courseFile('metadata/dvh.json'), 'utf8'));
    expect(facts.dose.moves).toEqual([
      {
        dose: uid('boost dose'),
        registration: uid(`${kind} registration`),
        fromFrame: BOOST_FRAME,
        toFrame: MAIN_FRAME,
      },
    ]);
    const findings = parseCsv(join(out, '_RESULTS/findings.csv'));
    expect(findings.filter(({ code }) => code === 'frame.mismatch')).toEqual([]);
  });

  it('is the same from dose-warp --add', async () => {
    const sum = join(folder, `${kind} sum.dcm`);
    const warp = await isovox([
      ...['dose-warp', '--dose', join(root, 'RD_boost.dcm'), '--registration', join(root, 'REG.dcm')],
      ...['--onto', join(root, 'RD.dcm'), '--add', join(root, 'RD.dcm'), '--out', sum, '--json'],
    ]);
    expect(warp.code).toBe(0);
    expect(JSON.parse(warp.stdout)).toMatchObject({
      inside: 1,
      deformable: kind === 'deformable',
      findings: [],
    });
    expect(await farthest(sum, sumWith(boost))).toBeLessThan(1e-4);
  });
});

describe('without leave', () => {
  it('doses of two frames are not added', async () => {
    const out = join(folder, 'never out');
    const { code } = await isovox([
      ...['run', '--dicom-root', join(folder, 'rigid'), '--outdir', out, '-q', '--stages', 'organize,dvh'],
    ]);
    expect(code).toBe(0);
    const [course] = parseCsv(join(out, '_RESULTS/case_metadata.csv'));
    expect(course?.dose_class).toBe('separate');
    expect(existsSync(join(out, PATIENT, '2024-01', 'RD_sum.dcm'))).toBe(false);
  });

  it('a deformable registration moves nothing where only rigid ones may', async () => {
    const out = join(folder, 'rigid only out');
    const settings = ['--config', join(folder, 'rigid.yaml'), '--stages', 'organize,dvh'];
    await isovox(['run', '--dicom-root', join(folder, 'deformable'), '--outdir', out, '-q', ...settings]);
    const [course] = parseCsv(join(out, '_RESULTS/case_metadata.csv'));
    expect(course?.dose_class).toBe('separate');
    expect(course?.dose_reason).toContain('no rigid registration leads from');
  });

  it('a dose of another frame is refused by dose-warp --add', async () => {
    const root = join(folder, 'rigid');
    const { code, stderr } = await isovox([
      ...['dose-warp', '--dose', join(root, 'RD_boost.dcm'), '--registration', join(root, 'REG.dcm')],
      ...['--onto', join(root, 'RD.dcm'), '--add', join(root, 'RD_boost.dcm'), '--out', join(folder, 'none.dcm')],
    ]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(`Expected doses of frame ${MAIN_FRAME} for --add`);
    expect(existsSync(join(folder, 'none.dcm'))).toBe(false);
  });
});
