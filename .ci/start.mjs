// npm start: the main job, set-up included. Without arguments on a phantom patient, with them on a real folder:
//   npm start -- --dicom-root DIR --outdir OUT
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { root, setup } from './setup.mjs';

setup();
const given = process.argv.slice(2);
const args = given.length === 0 ? ['demo', '--outdir', join(root, 'out')] : ['run', ...given];
const { status, signal } = spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), ...args], { stdio: 'inherit' });
process.exit(signal ? 130 : (status ?? 1));
