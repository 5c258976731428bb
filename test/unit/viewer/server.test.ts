/** The viewer's server, asked as browsers and others ask: over a socket, on the phantom's own output folder. */

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readVolume, writeVolume } from '../../../lib/native/formats.js';
import { viewVolume } from '../../../lib/native/volume.js';
import { writePhantom } from '../../../lib/phantom/patient.js';
import { loadRunConfig } from '../../../lib/rt/load-config.js';
import { silentLog } from '../../../lib/rt/log.js';
import { runPipeline } from '../../../lib/rt/run.js';
import { defaultContext } from '../../../lib/runtime/context.js';
import { findCourses } from '../../../lib/viewer/courses.js';
import { type OpenViewer, openViewer } from '../../../lib/viewer/index.js';
import { temporaryFolder } from '../../fixtures/index.js';

const folder = temporaryFolder();
const outdir = join(folder, 'out');
const task = { context: defaultContext() };
let viewer: OpenViewer;

beforeAll(async () => {
  const dicomRoot = join(folder, 'phantom');
  mkdirSync(dicomRoot);
  await writePhantom(dicomRoot);
  await runPipeline({
    dicomRoot,
    outdir,
    config: await loadRunConfig(undefined),
    stages: ['organize', 'dvh', 'qc'],
    log: silentLog,
    signal: new AbortController().signal,
    workers: 2,
  });
  viewer = await openViewer(outdir, 0, task);
});
afterAll(() => viewer.close());

