/** Where ONNX Runtime lies: in the optional package onnxruntime-node, or where ISOVOX_ONNXRUNTIME says. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { packageRoot } from './package-root.js';

const LIBRARY: Readonly<Record<string, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.dylib',
  win32: 'onnxruntime.dll',
};

/** The path of its shared library, or '' when it is not installed: the native side says what to do. */
export function onnxRuntimeLibrary(): string {
  const { ISOVOX_ONNXRUNTIME: given } = process.env;
  if (given) return given;
  for (const from of [join(packageRoot, 'package.json'), join(process.cwd(), 'package.json')]) {
    try {
      const manifest = createRequire(from).resolve('onnxruntime-node/package.json');
      const folder = join(dirname(manifest), 'bin', 'napi-v6', process.platform, process.arch);
      const library = join(folder, LIBRARY[process.platform] ?? '');
      if (existsSync(library)) return library;
    } catch {
      // not installed there
    }
  }
  return '';
}
