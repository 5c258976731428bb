/** A course and a cohort made of formulas: a chest with a target, a dose around it, and names that mean harm. */

import type { CohortReportData, CourseReportData, PanelData, PanelPlane, RoiData } from '../../../lib/report/data.js';
import type { Row, Table } from '../../../lib/table/table.js';

type Point = readonly [number, number, number];

interface Ellipsoid {
  readonly name: string;
  readonly type: string;
  readonly color: readonly [number, number, number];
  readonly centre: Point;
  readonly radii: Point;
  readonly hu: number;
}

export const HOSTILE_NAME = `<script>alert('x')</script> "q" \u202eRTL\u001b[31m & co`;

const BODIES: readonly Ellipsoid[] = [
  { name: 'BODY', type: 'EXTERNAL', color: [0, 255, 0], centre: [0, 0, 0], radii: [180, 115, 400], hu: 30 },
  { name: 'Lung_R', type: 'ORGAN', color: [120, 170, 255], centre: [-85, -5, 10], radii: [58, 75, 105], hu: -780 },
  { name: 'Lung_L', type: 'ORGAN', color: [70, 110, 220], centre: [88, -5, 10], radii: [55, 75, 105], hu: -790 },
  { name: 'Heart', type: 'ORGAN', color: [255, 80, 80], centre: [28, -35, -35], radii: [48, 42, 50], hu: 45 },
  { name: 'SpinalCord', type: 'ORGAN', color: [255, 255, 0], centre: [0, 72, 0], radii: [8, 8, 300], hu: 60 },
  { name: HOSTILE_NAME, type: 'ORGAN', color: [255, 255, 255], centre: [0, 45, 0], radii: [10, 9, 120], hu: 20 },
  { name: 'CTV', type: 'CTV', color: [255, 0, 255], centre: [-62, 8, 22], radii: [20, 22, 24], hu: 40 },
  { name: 'PTV_60', type: 'PTV', color: [255, 0, 0], centre: [-62, 8, 22], radii: [28, 30, 32], hu: 40 },
];

const RX = 60;
const TARGET: Point = [-62, 8, 22];

function doseAt([x, y, z]: Point): number {
  const distance = Math.hypot((x - TARGET[0]) / 1.15, y - TARGET[1], z - TARGET[2]);
  const beam = 0.28 * Math.exp(-(((y - TARGET[1]) / 22) ** 2)) * Math.exp(-(((z - TARGET[2]) / 34) ** 2));
  return RX * Math.min(1.07, 1.06 / (1 + Math.exp((distance - 40) / 6)) + beam);
}

function noise(i: number, j: number): number {
  const value = Math.sin(i * 127.1 + j * 311.7) * 43758.5453;
  return (value - Math.floor(value) - 0.5) * 50;
}

function huAt(point: Point): number {
  const inside = (body: Ellipsoid) =>
    body.radii.reduce(
      (sum, radius, axis) => sum + (((point[axis] ?? 0) - (body.centre[axis] ?? 0)) / radius) ** 2,
      0,
    ) <= 1;
  let hu = -1000;
  for (const body of BODIES) if (inside(body)) hu = body.hu;
  const bone = Math.hypot(point[0] / 1.2, point[1] - 70);
  return bone < 24 && bone > 11 ? 550 : hu;
}

const PLANE_AXES: Record<PanelPlane, readonly [number, number, number]> = {
  axial: [0, 1, 2],
  coronal: [0, 2, 1],
  sagittal: [1, 2, 0],
};

function ellipse(body: Ellipsoid, plane: PanelPlane, positionMm: number): number[][] {
  const [u, v, w] = PLANE_AXES[plane];
  const rest = 1 - ((positionMm - (body.centre[w] ?? 0)) / (body.radii[w] ?? 1)) ** 2;
  if (rest <= 0) return [];
  const line: number[] = [];
  for (let step = 0; step <= 120; step++) {
    const angle = ((step % 120) * Math.PI) / 60;
    line.push((body.centre[u] ?? 0) + (body.radii[u] ?? 0) * Math.sqrt(rest) * Math.cos(angle));
    line.push((body.centre[v] ?? 0) + (body.radii[v] ?? 0) * Math.sqrt(rest) * Math.sin(angle));
  }
  return [line];
}

const LEVELS = [20, 50, 80, 95, 100, 105].map((percent) => ({ percent, gy: (percent * RX) / 100 }));

