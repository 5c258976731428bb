/**
 * The viewer's server. It answers this machine only, from a table of addresses: no part of an address ever becomes a
 * path. Voxels are views of native memory and leave in ranges of bytes, so that a page draws the first while the rest
 * is on its way.
 */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { asIsovoxError, IsovoxError } from '../errors.js';
import type { PatientPlane } from '../native/dose-types.js';
import { packageRoot } from '../runtime/package-root.js';
import type { SubmitOptions } from '../runtime/task.js';
import { type CourseEntry, fileWithin } from './courses.js';
import { type CutAt, cutOf } from './cut.js';
import { newToken, refusalOf } from './guard.js';
import { listPage, refusalPage, STYLE_SHEET, scenePage, sceneStyle } from './pages.js';
import { rangeOf } from './ranges.js';
import type { Layer, Scene } from './scene.js';
import { SceneStore } from './scene-store.js';

export interface ViewerOptions {
  readonly courses: readonly CourseEntry[];
  /** Opens the course at a position of the list, or the one volume. */
  readonly open: (index: number, options: SubmitOptions) => Promise<Scene>;
  /** How many can be opened. */
  readonly count: number;
  /** The folder with `_RESULTS`, when there is one. */
  readonly outdir?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  readonly task: SubmitOptions;
}

export interface Viewer {
  /** With the token in it. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The page asks for nothing that is not here, and no other page may show it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self' data:",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
/** As much as one write hands to the socket. */
const PIECE_BYTES = 1 << 20;

interface Answer {
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

const NOT_FOUND = new IsovoxError('ERR_NOT_FOUND', 'Not found');

/** niivue gives no path of its own to require: its file is looked for where require would look. */
function niivueFile(): string {
  const folders = createRequire(import.meta.url).resolve.paths('@niivue/niivue') ?? [];
  const found = folders.map((folder) => join(folder, '@niivue/niivue/dist/index.js')).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new IsovoxError(
    'ERR_NOT_FOUND',
    'The viewer needs the package @niivue/niivue, which was left out when isovox was installed; npm install @niivue/niivue brings it',
    { package: '@niivue/niivue' },
  );
}

/** Scripts of the page by name; read once. */
async function loadAssets(): Promise<ReadonlyMap<string, Answer>> {
  const client = join(packageRoot, 'lib', 'viewer', 'client', 'viewer.js');
  const files = {
    'viewer.js': client,
    'page.js': join(packageRoot, 'lib', 'report', 'client', 'page.js'),
    'echarts.js': createRequire(import.meta.url).resolve('echarts/dist/echarts.common.min.js'),
    'niivue.js': niivueFile(),
  };
  const assets = new Map<string, Answer>([['style.css', { type: CSS, body: STYLE_SHEET }]]);
  for (const [name, path] of Object.entries(files)) assets.set(name, { type: SCRIPT, body: await readFile(path) });
  return assets;
}

const PLANES: readonly string[] = ['axial', 'coronal', 'sagittal'];

function cutAt(query: URLSearchParams): CutAt {
  const plane = query.get('plane') ?? '';
  const positionMm = Number(query.get('mm') ?? Number.NaN);
  const probe = query.get('gy');
  const probeGy = probe === null ? undefined : Number(probe);
  if (!PLANES.includes(plane))
    throw new IsovoxError('ERR_INVALID_ARGUMENT', 'Expected a plane: axial, coronal, sagittal');
  if (!Number.isFinite(positionMm) || (probeGy !== undefined && !Number.isFinite(probeGy))) {
    throw new IsovoxError('ERR_INVALID_ARGUMENT', 'Expected a position in millimetres and a dose in gray');
  }
  return { plane: plane as PatientPlane, positionMm, ...(probeGy === undefined ? {} : { probeGy }) };
}

function statusOf(code: string): number {
  if (code === 'ERR_NOT_FOUND') return 404;
  return code === 'ERR_INVALID_ARGUMENT' ? 400 : 500;
}

/** Starts to serve on 127.0.0.1. */
export async function serveViewer(options: ViewerOptions): Promise<Viewer> {
  const assets = await loadAssets();
  const token = newToken();
  const scenes = new SceneStore((index) => options.open(index, options.task));
  /** Reports link to each other by these addresses. */
  const reports = new Map<string, { folder: string; file: string }>();
  for (const { patient, course, folder } of options.courses) {
    reports.set(`${encodeURIComponent(patient)}/${encodeURIComponent(course)}/report.html`, {
      folder,
      file: 'report.html',
    });
  }
  if (options.outdir !== undefined) {
    reports.set('_RESULTS/report.html', { folder: options.outdir, file: '_RESULTS/report.html' });
  }

  async function report(address: string): Promise<Answer | undefined> {
    const place = reports.get(address);
    const path = place && (await fileWithin(place.folder, place.file));
    if (path === undefined) return undefined;
    // A page that others may have written: it runs by its own policy, as a stranger to this server.
    return {
      type: HTML,
      body: await readFile(path),
      headers: { 'Content-Security-Policy': 'sandbox allow-scripts allow-top-navigation-by-user-activation' },
    };
  }

  function scenePageOf(scene: Scene, index: number): string {
    const entry = options.courses[index];
    const hasList = options.courses.length > 0;
    const reportHref =
      entry && `../../${encodeURIComponent(entry.patient)}/${encodeURIComponent(entry.course)}/report.html`;
    return scenePage(scene, { hasList, ...(reportHref === undefined ? {} : { reportHref }) });
  }

  async function answer(address: string, query: URLSearchParams): Promise<Answer | Layer> {
    if (address === '') {
      if (options.courses.length > 0) return { type: HTML, body: listPage(options.courses) };
      return { type: HTML, body: '', headers: { Location: 'view/0/' } };
    }
    const asset = /^assets\/([a-z.]{1,32})$/.exec(address)?.[1];
    if (asset !== undefined) {
      const found = assets.get(asset);
      if (found) return found;
    }
    const [, number, part = ''] = /^view\/(\d{1,7})\/(|colors\.css|image|dose|cut)$/.exec(address) ?? [];
    if (number !== undefined && Number(number) < options.count) {
      const index = Number(number);
      return scenes.use(index, async (scene): Promise<Answer | Layer> => {
        if (part === '') return { type: HTML, body: scenePageOf(scene, index) };
        if (part === 'colors.css') return { type: CSS, body: sceneStyle(scene) };
        if (part === 'cut')
          return { type: JSON_TYPE, body: JSON.stringify(await cutOf(scene, cutAt(query), options.task)) };
        const layer = part === 'image' ? scene.image : scene.dose;
        if (!layer) throw NOT_FOUND;
        return layer;
      });
    }
    const found = await report(address);
    if (found) return found;
    throw NOT_FOUND;
  }

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy());
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { port } = server.address() as AddressInfo;
    const refused = refusalOf(request, { token, port });
    if (refused) {
      response.writeHead(refused.status, { ...HEADERS, 'Content-Type': HTML });
      response.end(refusalPage(refused.reason));
      return;
    }
    const [path = '', search = ''] = (request.url ?? '').split('?', 2);
    const address = path.slice(token.length + 2);
    if (path === `/${token}`) return redirect(response, `${token}/`);
    try {
      const found = await answer(address, new URLSearchParams(search));
      if ('grid' in found) await sendLayer(request, response, found);
      else if (found.headers?.Location !== undefined) redirect(response, found.headers.Location);
      else send(request, response, found);
    } catch (thrown) {
      const error = asIsovoxError(thrown);
      if (response.headersSent) throw error;
      response.writeHead(statusOf(error.code), { ...HEADERS, 'Content-Type': JSON_TYPE });
      response.end(JSON.stringify({ code: error.code, message: error.message }));
    }
  }

