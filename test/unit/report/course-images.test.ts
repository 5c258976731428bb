import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ExtractSliceArgs, IsolinesArgs, OutlineArgs } from '../../../lib/native/dose-types.js';
import { contentBox, gridBox, voxelPosition } from '../../../lib/rt/report-geometry.js';
import { coursePictures } from '../../../lib/rt/report-images.js';
import { isTarget } from '../../../lib/rt/report-targets.js';

const GRID = {
  size: [200, 200, 41],
  spacing: [2, 2, 5],
  origin: [-199, -199, -100],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  affine: [],
  orientation: 'LPS',
};
/** 4 × 4 × 3 voxels of 40 mm; the middle plane is nearer to the last. */
const DOSE_GRID = { ...GRID, size: [4, 4, 3], spacing: [40, 40, 40], origin: [-60, -60, -40] };
const PLANE_MM = [0, 50, 80];
const MAXIMUM_AT = 1 * 16 + 2 * 4 + 3;

const { disposed, state } = vi.hoisted(() => ({ disposed: [] as string[], state: { failing: false, slices: 41 } }));

vi.mock('../../../lib/runtime/addon.js', () => ({
  addon: () => ({
    describeVolume: () => ({ grid: { ...GRID, size: [200, 200, state.slices] } }),
    describeDose: () => ({ grid: DOSE_GRID, planeMm: PLANE_MM }),
    viewDose: () => Float32Array.from({ length: 48 }, (_, index) => (index === MAXIMUM_AT ? 66 : 10)),
    dispose: (handle: string) => disposed.push(handle),
  }),
}));

vi.mock('../../../lib/native/dicom.js', () => ({
  readSeries: async () => ({ volume: 'volume', summary: {} }),
  readRtDose: async () => ({ dose: 'dose', summary: {} }),
  readRtStruct: async () => ({
    rois: 'rois',
    summary: {
      rois: [
        { ROINumber: 3, ROIName: 'Bladder', contours: 4, zRangeMm: [-60, 60] },
        { ROINumber: 5, ROIName: 'PTV_low', contours: 4, zRangeMm: [-40, 0] },
        { ROINumber: 9, ROIName: 'PTV_high', contours: 4, zRangeMm: [12, 32] },
        { ROINumber: 11, ROIName: 'Empty', contours: 0 },
      ],
    },
  }),
}));

vi.mock('../../../lib/native/imaging.js', () => ({
  /** Water within 100 mm of the axis, air elsewhere; NaN at the first pixel. */
  extractSlice: async ({ extent = [0, 1, 0, 1], pixelMm, plane }: ExtractSliceArgs) => {
    if (state.failing) throw new Error('broken');
    const [u0, u1, v0, v1] = extent;
    const width = Math.floor((u1 - u0) / pixelMm) + 1;
    const height = Math.floor((v1 - v0) / pixelMm) + 1;
    const values = Float32Array.from({ length: width * height }, (_, index) => {
      const u = u0 + (index % width) * pixelMm;
      const v = plane === 'axial' ? v0 + Math.floor(index / width) * pixelMm : 0;
      return Math.hypot(u, v) < 100 ? 40 : -1000;
    });
    values[0] = Number.NaN;
    return { width, height, values, u0, v0, pixelMm };
  },
  isolines: async ({ levels }: IsolinesArgs) =>
    levels.map((level) => ({ level, lines: [Float64Array.of(0, 0, level, 0)] })),
  outline: async ({ index = 0 }: OutlineArgs) => {
    const x = 10 * index;
    return [Float64Array.of(x - 5, 0, x, 5, x + 5, 0, x, -5)];
  },
}));

const header = { path: 'x', size: 1, status: 'dicom' as const };
const image = {
  SeriesInstanceUID: '1',
  StudyInstanceUID: '2',
  FrameOfReferenceUID: '3',
  Modality: 'CT',
  headers: [header],
};
const settings = { slices: 5, windowHu: 400, levelHu: 40, isodosePct: [105, 50, 95, 120] };
const all = {
  image,
  structures: header,
  dosePath: 'd',
  rxGy: 60,
  roiNumbers: [9, 3, 5],
  meanGy: new Map([
    [5, 50],
    [9, 60],
    [3, 20],
  ]),
  settings,
};

async function pictures(of: Parameters<typeof coursePictures>[0]) {
  const result = await coursePictures(of, {});
  if (!('axial' in result)) throw new Error(result.absent);
  return result;
}

