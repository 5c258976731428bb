/**
 * Where body regions begin and end, by structures that models find. Names and margins are those that rtpipeline's users
 * know: pelvis from the top of L1 to 10 cm above the lower end of the femora, and so on.
 */

import type { RunConfig } from './run-config.js';

export interface Edge {
  /** The first of these that the course has counts. */
  readonly roi: readonly string[];
  readonly side: 'superior' | 'inferior';
  /** Beyond that side of the structure; negative stays inside it. */
  readonly marginMm: number;
}

export interface Region {
  readonly superior: Edge;
  readonly inferior: Edge;
}

const edge = (side: Edge['side'], marginMm: number, ...roi: string[]): Edge => ({ roi, side, marginMm });

export const REGIONS: Readonly<Record<string, Region>> = {
  pelvis: {
    superior: edge('superior', 0, 'vertebrae_L1'),
    inferior: edge('inferior', -100, 'femur_left', 'femur_right'),
  },
  abdomen: { superior: edge('superior', 20, 'vertebrae_T12'), inferior: edge('inferior', 20, 'vertebrae_L5') },
  thorax: {
    superior: edge('superior', 20, 'vertebrae_C7', 'lung_upper_lobe_left', 'lung_upper_lobe_right'),
    inferior: edge('inferior', 20, 'vertebrae_L1', 'liver'),
  },
  head_neck: {
    superior: edge('superior', 20, 'skull'),
    inferior: edge('inferior', 20, 'vertebrae_C7', 'clavicula_left', 'clavicula_right'),
  },
  brain: { superior: edge('superior', 10, 'brain'), inferior: edge('inferior', 10, 'brain') },
};

/** The edges asked for, or undefined when no cropping is. */
export function regionOf({ crop }: RunConfig): Partial<Region> | undefined {
  const region = crop.region === undefined ? undefined : REGIONS[crop.region];
  const superior = crop.superior ?? region?.superior;
  const inferior = crop.inferior ?? region?.inferior;
  if (!superior && !inferior) return undefined;
  return { ...(superior ? { superior } : {}), ...(inferior ? { inferior } : {}) };
}
