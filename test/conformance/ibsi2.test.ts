/** IBSI 2, phase 1: the consortium's response maps of the digital phantoms, voxel by voxel. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { getConfig } from '../../lib/config/resolve.js';
import { type FilterConfig, filterOf } from '../../lib/native/filter-config.js';
import { filterVolume } from '../../lib/native/filters.js';
import { readVolume } from '../../lib/native/formats.js';
import { viewVolume } from '../../lib/native/volume.js';
import { Context } from '../../lib/runtime/context.js';
import { parseCsv } from '../fixtures/csv.js';
import { sharedData } from '../fixtures/index.js';

type Case = readonly [phantom: string, filter: FilterConfig];

const mean = { type: 'mean', support: 15 } as const;
const laws3a = { type: 'laws', kernels: 'E5L5S5', boundary: 'zero' } as const;
const laws3b = { type: 'laws', kernels: 'E3W5R5', boundary: 'mirror' } as const;
const laws3c = { type: 'laws', kernels: 'L5S5', boundary: 'mirror', dimensions: 2 } as const;
const turned = { rotation_invariant: true, pooling: 'max' } as const;
const average = { rotation_invariant: true, pooling: 'average' } as const;
const gaborA = { type: 'gabor', sigma_mm: 10, lambda_mm: 4, gamma: 0.5, boundary: 'zero' } as const;
const gaborB = { type: 'gabor', sigma_mm: 20, lambda_mm: 8, gamma: 2.5, boundary: 'mirror' } as const;
const db2 = { type: 'wavelet', wavelet: 'db2', decomposition: 'LHL', boundary: 'zero' } as const;
const coif1 = { type: 'wavelet', wavelet: 'coif1', decomposition: 'HHL', boundary: 'periodic' } as const;
const haar = { type: 'wavelet', wavelet: 'haar', level: 2, boundary: 'mirror', ...average } as const;
const simoncelli = { type: 'nonseparable', wavelet: 'simoncelli', boundary: 'periodic' } as const;
const log3 = { type: 'log', sigma_mm: 3, boundary: 'zero' } as const;

/** IBSI 2 reference manual, table of phase 1; the phantoms' voxels are cubes of 2 mm. */
const CASES: Readonly<Record<string, Case>> = {
  '1_a_1': ['checkerboard', { ...mean, boundary: 'zero' }],
  '1_a_2': ['checkerboard', { ...mean, boundary: 'nearest' }],
  '1_a_3': ['checkerboard', { ...mean, boundary: 'periodic' }],
  '1_a_4': ['checkerboard', { ...mean, boundary: 'mirror' }],
  '1_b_1': ['impulse', { ...mean, boundary: 'zero', dimensions: 2 }],
  '2_a': ['impulse', log3],
  '2_b': ['checkerboard', { type: 'log', sigma_mm: 5, boundary: 'mirror' }],
  '2_c': ['checkerboard', { type: 'log', sigma_mm: 5, boundary: 'mirror', dimensions: 2 }],
  '3_a_1': ['impulse', laws3a],
  '3_a_2': ['impulse', { ...laws3a, ...turned }],
  '3_a_3': ['impulse', { ...laws3a, ...turned, energy_distance: 7 }],
  '3_b_1': ['checkerboard', laws3b],
  '3_b_2': ['checkerboard', { ...laws3b, ...turned }],
  '3_b_3': ['checkerboard', { ...laws3b, ...turned, energy_distance: 7 }],
  '3_c_1': ['checkerboard', laws3c],
  '3_c_2': ['checkerboard', { ...laws3c, ...turned }],
  '3_c_3': ['checkerboard', { ...laws3c, ...turned, energy_distance: 7 }],
  '4_a_1': ['impulse', { ...gaborA, theta_deg: 60 }],
  '4_a_2': ['impulse', { ...gaborA, theta_step_deg: 45, ...average }],
  '4_b_1': ['sphere', { ...gaborB, theta_deg: 225 }],
  '4_b_2': ['sphere', { ...gaborB, theta_step_deg: 22.5, ...average }],
  '5_a_1': ['impulse', db2],
  '5_a_2': ['impulse', { ...db2, ...average }],
  '6_a_1': ['sphere', coif1],
  '6_a_2': ['sphere', { ...coif1, ...average }],
  '7_a_1': ['checkerboard', { ...haar, decomposition: 'LLL' }],
  '7_a_2': ['checkerboard', { ...haar, decomposition: 'HHH' }],
  '8_a_1': ['checkerboard', { ...simoncelli, level: 1 }],
  '8_a_2': ['checkerboard', { ...simoncelli, level: 2 }],
  '8_a_3': ['checkerboard', { ...simoncelli, level: 3 }],
  '9_a': ['impulse', { ...log3, riesz: [1, 0, 0] }],
  '9_b_1': ['sphere', { ...log3, riesz: [0, 2, 0] }],
  '10_b_1': ['pattern_1', { ...simoncelli, level: 1, riesz: [0, 2, 0] }],
};

/** In phase 1 the consortium found no agreement on these, and gives no map. */
const NO_CONSENSUS = ['9_b_2', '10_a', '10_b_2'];

const folder = join(sharedData ?? '', 'ibsi2-digital');
const mapPath = (id: string) => join(folder, 'reference_response_maps', `${id}-ValidCRM.nii.gz`);
const golden = parseCsv(join(import.meta.dirname, '../golden/ibsi2-maps.csv'));

async function respond([phantom, filter]: Case, threads: number): Promise<Float32Array> {
  const config = getConfig();
  const context = new Context({ ...config, read: { ...config.read, concurrency: threads } });
  const { volume } = await readVolume({ path: join(folder, 'nifti', phantom, 'image', `${phantom}.nii.gz`) });
  return viewVolume(await filterVolume({ volume, filter: filterOf(filter) }, { context })) as Float32Array;
}

describe('IBSI 2 phase 1', () => {
  it('the golden voxels are of every configuration that has a map', () => {
    expect([...new Set(golden.map(({ map }) => map))].sort()).toEqual(Object.keys(CASES).sort());
    for (const id of NO_CONSENSUS) expect(CASES).not.toHaveProperty(id);
  });

  it.skipIf(sharedData === undefined)('every map given is a configuration', () => {
    const given = readdirSync(join(folder, 'reference_response_maps')).map((name) => name.split('-')[0]);
    expect(given.filter((id) => !((id as string) in CASES))).toEqual([]);
  });

  it.skipIf(sharedData === undefined).each(Object.keys(CASES))('%s', async (id) => {
    const response = await respond(CASES[id] as Case, 1);
    expect(Buffer.from((await respond(CASES[id] as Case, 2)).buffer).equals(Buffer.from(response.buffer))).toBe(true);
    // 1 % of the range of the reference: the tolerance of the consortium.
    const rows = golden.filter(({ map }) => map === id);
    const wrong = rows.filter(
      ({ voxel, value, tolerance }) =>
        !(Math.abs((response[Number(voxel)] ?? NaN) - Number(value)) <= Number(tolerance)),
    );
    expect(wrong).toEqual([]);
    if (!existsSync(mapPath(id))) return;
    const reference = viewVolume((await readVolume({ path: mapPath(id) })).volume) as Float32Array;
    expect(response).toHaveLength(reference.length);
    let least = Infinity;
    let most = -Infinity;
    let apart = 0;
    for (const [v, value] of reference.entries()) {
      least = Math.min(least, value);
      most = Math.max(most, value);
      const away = Math.abs((response[v] as number) - value);
      apart = away <= apart ? apart : away;
    }
    expect(apart).toBeLessThanOrEqual(0.01 * (most - least));
  });
});
