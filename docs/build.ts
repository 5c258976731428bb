/** npm run docs: the pages of this folder, the generated reference and the API, as a site in build/docs. Works offline. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { referencePages } from './generate.js';

const root = join(import.meta.dirname, '..');
const source = join(root, 'build', 'docs-source');
const site = join(root, 'build', 'docs');

function run(args: readonly string[]): void {
  const { status } = spawnSync('npx', ['--no-install', ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

rmSync(source, { recursive: true, force: true });
mkdirSync(source, { recursive: true });
for (const part of [
  '.vitepress/config.mts',
  'index.md',
  'tutorial.md',
  'how-to',
  'explanation',
  'reference',
  'public',
]) {
  cpSync(join(root, 'docs', part), join(source, part), { recursive: true });
}
for (const [path, text] of Object.entries(await referencePages())) {
  mkdirSync(dirname(join(source, path)), { recursive: true });
  writeFileSync(join(source, path), text);
}
run([
  'typedoc',
  ...['--plugin', 'typedoc-plugin-markdown', '--entryPoints', 'lib/index.ts', '--out', join(source, 'api')],
  ...['--name', 'API', '--readme', 'none', '--disableSources', '--hidePageHeader', '--hideBreadcrumbs'],
  ...['--excludePrivate', '--excludeInternal', '--logLevel', 'Error', '--entryFileName', 'index', '--sanitizeComments'],
  ...['--outputFileStrategy', 'modules', '--useHTMLEncodedBrackets', '--parametersFormat', 'table'],
]);
run(['vitepress', 'build', source, '--outDir', site]);
process.stdout.write(`\nwritten to ${site}; look at it with: npx vitepress preview ${source} --outDir ${site}\n`);
