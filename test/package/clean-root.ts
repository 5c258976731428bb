/** Debian roots with nothing but the base system, Node.js and npm: made once by debootstrap, kept under build/roots. */

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { packageRoot } from '../../lib/runtime/package-root.js';

const roots = join(packageRoot, 'build', 'roots');

/** Why no root can be made here, or undefined. */
export const cannot =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'roots are made as root on Linux'
    : existsSync('/usr/sbin/debootstrap')
      ? undefined
      : 'apt-get install debootstrap brings what makes the roots';

export class CleanRoot {
  private constructor(readonly path: string) {}

  static make(suite: string): CleanRoot {
    const base = join(roots, suite);
    if (!existsSync(base)) {
      const partial = `${base}.partial`;
      rmSync(partial, { recursive: true, force: true });
      mkdirSync(roots, { recursive: true });
      execFileSync('debootstrap', ['--variant=minbase', suite, partial, 'http://deb.debian.org/debian'], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      renameSync(partial, base);
    }
    copyFileSync(process.execPath, join(base, 'usr/local/bin/node'));
    const npm = dirname(dirname(execFileSync('readlink', ['-f', npmCommand()], { encoding: 'utf8' }).trim()));
    const modules = join(base, 'usr/local/lib/node_modules');
    mkdirSync(modules, { recursive: true });
    execFileSync('cp', ['-a', npm, modules]);
    copyFileSync('/etc/resolv.conf', join(base, 'etc/resolv.conf'));
    const certificates = process.env.NODE_EXTRA_CA_CERTS;
    if (certificates !== undefined) copyFileSync(certificates, join(base, 'certificates.pem'));
    return new CleanRoot(base);
  }

  /** An empty folder inside; the last one of this name is removed. */
  folder(name: string): string {
    const path = join(this.path, name);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return path;
  }

  has(command: string): boolean {
    return this.run('/', 'sh', '-c', `command -v ${command}`).status === 0;
  }

  /** A command inside, in a mount namespace of its own. */
  run(cwd: string, command: string, ...args: string[]) {
    const script = 'mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" && shift && exec chroot "$@"';
    const environment = ['PATH=/usr/local/bin:/usr/bin:/bin', 'HOME=/root', 'LANG=C.UTF-8'];
    if (process.env.NODE_EXTRA_CA_CERTS !== undefined) environment.push('NODE_EXTRA_CA_CERTS=/certificates.pem');
    const inside = ['env', '-i', ...environment, 'sh', '-c', 'cd "$0" && exec "$@"', cwd, command, ...args];
    const result = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', this.path, this.path, ...inside], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      timeout: 600_000,
    });
    return { status: result.status, stdout: result.stdout, stderr: result.stderr };
  }
}

function npmCommand(): string {
  return execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
}
