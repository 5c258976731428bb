/** A stored volume of 512 x 512 x 300 int16 from an object store that answers 20 ms later, opened and read whole. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { s3ServerAbsent } from '../../test/fixtures/s3-server.js';
import { contenders, python, pythonAbsent, tsx } from '../environment.js';
import { type BenchCase, sameWithin } from '../harness.js';

const LATENCY_MS = 20;

interface Serving {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

let serving: Promise<Serving> | undefined;

/** One server for all cases, in a process that ends with this one: contenders run while this process waits. */
function serve(): Promise<Serving> {
  serving ??= new Promise((resolve, reject) => {
    const [node = '', ...flags] = tsx;
    const child = spawn(node, [...flags, join(contenders, 's3-server.ts'), String(LATENCY_MS)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.unref();
    let text = '';
    child.stdout.on('data', (part: Buffer) => {
      text += String(part);
      if (!text.includes('\n')) return;
      // Neither pipe keeps this process alive; the child ends when its standard input does.
      (child.stdout as unknown as { unref(): void }).unref();
      (child.stdin as unknown as { unref(): void }).unref();
      resolve(JSON.parse(text) as Serving);
    });
    child.once('exit', (code) => reject(new Error(`The S3 server ended with ${code}`)));
  });
  return serving;
}

function s3Case(layout: 'chunks' | 'shards', name: string, title: string): BenchCase {
  return {
    name,
    title: `S3 with ${LATENCY_MS} ms of latency, ${title}: the whole volume`,
    async prepare() {
      if (s3ServerAbsent !== undefined) {
        process.stderr.write(`${name}: ${s3ServerAbsent}\n`);
        return undefined;
      }
      const { endpoint, accessKeyId, secretAccessKey } = await serve();
      Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
      const uri = `s3://bench/${layout}.zarr`;
      const own = (parallel: number) => ({
        name: `isovox, ${parallel} requests at once`,
        command: [...tsx, join(contenders, 'isovox-s3.ts'), endpoint, uri, '5', String(parallel)],
      });
      const script = (tool: string, title: string, parallel: number) => ({
        name: `${title}, ${parallel} at once`,
        command: [python ?? '', join(contenders, 's3_read.py'), tool, endpoint, uri, '2', String(parallel)],
        absent: pythonAbsent,
      });
      return {
        data: 'A phantom of smooth shapes with noise, zstd in chunks of 64 cubed, 157 MB unpacked; Ceph radosgw on the same two cores',
        contenders: [
          own(32),
          own(8),
          script('zarr', 'zarr-python + s3fs', 10),
          script('zarr', 'zarr-python + s3fs', 32),
          script('tensorstore', 'tensorstore', 32),
        ],
      };
    },
    compare: sameWithin(['mean', 'middle'], 1e-6),
  };
}

export const s3Chunks = s3Case('chunks', 's3-chunks', 'one object for each chunk');
export const s3Shards = s3Case('shards', 's3-shards', 'shards of 64 MiB with checksums');
