// plastimatch-dvh.mjs RTSTRUCT RTDOSE: rasterise and dvh by the plastimatch command, as a whole process.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [structures, dose] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'isovox-bench-'));
const images = join(folder, 'ss.mha');
const names = join(folder, 'ss.txt');
const table = join(folder, 'dvh.csv');
const doseImage = join(folder, 'dose.mha');
const quiet = { stdio: 'ignore' };
execFileSync('plastimatch', ['convert', '--input-dose-img', dose, '--output-dose-img', doseImage], quiet);
execFileSync(
  'plastimatch',
  ['convert', '--input', structures, '--output-ss-img', images, '--output-ss-list', names, '--fixed', doseImage],
  quiet,
);
execFileSync(
  'plastimatch',
  [
    'dvh',
    '--input-ss-img',
    images,
    '--input-ss-list',
    names,
    '--input-dose',
    doseImage,
    '--output-csv',
    table,
    '--cumulative',
    '--dose-units',
    'gy',
    '--num-bins',
    '2000',
    '--bin-width',
    '0.05',
  ],
  quiet,
);
const [header = '', ...lines] = readFileSync(table, 'utf8').trim().split('\n');
const columns = header
  .split(',')
  .slice(1)
  .map((name) => name.trim());
const rows = lines.map((line) => line.split(',').map(Number));
const answer = {};
columns.forEach((name, i) => {
  const volumes = rows.map((row) => row[i + 1]);
  const total = volumes[0];
  if (!(total > 0)) return;
  let mean = 0;
  for (let k = 1; k < volumes.length; k++) mean += (volumes[k] / total) * (rows[k][0] - rows[k - 1][0]);
  answer[`${name.replace(/ *\(.*$/, '')} Gy`] = mean;
});
rmSync(folder, { recursive: true, force: true });
const version = execFileSync('plastimatch', ['--version'], { encoding: 'utf8' })
  .trim()
  .split('\n')[0]
  .replace(/^.*version /, '');
process.stdout.write(`${JSON.stringify({ ms: [], peakMb: 0, version, answer })}\n`);