function isoline(gy: number, plane: PanelPlane, positionMm: number): number[][] {
  const [u, v, w] = PLANE_AXES[plane];
  const at = (radius: number, angle: number): [number, number] => [
    (TARGET[u] ?? 0) + radius * Math.cos(angle),
    (TARGET[v] ?? 0) + radius * Math.sin(angle),
  ];
  const dose = (radius: number, angle: number) => {
    const point = [0, 0, 0] as [number, number, number];
    [point[u], point[v]] = at(radius, angle);
    point[w] = positionMm;
    return doseAt(point);
  };
  if (dose(0, 0) < gy) return [];
  const line: number[] = [];
  for (let step = 0; step <= 180; step++) {
    const angle = ((step % 180) * Math.PI) / 90;
    let radius = 0;
    while (radius < 230 && dose(radius, angle) >= gy) radius += 0.5;
    line.push(...at(radius, angle));
  }
  return [line];
}

function panel(plane: PanelPlane, positionMm: number, pixelMm = 1): PanelData {
  const [u, v, w] = PLANE_AXES[plane];
  const [u0, v0] = [plane === 'sagittal' ? -130 : -200, plane === 'axial' ? -130 : -150];
  const width = Math.round((-2 * u0) / pixelMm);
  const height = Math.round((-2 * v0) / pixelMm);
  const gray = new Uint8Array(width * height);
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const point = [0, 0, 0] as [number, number, number];
      point[u] = u0 + i * pixelMm;
      point[v] = v0 + j * pixelMm;
      point[w] = positionMm;
      gray[j * width + i] = Math.max(0, Math.min(255, ((huAt(point) + noise(i, j) + 160) / 400) * 255));
    }
  }
  return {
    plane,
    positionMm,
    width,
    height,
    u0,
    v0,
    pixelMm,
    gray,
    outlines: BODIES.map((body, roi) => ({ roi, lines: ellipse(body, plane, positionMm) })),
    isodoses: LEVELS.map(({ gy }, level) => ({ level, lines: isoline(gy, plane, positionMm) })),
  };
}

function measure(body: Ellipsoid): RoiData {
  const doses: number[] = [];
  for (let a = -1; a <= 1; a += 0.08)
    for (let b = -1; b <= 1; b += 0.08)
      for (let c = -1; c <= 1; c += 0.08)
        if (a * a + b * b + c * c <= 1)
          doses.push(
            doseAt([
              body.centre[0] + a * body.radii[0],
              body.centre[1] + b * body.radii[1],
              body.centre[2] + c * body.radii[2],
            ]),
          );
  doses.sort((x, y) => x - y);
  const volumeCc = ((4 / 3) * Math.PI * body.radii[0] * body.radii[1] * body.radii[2]) / 1000;
  const doseGy = Array.from({ length: 681 }, (_, index) => index / 10);
  let below = 0;
  const curve = doseGy.map((dose) => {
    while (below < doses.length && (doses[below] ?? 0) < dose) below++;
    return (volumeCc * (doses.length - below)) / doses.length;
  });
  return {
    number: BODIES.indexOf(body) + 1,
    name: body.name,
    type: body.type,
    isTarget: /^[CP]TV/.test(body.name),
    color: body.color,
    volumeCc,
    meanGy: doses.reduce((sum, dose) => sum + dose, 0) / doses.length,
    maxGy: doses.at(-1),
    curve: { doseGy, volumeCc: curve },
  };
}

function atVolume(roi: RoiData, percent: number): number {
  const index = roi.curve?.volumeCc.findIndex((volume) => volume < (percent / 100) * (roi.volumeCc ?? 0)) ?? 0;
  return roi.curve?.doseGy[index] ?? 0;
}