describe('coursePictures', () => {
  beforeEach(() => {
    disposed.length = 0;
    state.failing = false;
    state.slices = 41;
  });

  it('cuts through the target with the most dose, on slices of the image, over all targets', async () => {
    const { axial, start, coronal, sagittal, centre } = await pictures(all);
    expect(centre).toBe('Slices through the middle of PTV_high');
    const positions = axial.map(({ positionMm }) => positionMm);
    expect(positions).toEqual([-70, -35, -5, 20, 60]);
    expect(positions[start]).toBe(20);
    expect(coronal?.positionMm).toBe(0);
    expect(sagittal?.positionMm).toBe(20);
  });

  it('crops to the body, and maps outlines to the order of the page', async () => {
    const { axial } = await pictures(all);
    const [first] = axial;
    expect(first?.u0).toBeGreaterThan(-125);
    expect(first?.u0).toBeLessThan(-100);
    expect((first?.width ?? 0) * (first?.pixelMm ?? 0)).toBeLessThan(250);
    expect(Math.max(first?.width ?? 0, first?.height ?? 0)).toBeLessThanOrEqual(421);
    expect(first?.outlines.map(({ roi }) => roi)).toEqual([1, 2, 0]);
  });

  it('windows to grey with nothing outside the grid', async () => {
    const { axial, background } = await pictures(all);
    const gray = axial[0]?.gray ?? new Uint8Array();
    expect(gray[0]).toBe(0);
    expect(new Set(gray)).toEqual(new Set([0, 130]));
    expect(background).toBe('CT, window 400 HU, level 40 HU; isodose lines in percent of the prescription');
  });

  it('draws the levels that the dose reaches, in percent of the prescription or of the maximum', async () => {
    expect((await pictures(all)).levels).toEqual([
      { percent: 50, gy: 30 },
      { percent: 95, gy: 57 },
      { percent: 105, gy: 63 },
    ]);
    const relative = await pictures({ ...all, rxGy: undefined });
    expect(relative.levels.map(({ gy }) => gy)).toEqual([33, 62.7]);
    expect(relative.background).toContain('percent of the maximum dose');
  });

  it('shows the dose where there is no image, through its maximum where there is no target', async () => {
    const { background, centre, axial, start, coronal, sagittal } = await pictures({
      ...all,
      image: undefined,
      structures: undefined,
    });
    expect(background).toContain('the dose, brighter where it is higher');
    expect(centre).toBe('Slices through the dose maximum');
    expect([sagittal?.positionMm, coronal?.positionMm, axial[start]?.positionMm]).toEqual([60, 20, 0]);
  });

  it('shows the dose rather than an image of one slice, which alone has no side views', async () => {
    state.slices = 1;
    expect((await pictures(all)).background).toContain('as there is no image of more than two slices');
    const alone = await pictures({ ...all, structures: undefined, dosePath: undefined });
    expect([alone.axial.length, alone.coronal, alone.sagittal]).toEqual([1, undefined, undefined]);
  });

  it('says why there is nothing', async () => {
    expect(await coursePictures({ ...all, image: undefined, dosePath: undefined }, {})).toEqual({
      absent: 'The course has neither an image series nor a dose, so there is nothing to show.',
    });
  });

  it('lets go of what it read, also when it fails', async () => {
    await pictures(all);
    expect(disposed.sort()).toEqual(['dose', 'rois', 'volume']);
    disposed.length = 0;
    state.failing = true;
    await expect(coursePictures(all, {})).rejects.toThrow('broken');
    expect(disposed.sort()).toEqual(['dose', 'rois', 'volume']);
  });
});

describe('geometry', () => {
  it('finds the box of a turned grid', () => {
    const turned = {
      ...GRID,
      size: [3, 2, 2],
      spacing: [1, 2, 3],
      origin: [10, 20, 30],
      direction: [0, -1, 0, 1, 0, 0, 0, 0, -1],
    };
    expect(gridBox(turned as never)).toEqual([
      [8, 10],
      [20, 22],
      [27, 30],
    ]);
  });

  it('places a voxel on unevenly spaced planes', () => {
    expect(voxelPosition(DOSE_GRID as never, MAXIMUM_AT, PLANE_MM)).toEqual([60, 20, 10]);
  });

  it('ignores dust', () => {
    const values = new Float32Array(400);
    for (let v = 5; v < 15; v++) for (let u = 4; u < 12; u++) values[v * 20 + u] = 1;
    values[399] = 1;
    expect(contentBox({ width: 20, height: 20, values, u0: 100, v0: 0, pixelMm: 2 }, 0.5, 1)).toEqual([
      [107, 123],
      [9, 29],
    ]);
    expect(
      contentBox({ width: 20, height: 20, values: new Float32Array(400), u0: 0, v0: 0, pixelMm: 1 }, 0.5, 1),
    ).toBeUndefined();
  });
});

describe('isTarget', () => {
  it.each(['PTV', 'ptv60', '1 CTV boost', 'iGTV', 'Prostate_PTV'])('%s is a target', (name) => {
    expect(isTarget(name, undefined)).toBe(true);
  });
  it.each(['Bladder', 'Rectum', 'BODY'])('%s is none', (name) => {
    expect(isTarget(name, 'ORGAN')).toBe(false);
  });
  it('goes by type first', () => {
    expect(isTarget('Prostate', 'CTV')).toBe(true);
  });
});
