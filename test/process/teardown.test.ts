/** How a process, or a worker thread of it, may end: in mid-task, by exit, with volumes dropped. Each in a child. */

import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

import { packageRoot } from '../../lib/runtime/package-root.js';

const loader = createRequire(import.meta.url).resolve('node-gyp-build');

/** Runs CommonJS source with `native` loaded. */
function child(source: string, flags: string[] = []): Promise<{ stdout: string; stderr: string }> {
  const prelude = `const native = require(${JSON.stringify(loader)})(${JSON.stringify(packageRoot)});\n`;
  return promisify(execFile)(process.execPath, [...flags, '-e', prelude + source], { timeout: 300_000 });
}

describe('the end of a process', () => {
  it('does not come before a task that is waited for', async () => {
    const { stdout } = await child(
      `native.spin({ steps: 20 }, { threads: 2 }).then((sum) => console.log('sum', sum));`,
    );
    expect(stdout).toBe('sum 190\n');
  });

  it('comes by itself when nothing runs any more', async () => {
    const { stdout } = await child(`native.createToken(); console.log('loaded');`);
    expect(stdout).toBe('loaded\n');
  });

  it('may be process.exit in mid-task', async () => {
    const { stdout } = await child(`
      for (let i = 0; i < 8; i++) native.spin({ steps: 1000000, microseconds: 1000 }, { threads: 2 });
      setTimeout(() => { console.log('leaving'); process.exit(0); }, 50);`);
    expect(stdout).toBe('leaving\n');
  });

  it('may be the end of a worker in mid-task, many times, while others go on', async () => {
    const { stdout } = await child(`
      const { Worker } = require('node:worker_threads');
      const source = ${JSON.stringify(`
        const native = require(${JSON.stringify(loader)})(${JSON.stringify(packageRoot)});
        for (let i = 0; i < 4; i++) native.spin({ steps: 1000000, microseconds: 500 }, { threads: 2, onProgress() {} });
        require('node:worker_threads').parentPort.postMessage('up');`)};
      (async () => {
        for (let i = 0; i < 5; i++) {
          const worker = new Worker(source, { eval: true });
          await new Promise((resolve) => worker.once('message', resolve));
          await new Promise((resolve) => setTimeout(resolve, 10));
          await worker.terminate();
        }
        console.log('sum', await native.spin({ steps: 20 }, { threads: 2 }));
      })();`);
    expect(stdout).toBe('sum 190\n');
  });

  it('may be the end of a worker that is just loading it', async () => {
    const { stdout } = await child(`
      const { Worker } = require('node:worker_threads');
      const source = ${JSON.stringify(`
        const load = require(${JSON.stringify(loader)});
        require('node:worker_threads').parentPort.postMessage('loading');
        for (;;) {
          for (const path of Object.keys(require.cache)) if (path.endsWith('.node')) delete require.cache[path];
          load(${JSON.stringify(packageRoot)});
        }`)};
      (async () => {
        for (let i = 0; i < 40; i++) {
          const worker = new Worker(source, { eval: true });
          await new Promise((resolve) => worker.once('message', resolve));
          await new Promise((resolve) => setTimeout(resolve, i % 8));
          await worker.terminate();
        }
        console.log('sum', await native.spin({ steps: 20 }, { threads: 2 }));
      })();`);
    expect(stdout).toBe('sum 190\n');
  });

  it('frees volumes that were dropped without dispose', async () => {
    const { stdout } = await child(
      `
      (async () => {
        const grid = { size: [512, 512, 16], spacing: [1, 1, 1], origin: [0, 0, 0] };
        const data = new Int16Array(512 * 512 * 16);
        for (let i = 0; i < 100; i++) {
          await native.makeVolume({ grid, dtype: 'int16', data }, { threads: 2 });
          if (i % 10 === 9) { global.gc(); await new Promise((resolve) => setImmediate(resolve)); }
        }
        global.gc();
        await new Promise((resolve) => setTimeout(resolve, 20));
        console.log(process.memoryUsage().rss / 2 ** 20 < 400 ? 'small' : 'large');
      })();`,
      ['--expose-gc'],
    );
    expect(stdout).toBe('small\n'); // all of them together are 800 MiB
  });

  it('refuses a handle of another kind, of another thread, and one that was disposed', async () => {
    const { stdout } = await child(`
      (async () => {
        const token = native.createToken();
        const codes = [];
        for (const wrong of [token, {}, null, 'volume', 42]) {
          try { native.describeVolume(wrong); codes.push('none'); } catch (error) { codes.push(error.code); }
        }
        native.dispose(token);
        native.dispose(token);
        try { native.cancelToken(token); } catch (error) { codes.push(error.message); }
        console.log(JSON.stringify(codes));
      })();`);
    expect(JSON.parse(stdout)).toEqual([
      ...Array(5).fill('ERR_INVALID_ARGUMENT'),
      'Expected a CancelToken handle for token but received a CancelToken that was disposed',
    ]);
  });
});