export function sampleTable(rois: readonly RoiData[]): Table {
  const column = (name: string, type: 'string' | 'float' | 'int', unit: string, definition: string) => ({
    name,
    type,
    unit,
    definition,
  });
  const doses = [2, 50, 95, 98].map((x) =>
    column(`D${x}Gy`, 'float', 'Gy', `Dose that the hottest ${x} % of the volume receives at least.`),
  );
  return {
    name: 'dvh_metrics',
    title: 'Dose-volume metrics',
    columns: [
      column('patient_id', 'string', '', 'Patient.'),
      column('course_id', 'string', '', 'Course.'),
      column('ROI_Number', 'int', '', 'Number.'),
      column('ROI_Name', 'string', '', 'Name.'),
      column('Segmentation_Source', 'string', '', 'Where the structure comes from.'),
      column('Volume (cm³)', 'float', 'cc', 'Volume.'),
      column('DmeanGy', 'float', 'Gy', 'Mean dose.'),
      column('DmaxGy', 'float', 'Gy', 'Maximum dose.'),
      ...doses,
      column('HI', 'float', '', '(D2 − D98) / D50.'),
      column('V95%Rx (%)', 'float', '%', 'Volume that receives 95 % of the prescription.'),
      column('V20Gy (%)', 'float', '%', 'Volume that receives 20 Gy.'),
    ],
    rows: rois.map(
      (roi): Row => ({
        patient_id: 'LUNG-014',
        course_id: '2024-03',
        ROI_Number: roi.number,
        ROI_Name: roi.name,
        Segmentation_Source: 'PlanRTSTRUCT',
        'Volume (cm³)': roi.volumeCc,
        DmeanGy: roi.meanGy,
        DmaxGy: roi.maxGy,
        D2Gy: atVolume(roi, 2),
        D50Gy: atVolume(roi, 50),
        D95Gy: atVolume(roi, 95),
        D98Gy: atVolume(roi, 98),
        HI: (atVolume(roi, 2) - atVolume(roi, 98)) / atVolume(roi, 50),
        'V95%Rx (%)': (100 * (roi.curve?.volumeCc[570] ?? 0)) / (roi.volumeCc ?? 1),
      }),
    ),
  };
}

export function sampleCourse(): CourseReportData {
  const rois = BODIES.map(measure);
  const uid = (tail: string) => `1.2.826.0.1.3680043.10.1338.7.${tail}`;
  return {
    patientId: 'LUNG-014',
    courseId: '2024-03',
    cohortHref: '../../_RESULTS/report.html',
    facts: [
      { label: 'Prescription', value: '60.00 Gy', note: '30 fractions of 2.00 Gy; from the plan' },
      { label: 'Dose maximum', value: '64.20 Gy', note: '107.0 % of the prescription' },
      {
        label: 'PTV_60',
        value: `D95 ${atVolume(rois[7] as RoiData, 95).toFixed(1)} Gy`,
        note: `${(rois[7]?.volumeCc ?? 0).toFixed(1)} cm³`,
      },
      { label: 'Structures', value: '8', note: '1 with a finding' },
      { label: 'CT', value: '142 slices', note: '0.98 × 0.98 × 2.50 mm' },
    ],
    qc: {
      overall: 'WARNING',
      checks: [
        { name: 'File existence', status: 'PASS', reason: 'CT, structures, plan and dose are present.', findings: [] },
        { name: 'CT geometry', status: 'PASS', reason: '142 slices, spacing 2.50 mm throughout.', findings: [] },
        {
          name: 'Dose coverage',
          status: 'WARNING',
          reason: 'One structure leaves the dose grid.',
          findings: [
            {
              code: 'dose.partial_coverage',
              severity: 'warn',
              subject: 'SpinalCord',
              message: '62 % of the volume lies inside the dose grid.',
            },
          ],
        },
        { name: 'Frame consistency', status: 'PASS', reason: 'One frame of reference.', findings: [] },
        { name: 'Treatment records', status: 'SKIPPED', reason: 'The course has none.', findings: [] },
      ],
    },
    dose: {
      doseClass: 'single',
      reason: 'One RTDOSE of type PLAN refers to the plan.',
      rxGy: RX,
      rxSource: 'rtplan_dicom',
      maximumGy: 64.2,
    },
    rois,
    metrics: sampleTable(rois),
    images: {
      background: 'CT, window 400 HU, level 40 HU',
      centre: 'Slices through the centre of PTV_60',
      levels: LEVELS,
      axial: [-60, -30, 0, 22, 40, 60, 90].map((z) => panel('axial', z)),
      start: 3,
      coronal: panel('coronal', TARGET[1]),
      sagittal: panel('sagittal', TARGET[0]),
    },
    links: [
      {
        kind: 'plan-structures',
        from: uid('1.2'),
        to: uid('2.1'),
        rule: 'ReferencedStructureSetSequence',
        reason: 'The plan names this structure set.',
      },
      {
        kind: 'dose-plan',
        from: uid('3.1'),
        to: uid('1.2'),
        rule: 'ReferencedRTPlanSequence',
        reason: 'The dose names this plan.',
      },
      {
        kind: 'structures-images',
        from: uid('2.1'),
        to: uid('4'),
        rule: 'ContourImageSequence',
        reason: 'The contours were drawn on 142 images of this series.',
      },
    ],
    findings: [{ code: 'roi.empty', severity: 'info', subject: 'Couch', message: 'The structure has no contour.' }],
    provenance: [
      { label: 'Isovox', value: '0.1.0' },
      { label: 'Settings', value: '4f1c2a9be07d51c6' },
      { label: 'RTDOSE', value: uid('3.1'), note: 'sha256 9b1d…' },
    ],
  };
}

