#!/usr/bin/env node
/** isovox: the command line. */

import { EXIT } from './exit.js';
import { program } from './program.js';

// Whoever reads the output may have had enough: `isovox plan | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
});
await program.parseAsync();
