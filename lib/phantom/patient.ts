/**
 * A whole radiotherapy patient made from nothing: CT, RTSTRUCT, RTPLAN, RTDOSE, written by the project's own DICOM
 * writers. The structures are solids and the dose is linear, so every dose-volume histogram is known in closed form.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { derivedUid } from '../native/derived-uid.js';
import { makeVolume, writeImageSeries, writeRtDose, writeRtPlan, writeRtStruct } from '../native/dicom.js';
import type { DicomIdentity, RoiInput, Triple } from '../native/dicom-types.js';
import { addon } from '../runtime/addon.js';
import type { SubmitOptions } from '../runtime/task.js';
import { box, cone, cylinder, type LinearDose, type Shape, sphere, tube } from './shapes.js';

export interface PhantomOptions {
  /** PatientID; everything else follows from it. */
  readonly patientId?: string;
  readonly sliceMm?: number;
  /** In-plane and plane spacing of the dose grid. */
  readonly doseMm?: number;
  readonly dose?: LinearDose;
  /** YYYYMMDD. */
  readonly date?: string;
  readonly prescriptionGy?: number;
  readonly fractions?: number;
  /** How often each solid is contoured, from the second time on with a number in its name. Default 1. */
  readonly structuresTimes?: number;
  /** Series beside the CT, in its frame of reference. */
  readonly beside?: ReadonlyArray<'MR' | 'PT'>;
}

export interface Phantom {
  readonly folder: string;
  readonly shapes: readonly Shape[];
  readonly dose: LinearDose;
  readonly prescriptionGy: number;
}

const CT_PIXELS = 128;
const CT_MM = 2;
/** Half the extent of the image and the dose, in millimetres. */
const HALF_CT = (CT_PIXELS * CT_MM) / 2;
const HALF_Z = 60;
const HALF_DOSE = 100;
const BODY = { a: 110, b: 85 };

/** Water, with tissue-like differences so that pictures show the structures, and a little noise. */
const HU: Readonly<Record<string, number>> = { PTV: 60, Box: 30, Cylinder: 250, Cone: -80, Tube: 120, Small: 400 };

/** Of the MR image, which has no unit; nothing outside the body. */
export const MR_SIGNAL: Readonly<Record<string, number>> = {
  body: 300,
  PTV: 800,
  Box: 500,
  Cylinder: 100,
  Cone: 650,
  Tube: 400,
  Small: 900,
};

/** Standardised uptake values by body weight of the PET image. */
export const PET_SUV: Readonly<Record<string, number>> = {
  body: 0.8,
  PTV: 6,
  Box: 2,
  Cylinder: 1,
  Cone: 4,
  Tube: 3,
  Small: 8,
};
/** An hour before the study; F-18. */
const INJECTION = {
  weightKg: 70,
  doseBq: 350e6,
  halfLifeS: 6586.2,
  time: '110000',
};
const BQML_PER_SUV = (INJECTION.doseBq * 2 ** (-3600 / INJECTION.halfLifeS)) / (1000 * INJECTION.weightKg);
const PET_PIXELS = 64;

const COLORS: readonly Triple[] = [
  [0, 158, 115],
  [213, 94, 0],
  [0, 114, 178],
  [230, 159, 0],
  [204, 121, 167],
  [86, 180, 233],
  [240, 228, 66],
];

export const PHANTOM_DOSE: LinearDose = { axis: 'y', atZeroGy: 40, gyPerMm: 0.3 };

/** The solids; planes of the CT cut them at whole numbers of slices for slices of 1, 2, 2.5 and 3 mm, and the box is made
 * of whole voxels. */
export function phantomShapes(): Shape[] {
  return [
    sphere('PTV', [0, 0, 0], 25),
    box('Box', [-56, 20, 0], [40, 32, 60]),
    cylinder('Cylinder', [0, 50, 0], 12, 60),
    cone('Cone', [55, 10, 0], 20, 60),
    tube('Tube', [0, -50, 0], 18, 9, 60),
    sphere('Small', [50, -40, 0], 4),
  ];
}

