/** Where the bench keeps its data and its peers. */

import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

export const cacheFolder = join(root, 'build', 'bench');
mkdirSync(cacheFolder, { recursive: true });

const venvPython = join(cacheFolder, 'venv', 'bin', 'python');
export const python: string | undefined = existsSync(venvPython) ? venvPython : undefined;
const radiomicsVenv = join(cacheFolder, 'venv-radiomics', 'bin', 'python');
/** The Python of MIRP and Nyxus. */
export const radiomicsPython: string | undefined = existsSync(radiomicsVenv) ? radiomicsVenv : undefined;
const storesVenv = join(cacheFolder, 'venv-stores', 'bin', 'python');
/** The Python of TileDB-Py and zarrs. */
export const storesPython: string | undefined = existsSync(storesVenv) ? storesVenv : undefined;
export const storesPythonAbsent = storesPython === undefined ? 'not installed: npm run bench:setup' : undefined;
const torchVenv = join(cacheFolder, 'venv-torch', 'bin', 'python');
/** The Python of PyTorch, MONAI, TorchIO, RadiObject and SPDL. */
export const torchPython: string | undefined = existsSync(torchVenv) ? torchVenv : undefined;
export const torchPythonAbsent =
  torchPython === undefined ? 'not installed: npm run bench:setup -- --torch' : undefined;
const masksVenv = join(cacheFolder, 'venv-masks', 'bin', 'python');
/** The Python of rt-utils and dcmrtstruct2nii. */
export const masksPython: string | undefined = existsSync(masksVenv) ? masksVenv : undefined;
export const masksPythonAbsent = masksPython === undefined ? 'not installed: npm run bench:setup' : undefined;
export const pythonAbsent = python === undefined ? 'not installed: npm run bench:setup' : undefined;

/** A program that bench/setup.mjs compiled. */
export function nativeProgram(name: string): { path: string; absent: string | undefined } {
  const path = join(cacheFolder, 'native', name);
  return { path, absent: existsSync(path) ? undefined : 'not built: npm run bench:setup' };
}

export const sharedData: string | undefined = [process.env.ISOVOX_SHARED_DATA, resolve(root, '../shared/data')].find(
  (path) => path !== undefined && existsSync(path),
);

export const tsx: readonly string[] = [process.execPath, '--import', 'tsx'];
export const contenders = join(root, 'bench', 'contenders');

/** A package that bench/setup.mjs installed for Node. */
export function nodePeer(name: string): { absent: string | undefined } {
  const installed = existsSync(join(cacheFolder, 'node', 'node_modules', name, 'package.json'));
  return { absent: installed ? undefined : 'not installed: npm run bench:setup' };
}
