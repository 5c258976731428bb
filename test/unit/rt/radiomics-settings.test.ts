/** The parameter sets of the radiomics stage are those that rtpipeline documents for CT, MR and PET. */

import { describe, expect, it } from 'vitest';

import { settingsFor } from '../../../lib/rt/radiomics.js';
import { runConfigSchema } from '../../../lib/rt/run-config.js';

const of = (modality: string, radiomics: Record<string, unknown> = {}) =>
  settingsFor(runConfigSchema.parse({ radiomics }), modality).pyradiomics;

const sigmas = (settings: ReturnType<typeof of>): readonly number[] | undefined =>
  settings.images?.find(({ type }) => type === 'LoG')?.sigma;

describe('parameter sets by modality', () => {
  it.each([
    ['CT', {}, 1, { binWidth: 25 }, [1, 2, 3, 5], true],
    ['MR', {}, 1, { binCount: 64, normalize: true }, [2, 3, 4], false],
    ['PT', {}, 3, { binWidth: 0.25 }, [1, 2, 3], true],
    ['PT', { petTracer: 'PSMA' }, 3, { binWidth: 0.5 }, [2, 3, 4], true],
  ])('%s %o', (modality, radiomics, spacing, bins, log, wavelet) => {
    const settings = of(modality, radiomics);
    expect(settings).toMatchObject({
      resampledPixelSpacing: [spacing, spacing, spacing],
      interpolator: 'cubic',
      distances: [1, 2],
      padDistance: 5,
      ...bins,
    });
    expect(sigmas(settings)).toEqual(log);
    expect(settings.images?.some((image) => image.type === 'Wavelet' && image.wavelet === 'coif1')).toBe(wavelet);
  });

  it('of the dose: bins of 1 Gy from 0, no filters, and no width of images', () => {
    const { pyradiomics, ibsi } = settingsFor(runConfigSchema.parse({ radiomics: { binWidth: 5 } }), 'RTDOSE');
    expect(pyradiomics).toMatchObject({
      binWidth: 1,
      interpolator: 'linear',
      resampledPixelSpacing: [2, 2, 2],
      images: [{ type: 'Original' }],
    });
    expect(ibsi.discretise).toEqual({ method: 'fbs', width: 1, min: 0 });
  });

  it('only the original image when asked, and a width of one\u2019s own', () => {
    const settings = of('MR', { images: 'original', binWidth: 5 });
    expect(settings.images).toBeUndefined();
    expect(settings).toMatchObject({ binWidth: 5 });
    expect(settings.binCount).toBeUndefined();
  });
});