/** Asks exactly what is given: nothing is resolved or encoded on the way. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: viewer.port, path, method, headers, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}
const base = () => new URL(viewer.url).pathname;

describe('the server', () => {
  it('lists the courses, and shows one', async () => {
    expect(viewer.courses).toBe(1);
    const list = await ask(base());
    expect(list.body.toString()).toContain('<bdi>PHANTOM</bdi>');
    const page = await ask(`${base()}view/0/`);
    expect(page.status).toBe(200);
    for (const name of ['PTV', 'Tube', 'Dose–volume curves']) expect(page.body.toString()).toContain(name);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe-(inline|eval)|https?:/);
    expect(page.headers['referrer-policy']).toBe('no-referrer');
  });

  it('is reached from this machine only', async () => {
    const { host } = new URL(viewer.url);
    expect(host).toBe(`127.0.0.1:${viewer.port}`);
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.2', port: viewer.port });
      socket.on('error', () => resolve());
      socket.on('connect', () => reject(new Error('Answered on another address than 127.0.0.1')));
    });
  });

  it('wants the token and its own name', async () => {
    expect((await ask('/')).status).toBe(404);
    expect((await ask(`/${'A'.repeat(32)}/view/0/image`)).status).toBe(404);
    expect((await ask(base(), { host: 'evil.example' })).status).toBe(421);
    expect((await ask(base(), {}, 'POST')).status).toBe(405);
  });

  it('gives the voxels of the NIfTI in ranges that fit together', async () => {
    const [course] = await findCourses(outdir);
    const { volume } = await readVolume({ path: join(course?.folder ?? '', 'NIFTI/ct.nii.gz') }, task);
    const view = viewVolume(volume);
    const voxels = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
    const whole = await ask(`${base()}view/0/image`);
    expect(whole.status).toBe(200);
    expect(whole.headers['accept-ranges']).toBe('bytes');
    expect(whole.body.equals(voxels)).toBe(true);
    const cut = 100_001;
    const first = await ask(`${base()}view/0/image`, { range: `bytes=0-${cut - 1}` });
    const rest = await ask(`${base()}view/0/image`, { range: `bytes=${cut}-` });
    expect([first.status, rest.status]).toEqual([206, 206]);
    expect(rest.headers['content-range']).toBe(`bytes ${cut}-${voxels.length - 1}/${voxels.length}`);
    expect(Buffer.concat([first.body, rest.body]).equals(voxels)).toBe(true);
    expect((await ask(`${base()}view/0/image`, { range: `bytes=${voxels.length}-` })).status).toBe(416);
    const head = await ask(`${base()}view/0/image`, {}, 'HEAD');
    expect([head.headers['content-length'], head.body.length]).toEqual([String(voxels.length), 0]);
  });

  it('cuts structures and isodoses where the phantom has them', async () => {
    const { body } = await ask(`${base()}view/0/cut?plane=axial&mm=0&gy=40`);
    const { outlines, isodoses } = JSON.parse(body.toString());
    const page = (await ask(`${base()}view/0/`)).body.toString();
    const { rois } = JSON.parse(/id="scene-data">(.*?)<\/script>/s.exec(page)?.[1] ?? '{}');
    const of = (name: string) =>
      outlines.find(({ roi }: { roi: number }) => rois[roi].name === name)?.lines.flat() as number[];
    // The target is a sphere of 25 mm around the origin; lines are in hundredths of a millimetre.
    const ptv = of('PTV');
    const radii = ptv.flatMap((u, at) => (at % 2 === 0 ? [Math.hypot(u, ptv[at + 1] ?? 0) / 100] : []));
    expect(Math.min(...radii)).toBeGreaterThan(24.5);
    expect(Math.max(...radii)).toBeLessThan(25.5);
    // The dose rises along y only and is 40 Gy in the middle.
    const probe = isodoses.find(({ level }: { level: number }) => level === -1).lines.flat() as number[];
    for (const y of probe.filter((_, at) => at % 2 === 1)) expect(Math.abs(y / 100)).toBeLessThan(0.2);
  });

  it.each([
    'plane=oblique&mm=0',
    'plane=axial',
    'plane=axial&mm=x',
    'plane=axial&mm=0&gy=NaN',
  ])('says what is wrong with %s', async (query) => {
    const { status, body } = await ask(`${base()}view/0/cut?${query}`);
    expect([status, JSON.parse(body.toString()).code]).toEqual([400, 'ERR_INVALID_ARGUMENT']);
  });

  it.each([
    '../../../etc/passwd',
    '..%2f..%2f..%2fetc%2fpasswd',
    'assets/../../package.json',
    'assets/%2e%2e/package.json',
    'assets/viewer.js/../../x',
    'view/0/../../PHANTOM/2024-01/RS.dcm',
    'view/0/RS.dcm',
    'view/1/',
    'view/-1/',
    'view/99999999/',
    'PHANTOM/2024-01/RS.dcm',
    'PHANTOM/2024-01/../../secret.html',
    '_RESULTS/dvh_metrics.csv',
    '%00',
    '\\..\\..',
  ])('knows no address %s', async (path) => {
    expect((await ask(base() + path)).status).toBe(404);
  });

  it("shows the course's report as a stranger, and no file that a link leads to outside", async () => {
    const course = (await findCourses(outdir))[0]?.folder ?? '';
    const secret = join(folder, 'secret.html');
    writeFileSync(secret, 'secret');
    symlinkSync(secret, join(course, 'report.html'));
    expect((await ask(`${base()}PHANTOM/2024-01/report.html`)).status).toBe(404);
    const cohort = await ask(`${base()}_RESULTS/report.html`);
    expect(cohort.body.equals(readFileSync(join(outdir, '_RESULTS/report.html')))).toBe(true);
    expect(cohort.headers['content-security-policy']).toMatch(/^sandbox allow-scripts/);
    expect(String(cohort.headers['content-security-policy'])).not.toContain('allow-same-origin');
  });

  it('gives every script that the page asks for', async () => {
    for (const name of ['viewer.js', 'page.js', 'echarts.js', 'niivue.js', 'style.css']) {
      const { status, body, headers } = await ask(`${base()}assets/${name}`);
      expect([name, status, headers['x-content-type-options']]).toEqual([name, 200, 'nosniff']);
      expect(body.length).toBeGreaterThan(1000);
    }
  });
});

describe('one volume', () => {
  it('is shown without a list, converted where the page knows no such type', async () => {
    const [course] = await findCourses(outdir);
    const { volume } = await readVolume({ path: join(course?.folder ?? '', 'NIFTI/ct.nii.gz') }, task);
    const path = join(folder, 'one.nrrd');
    await writeVolume({ volume, path });
    const one = await openViewer(path, 0, task);
    try {
      const response = await fetch(one.url);
      const page = await response.text();
      expect(response.url).toBe(`${one.url}view/0/`);
      expect(page).toContain('<bdi>one.nrrd</bdi>');
      expect(page).not.toContain('Courses');
    } finally {
      await one.close();
    }
  });

  it('that is not there is said before anything is served', async () => {
    await expect(openViewer(join(folder, 'absent.nii'), 0, task)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  it('a port that is taken is named', async () => {
    await expect(openViewer(outdir, viewer.port, task)).rejects.toMatchObject({
      code: 'ERR_IO',
      message: expect.stringContaining(String(viewer.port)),
    });
  });
});