/** Writes the patient into `folder` (made when absent). The same options give the same bytes. */
export async function writePhantom(
  folder: string,
  options: PhantomOptions = {},
  task: SubmitOptions = {},
): Promise<Phantom> {
  const patientId = options.patientId ?? 'PHANTOM';
  const sliceMm = options.sliceMm ?? 2.5;
  const dose = options.dose ?? PHANTOM_DOSE;
  const prescriptionGy = options.prescriptionGy ?? 40;
  const fractions = options.fractions ?? 20;
  const shapes = phantomShapes();
  const uid = (what: string): string => derivedUid(patientId, what);
  const identity = (what: string, description: string): DicomIdentity => ({
    PatientID: patientId,
    StudyInstanceUID: uid('study'),
    SeriesInstanceUID: uid(`${what} series`),
    FrameOfReferenceUID: uid('frame of reference'),
    SOPInstanceUID: uid(what),
    StudyDate: options.date ?? '20240115',
    StudyTime: '120000',
    SeriesDescription: description,
    PatientSex: 'O',
  });
  const slices = Math.round((2 * HALF_Z) / sliceMm);
  const firstZ = -HALF_Z + sliceMm / 2;
  await mkdir(join(folder, 'CT'), { recursive: true });
  const { SOPInstanceUID: _, ...series } = identity('ct', 'Phantom CT');
  const ctIdentity = {
    ...series,
    SOPInstanceUIDs: Array.from({ length: slices }, (_, k) => uid(`ct slice ${k}`)),
  };
  const volume = await makeVolume(
    {
      grid: {
        size: [CT_PIXELS, CT_PIXELS, slices],
        spacing: [CT_MM, CT_MM, sliceMm],
        origin: [-HALF_CT + CT_MM / 2, -HALF_CT + CT_MM / 2, firstZ],
      },
      dtype: 'int16',
      data: drawCt(shapes, slices, sliceMm, firstZ),
    },
    task,
  );
  await writeImageSeries({ volume, folder: join(folder, 'CT'), identity: ctIdentity }, task);
  addon().dispose(volume);
  for (const modality of options.beside ?? []) {
    const pixels = modality === 'PT' ? PET_PIXELS : CT_PIXELS;
    const mm = (2 * HALF_CT) / pixels;
    const image = await makeVolume(
      {
        grid: {
          size: [pixels, pixels, slices],
          spacing: [mm, mm, sliceMm],
          origin: [-HALF_CT + mm / 2, -HALF_CT + mm / 2, firstZ],
        },
        dtype: 'int16',
        data: drawSignal(
          shapes,
          { pixels, slices, sliceMm, firstZ },
          modality === 'PT' ? (name) => (PET_SUV[name] ?? 0) * BQML_PER_SUV : (name) => MR_SIGNAL[name] ?? 0,
        ),
      },
      task,
    );
    const { SOPInstanceUID: _one, ...whose } = identity(modality, `Phantom ${modality}`);
    const into = join(folder, modality);
    await mkdir(into, { recursive: true });
    await writeImageSeries(
      {
        volume: image,
        folder: into,
        modality,
        identity: {
          ...whose,
          SOPInstanceUIDs: ctIdentity.SOPInstanceUIDs.map((_uid, k) => uid(`${modality} slice ${k}`)),
        },
        ...(modality === 'PT' && { injection: INJECTION }),
      },
      task,
    );
    addon().dispose(image);
  }
  const planes = Array.from({ length: slices }, (_, k) => firstZ + k * sliceMm);
  await writeRtStruct(
    {
      path: join(folder, 'RS.dcm'),
      identity: identity('structures', 'Phantom structures'),
      label: 'PHANTOM',
      rois: drawRois(shapes, planes, options.structuresTimes ?? 1),
      referencedSeriesUID: ctIdentity.SeriesInstanceUID,
      referencedSOPInstanceUIDs: ctIdentity.SOPInstanceUIDs,
    },
    task,
  );
  await writeRtPlan(
    {
      path: join(folder, 'RP.dcm'),
      identity: identity('plan', 'Phantom plan'),
      referencedStructureSetUID: uid('structures'),
      label: 'PHANTOM',
      intent: 'CURATIVE',
      approval: 'APPROVED',
      fractions,
      prescriptions: [{ doseGy: prescriptionGy, roiNumber: 2, type: 'TARGET', description: 'PTV' }],
      beams: ['AP', 'PA'].map((name, i) => ({
        number: i + 1,
        name,
        doseGyPerFraction: prescriptionGy / fractions / 2,
        meterset: 100,
        machine: 'NONE',
        isocenter: [0, 0, 0],
      })),
    },
    task,
  );
  const grid = doseGrid(options.doseMm ?? 2.5);
  await writeRtDose(
    {
      path: join(folder, 'RD.dcm'),
      identity: identity('dose', 'Phantom dose'),
      grid,
      values: drawDose(grid, dose),
      DoseSummationType: 'PLAN',
      referencedRTPlanUIDs: [uid('plan')],
      referencedStructureSetUID: uid('structures'),
      bits: 32,
    },
    task,
  );
  return { folder, shapes, dose, prescriptionGy };
}