/** Neither images nor doses: the page still says why. */
export function bareCourse(): CourseReportData {
  return {
    ...sampleCourse(),
    facts: [],
    rois: [],
    curvesAbsent: 'No dose belongs to this course.',
    findings: [],
    links: [],
    provenance: [],
    dose: { doseClass: 'none', reason: 'No RTDOSE was found.' },
    metrics: { ...sampleTable([]), rows: [] },
    images: { absent: 'Neither images nor a dose belong to this course.' },
  };
}

export function sampleCohort(): CohortReportData {
  const courses = Array.from({ length: 14 }, (_, index) => ({
    patientId: index === 5 ? HOSTILE_NAME : `LUNG-${String(index + 9).padStart(3, '0')}`,
    courseId: '2024-03',
    href: index === 11 ? undefined : `../LUNG-${index + 9}/2024-03/report.html`,
    qc: (['PASS', 'PASS', 'WARNING', 'PASS', 'FAIL'] as const)[index % 5] ?? 'PASS',
    doseClass: index % 4 === 3 ? 'plan-sum' : 'single',
    rxGy: index === 11 ? undefined : 50 + (index % 3) * 8,
    maximumGy: index === 11 ? undefined : 54 + (index % 3) * 8.4,
    rois: 8 + (index % 6),
    warnings: index % 5 === 2 ? 2 : 0,
    failures: index % 5 === 4 ? 1 : 0,
    remark: index === 11 ? 'dvh: no dose that may be used, several plans without a sum' : undefined,
  }));
  const values = (mean: number, spread: number) =>
    courses.map(({ patientId, courseId }, index) => ({
      label: `${patientId} · ${courseId}`,
      value: Math.max(0, mean + spread * Math.sin(index * 2.4)),
    }));
  const groups = [
    { roi: 'PTV_60', values: values(59.6, 1.2) },
    { roi: 'CTV', values: values(60.4, 0.8) },
    { roi: 'Lung_R', values: values(14.2, 5) },
    { roi: 'Lung_L', values: values(6.8, 3.4) },
    { roi: 'Heart', values: values(9.5, 7) },
    { roi: 'SpinalCord', values: values(11, 6) },
    { roi: HOSTILE_NAME, values: values(20, 9) },
  ];
  return {
    title: 'Cohort of 14 courses',
    facts: [
      { label: 'Courses', value: '14', note: '13 patients' },
      { label: 'Structures measured', value: '147' },
      { label: 'Quality', value: '9 pass', note: '3 warnings, 2 failures' },
      { label: 'Refused files', value: '2' },
    ],
    courses,
    checks: [
      { name: 'File existence', counts: { PASS: 14 } },
      { name: 'CT geometry', counts: { PASS: 12, WARNING: 2 } },
      { name: 'Dose coverage', counts: { PASS: 9, WARNING: 3, FAIL: 2 } },
      { name: 'Plan', counts: { PASS: 10, SKIPPED: 4 } },
    ],
    failures: [
      {
        path: 'incoming/broken.dcm',
        stage: 'index',
        roi: '',
        code: 'ERR_CORRUPT_DATA',
        reason: 'The element (7FE0,0010) states 4294967294 bytes and 112 are left.',
      },
      { path: 'incoming/notes.txt', stage: 'index', roi: '', code: 'ERR_UNSUPPORTED', reason: 'Not a DICOM file.' },
    ],
    distributions: [
      { metric: 'DmeanGy', title: 'Mean dose', unit: 'Gy', groups },
      { metric: 'Volume (cm³)', title: 'Volume', unit: 'cm³', groups: groups.slice(0, 3) },
    ],
    configuration: 'dvh:\n  outside: exclude\n  vxMaxGy: 60\nreport:\n  slices: 12\n',
    provenance: [
      { label: 'Isovox', value: '0.1.0' },
      { label: 'Workers', value: 'not recorded: it decides no result' },
    ],
  };
}
