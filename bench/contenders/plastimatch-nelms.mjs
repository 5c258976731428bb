// plastimatch-nelms.mjs FOLDER: DVHs of analytic bodies by the plastimatch command, printed as nelms.py does.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const PERCENTS = [99, 95, 50, 5, 1];
const LEVELS_GY = [14, 20, 26];
const [source] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'isovox-bench-'));
const quiet = { stdio: 'ignore' };
const files = readdirSync(source).map((name) => join(source, name));
const sets = {};
for (const dose of files.filter((path) => basename(path).startsWith('rd-'))) {
  const doseImage = join(folder, 'dose.mha');
  execFileSync('plastimatch', ['convert', '--input-dose-img', dose, '--output-dose-img', doseImage], quiet);
  const spacing = Number(basename(dose, '.dcm').split('-').at(-1));
  for (const structures of files.filter((path) => basename(path).startsWith('rs-'))) {
    const [images, names, table] = ['ss.mha', 'ss.txt', 'dvh.csv'].map((name) => join(folder, name));
    const convert = ['--input', structures, '--output-ss-img', images, '--output-ss-list', names, '--fixed', doseImage];
    execFileSync('plastimatch', ['convert', ...convert], quiet);
    const input = ['--input-ss-img', images, '--input-ss-list', names, '--input-dose', doseImage];
    const bins = ['--cumulative', '--dose-units', 'gy', '--num-bins', '4000', '--bin-width', '0.01'];
    execFileSync('plastimatch', ['dvh', ...input, '--output-csv', table, '--normalization', 'vox', ...bins], quiet);
    const [header, ...lines] = readFileSync(table, 'utf8').trim().split('\n');
    const rows = lines.map((line) => line.split(',').map(Number));
    const values = {};
    for (const [i, title] of header.split(',').slice(1).entries()) {
      const name = title.trim().replace(/ *\(.*$/, '');
      const at = rows.map((row) => row[i + 1]);
      const total = at[0];
      if (!(total > 0)) continue;
      const of = { cc: (total * spacing ** 3) / 1000, Dmean: 0 };
      for (let k = 1; k < rows.length; k++) of.Dmean += (at[k] / total) * (rows[k][0] - rows[k - 1][0]);
      for (const percent of PERCENTS) {
        of[`D${percent}%`] = rows.findLast((_, k) => at[k] >= (total * percent) / 100)[0];
      }
      for (const gray of LEVELS_GY) of[`V${gray}Gy%`] = (100 * at[rows.findIndex(([d]) => d >= gray)]) / total;
      values[name] = of;
    }
    sets[`${basename(structures, '.dcm').slice(3)} ${basename(dose, '.dcm').slice(3)}`] = values;
  }
}
rmSync(folder, { recursive: true, force: true });
const version = execFileSync('plastimatch', ['--version'], { encoding: 'utf8' }).trim().split('\n')[0];
process.stdout.write(`${JSON.stringify({ version: version.replace(/^.*version /, ''), sets })}\n`);
