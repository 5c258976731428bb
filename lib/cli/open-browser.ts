/** Shows an address in the user's browser, where there is one. */

import { spawn } from 'node:child_process';

/** The program that opens an address, by platform; the address is an argument of its own, never part of a line. */
function opener(address: string): readonly [string, readonly string[]] | undefined {
  if (process.platform === 'darwin') return ['open', [address]];
  if (process.platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', address]];
  const hasScreen = Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
  return hasScreen ? ['xdg-open', [address]] : undefined;
}

/** False when there is no screen, or no program to ask; the caller has printed the address. */
export async function openInBrowser(address: string): Promise<boolean> {
  const program = opener(address);
  if (!program) return false;
  const [command, args] = program;
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