function inBody(x: number, y: number): boolean {
  return (x / BODY.a) ** 2 + (y / BODY.b) ** 2 <= 1;
}

function drawCt(shapes: readonly Shape[], slices: number, sliceMm: number, firstZ: number): Int16Array {
  const data = new Int16Array(CT_PIXELS * CT_PIXELS * slices).fill(-1000);
  // Numerical Recipes' linear congruential generator: the noise is the same everywhere.
  let state = 1;
  const noise = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.round((state / 2 ** 32 - 0.5) * 20);
  };
  for (let k = 0; k < slices; k++) {
    const z = firstZ + k * sliceMm;
    const near = shapes.filter(({ zRange }) => z >= zRange[0] && z <= zRange[1]);
    for (let j = 0; j < CT_PIXELS; j++) {
      const y = -HALF_CT + (j + 0.5) * CT_MM;
      for (let i = 0; i < CT_PIXELS; i++) {
        const x = -HALF_CT + (i + 0.5) * CT_MM;
        if (!inBody(x, y)) continue;
        const shape = near.find((one) => one.contains(x, y, z));
        data[(k * CT_PIXELS + j) * CT_PIXELS + i] = (shape ? (HU[shape.name] ?? 0) : 0) + noise();
      }
    }
  }
  return data;
}

/** One value per structure, and one of the body. */
function drawSignal(
  shapes: readonly Shape[],
  { pixels, slices, sliceMm, firstZ }: { pixels: number; slices: number; sliceMm: number; firstZ: number },
  signalOf: (name: string) => number,
): Int16Array {
  const data = new Int16Array(pixels * pixels * slices);
  const mm = (2 * HALF_CT) / pixels;
  for (let k = 0, n = 0; k < slices; k++) {
    const z = firstZ + k * sliceMm;
    const near = shapes.filter(({ zRange }) => z >= zRange[0] && z <= zRange[1]);
    for (let j = 0; j < pixels; j++) {
      const y = -HALF_CT + (j + 0.5) * mm;
      for (let i = 0; i < pixels; i++, n++) {
        const x = -HALF_CT + (i + 0.5) * mm;
        if (!inBody(x, y)) continue;
        data[n] = Math.round(signalOf(near.find((one) => one.contains(x, y, z))?.name ?? 'body'));
      }
    }
  }
  return data;
}

function drawRois(shapes: readonly Shape[], planes: readonly number[], times: number): RoiInput[] {
  const body: number[][] = planes.map((z) => {
    const loop: number[] = [];
    for (let i = 0; i < 180; i++) {
      const angle = (2 * Math.PI * i) / 180;
      loop.push(BODY.a * Math.cos(angle), BODY.b * Math.sin(angle), z);
    }
    return loop;
  });
  const solids = Array.from({ length: times }, (_, time) =>
    shapes.map((shape, i) => ({
      number: time * shapes.length + i + 2,
      name: time === 0 ? shape.name : `${shape.name} ${time + 1}`,
      type: shape.name === 'PTV' && time === 0 ? 'PTV' : 'ORGAN',
      color: COLORS[i + 1] as Triple,
      contours: planes.flatMap((z) => shape.contoursAt(z)),
    })),
  ).flat();
  return [{ number: 1, name: 'BODY', type: 'EXTERNAL', color: COLORS[0] as Triple, contours: body }, ...solids];
}

function doseGrid(spacing: number): { size: Triple; spacing: Triple; origin: Triple } {
  const count = Math.ceil((2 * HALF_DOSE) / spacing) + 1;
  const planes = Math.ceil((2 * (HALF_Z + 5)) / spacing) + 1;
  return {
    size: [count, count, planes],
    spacing: [spacing, spacing, spacing],
    origin: [-HALF_DOSE, -HALF_DOSE, -((planes - 1) * spacing) / 2],
  };
}

function drawDose(grid: { size: Triple; spacing: Triple; origin: Triple }, dose: LinearDose): Float64Array {
  const [ni, nj, nk] = grid.size;
  const axis = { x: 0, y: 1, z: 2 }[dose.axis];
  const values = new Float64Array(ni * nj * nk);
  const index = [0, 0, 0];
  for (let k = 0, at = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, at++) {
        index[0] = i;
        index[1] = j;
        index[2] = k;
        const coordinate = (grid.origin[axis] as number) + (index[axis] as number) * (grid.spacing[axis] as number);
        values[at] = Math.max(0, dose.atZeroGy + dose.gyPerMm * coordinate);
      }
    }
  }
  return values;
}