  // A page that stays open must not keep the process.
  server.keepAliveTimeout = 5000;
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/${token}/`,
    port,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await scenes.clear();
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? `Port ${port} is taken; --port 0 takes a free one` : error.message;
      reject(new IsovoxError('ERR_IO', reason, { port: String(port) }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

function redirect(response: ServerResponse, to: string): void {
  response.writeHead(302, { ...HEADERS, Location: to });
  response.end();
}

function send(request: IncomingMessage, response: ServerResponse, { type, body, headers }: Answer): void {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  response.writeHead(200, { ...HEADERS, 'Content-Type': type, 'Content-Length': bytes.byteLength, ...headers });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** Voxels, whole or the range that is asked for, no faster than they are taken. */
async function sendLayer(request: IncomingMessage, response: ServerResponse, { bytes }: Layer): Promise<void> {
  const range = rangeOf(request.headers.range, bytes.byteLength);
  const common = { ...HEADERS, 'Content-Type': 'application/octet-stream', 'Accept-Ranges': 'bytes' };
  if (range === 'unsatisfiable') {
    response.writeHead(416, { ...common, 'Content-Range': `bytes */${bytes.byteLength}` });
    response.end();
    return;
  }
  const { from, to } = range === 'whole' ? { from: 0, to: bytes.byteLength } : range;
  const part = range === 'whole' ? {} : { 'Content-Range': `bytes ${from}-${to - 1}/${bytes.byteLength}` };
  response.writeHead(range === 'whole' ? 200 : 206, { ...common, ...part, 'Content-Length': to - from });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  async function* pieces() {
    for (let at = from; at < to; at += PIECE_BYTES) yield bytes.subarray(at, Math.min(at + PIECE_BYTES, to));
  }
  await pipeline(Readable.from(pieces(), { objectMode: false, highWaterMark: PIECE_BYTES }), response);
}
