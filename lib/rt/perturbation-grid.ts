/** Grids of perturbations: noise x translation x contour x volume, the whole product, then rotations. */

import type { PerturbationArgs } from '../native/radiomics-types.js';
import type { RunConfig } from './run-config.js';

export interface NamedPerturbation extends PerturbationArgs {
  /** `ntcv_n10_t0_0_4_c1_v-15`, with `_r3` for a rotation. */
  readonly name: string;
  /** Whether only the outline changes. */
  readonly outlineOnly: boolean;
}

interface Axes {
  readonly noise: readonly number[];
  readonly shifts: readonly (readonly [number, number, number])[];
  readonly contours: number;
  readonly volumes: readonly number[];
}

/** The first perturbation changes nothing. */
export function perturbationGrid(settings: RunConfig['robustness']): NamedPerturbation[] {
  if (settings.grid === 'off') return [];
  const { noise, shifts, contours, volumes } = axesOf(settings);
  const offsetMm = settings.shiftMm / 2;
  const out: NamedPerturbation[] = [];
  for (const n of noise) {
    for (const shift of shifts) {
      for (let contour = 0; contour < contours; contour++) {
        for (const volume of volumes) {
          out.push({
            name: `ntcv_n${n}_t${shift.join('_')}_c${contour}_v${Math.round(100 * volume)}`,
            outlineOnly: n === 0,
            noise: n,
            shiftMm: [...shift],
            contour,
            offsetMm,
            volume,
          });
        }
      }
    }
  }
  for (const rotationDeg of settings.rotations) {
    out.push({ name: `ntcv_n0_t0_0_0_c0_v0_r${rotationDeg}`, outlineOnly: false, rotationDeg });
  }
  return out;
}

/** mild 2 x 3 x 2 x 1 = 12, standard 3 x 3 x 3 x 3 = 81, aggressive 3 x 7 x 3 x 5 = 315 with the default noise. */
function axesOf({ grid, noise, shiftMm: mm }: RunConfig['robustness']): Axes {
  const along: Axes['shifts'] = [
    [0, 0, 0],
    [0, 0, -mm],
    [0, 0, mm],
  ];
  switch (grid) {
    case 'mild':
      return { noise: noise.slice(0, 2), shifts: along, contours: 2, volumes: [0] };
    case 'aggressive':
      return {
        noise,
        shifts: [...along, [-mm, 0, 0], [mm, 0, 0], [0, -mm, 0], [0, mm, 0]],
        contours: 3,
        volumes: [0, -0.3, -0.15, 0.15, 0.3],
      };
    default:
      return { noise, shifts: along, contours: 3, volumes: [0, -0.15, 0.15] };
  }
}
