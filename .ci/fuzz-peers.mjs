// The mutants that our readers are given, read by other programs, each in a process of its own: dcm2niix, GDCM, plastimatch and
// DCMTK as commands, nibabel where the bench has set it up. A program that is not installed is left out.
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './setup.mjs';

const python = join(root, 'build/bench/venv/bin/python');
const read = 'import sys, nibabel; nibabel.load(sys.argv[1]).get_fdata()';

const DICOM = ['ct', 'rle', 'rtstruct', 'rtdose'];

/** `version` is what `file` is asked with. */
const PEERS = [
  {
    name: 'DCMTK dcmdump, dcmj2pnm',
    file: '/usr/bin/dcmdump',
    version: ['--version'],
    reads: DICOM,
    commands: (path, out) => [
      ['dcmdump', path],
      ['dcmj2pnm', '+Wi', '1', path, join(out, 'a.pgm')],
    ],
  },
  {
    name: 'GDCM gdcmdump, gdcmconv',
    file: '/usr/bin/gdcmconv',
    version: ['--version'],
    reads: DICOM,
    commands: (path, out) => [
      ['gdcmdump', path],
      ['gdcmconv', '--raw', path, join(out, 'a.dcm')],
    ],
  },
  {
    name: 'dcm2niix',
    file: '/usr/bin/dcm2niix',
    version: ['--version'],
    reads: DICOM,
    commands: (path, out) => [['dcm2niix', '-s', 'y', '-z', 'n', '-o', out, path]],
  },
  {
    name: 'plastimatch convert',
    file: '/usr/bin/plastimatch',
    version: ['--version'],
    reads: ['ct', 'rle', 'rtdose', 'nii.gz'],
    commands: (path, out) => [['plastimatch', 'convert', '--input', path, '--output-img', join(out, 'a.mha')]],
  },
  {
    name: 'nibabel',
    file: python,
    version: ['-c', 'import nibabel; print("nibabel", nibabel.__version__)'],
    reads: ['nii.gz'],
    commands: (path) => [[python, '-c', read, path]],
  },
];

const CRASHES = ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL'];
const LIMIT_MS = 20_000;

/** One mutant through one program. */
function attempt(peer, path, out) {
  let crashed = false;
  let slow = false;
  for (const [command, ...args] of peer.commands(path, out)) {
    const begun = process.hrtime.bigint();
    const { signal, error } = spawnSync(command, args, { stdio: 'ignore', timeout: LIMIT_MS, killSignal: 'SIGKILL' });
    slow ||= error?.code === 'ETIMEDOUT' || Number(process.hrtime.bigint() - begun) > 2e9;
    crashed ||= CRASHES.includes(signal);
  }
  return { crashed, slow };
}

/** `count` mutants of each format, written by `mutants`, through every program that is there. */
export function runPeers(mutants, count, findings) {
  const folder = join(findings, 'mutants');
  const out = join(findings, 'peers');
  for (const path of [folder, out]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  }
  const keep = (row) => {
    appendFileSync(join(findings, 'peers.jsonl'), `${JSON.stringify(row)}\n`);
    process.stdout.write(`${JSON.stringify(row)}\n`);
  };
  rmSync(join(findings, 'peers.jsonl'), { force: true });
  const ours = spawnSync(mutants, [String(count)], { cwd: findings, encoding: 'utf8' })
    .stdout.trim()
    .split('\n');
  const { version: own } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const line of ours) {
    const { format, crashed, slow, mutants: read } = JSON.parse(line);
    keep({ peer: 'Isovox', version: own, format, mutants: read, crashed, slow });
  }
  spawnSync(mutants, [String(count), folder], { stdio: 'ignore' });
  for (const peer of PEERS.filter(({ file }) => existsSync(file))) {
    const said = spawnSync(peer.file, peer.version, { encoding: 'utf8' });
    const version = `${said.stdout}${said.stderr}`.match(/\d+\.\d+(\.\d+)*/)?.[0] ?? '';
    for (const format of peer.reads) {
      const row = { peer: peer.name, version, format, mutants: 0, crashed: 0, slow: 0 };
      for (const name of readdirSync(folder).filter((one) => one.startsWith(`${format}-`))) {
        const { crashed, slow } = attempt(peer, join(folder, name), out);
        row.mutants += 1;
        row.crashed += crashed;
        row.slow += slow;
        rmSync(out, { recursive: true, force: true });
        mkdirSync(out);
      }
      keep(row);
    }
  }
}
