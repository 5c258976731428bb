// npm run man: the manual page and the shells' completions, of the built command line, into man/ and completions/.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { root } from './setup.mjs';

const FILES = {
  'man/isovox.1': ['man'],
  'completions/isovox.bash': ['completion', 'bash'],
  'completions/_isovox': ['completion', 'zsh'],
  'completions/isovox.fish': ['completion', 'fish'],
};

export function writeManual() {
  for (const [path, args] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), ...args]));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeManual();
