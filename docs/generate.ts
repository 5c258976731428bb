/** The reference, made of what the program itself declares: nothing is written twice, so nothing can disagree. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

import { type CommandRow, catalogue, type FlagRow } from '../lib/cli/catalogue.js';
import { EXIT } from '../lib/cli/exit.js';
import { program } from '../lib/cli/program.js';
import { OPTIONS, type Option } from '../lib/config/options.js';
import { PRESETS } from '../lib/config/presets.js';
import { environmentName } from '../lib/config/resolve.js';
import { ERROR_CODES, type ErrorCode } from '../lib/errors.js';
import { metricCatalogue } from '../lib/native/dose.js';
import { featureCatalogue } from '../lib/native/radiomics.js';
import { surveyCohort } from '../lib/rt/aggregate.js';
import { runConfigSchema } from '../lib/rt/run-config.js';
import { addon } from '../lib/runtime/addon.js';
import { packageRoot } from '../lib/runtime/package-root.js';
import type { TableHead } from '../lib/table/table.js';

/** Text in a cell of a Markdown table; what Vue or HTML would take for its own is shown as it is. */
function cell(text: string | number | undefined): string {
  return String(text ?? '')
    .replace(/[&<>{}|]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/\s*\n\s*/g, ' ');
}

const code = (text: string): string => (text === '' ? '' : `<code v-pre>${cell(text)}</code>`);

function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const page = (title: string, lead: string, ...parts: readonly string[]): string =>
  `# ${title}\n\n${lead}\n\n${parts.join('\n\n')}\n`;

// Commands -------------------------------------------------------------------------------------------------------------

const EVERYWHERE = new Set(['--json', '--workers', '--quiet', '--verbose', '--json-logs', '--help']);

function flagCells(flag: FlagRow): string[] {
  const name = [flag.short, flag.long].filter(Boolean).join(', ');
  const notes = [
    flag.required ? 'required' : '',
    flag.choices ? `one of ${flag.choices.join(', ')}` : '',
    flag.default === undefined ? '' : `default ${flag.default}`,
  ].filter((note) => note !== '');
  return [
    code(`${name}${flag.value === undefined ? '' : ` ${flag.value}`}`),
    cell(flag.description),
    cell(notes.join('; ')),
  ];
}

function commandPart({ name, operands, description, flags }: CommandRow): string {
  const own = flags.filter(({ long }) => !EVERYWHERE.has(long));
  const usage = ['isovox', name, operands].filter((word) => word !== '').join(' ');
  return [
    `## ${name}`,
    `${cell(description[0]?.toUpperCase())}${cell(description.slice(1))}.`,
    `\`\`\`sh\n${usage}\n\`\`\``,
    ...(own.length === 0 ? [] : [table(['flag', 'meaning', ''], own.map(flagCells))]),
  ].join('\n\n');
}

export function commandsPage(): string {
  const commands = catalogue(program);
  const shared = commands[0]?.flags.filter(({ long }) => EVERYWHERE.has(long)) ?? [];
  return page(
    'Commands',
    'What `isovox COMMAND --help` says, in one page.',
    `## Flags of every command\n\n${table(['flag', 'meaning', ''], shared.map(flagCells))}`,
    ...commands.map(commandPart),
  );
}

// Settings -------------------------------------------------------------------------------------------------------------

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly pattern?: string;
}

function allowed(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.join(', ');
  if (schema.type === 'array') return `list: ${schema.items ? allowed(schema.items) : 'anything'}`;
  const bounds = [
    schema.exclusiveMinimum === undefined ? '' : `above ${schema.exclusiveMinimum}`,
    schema.minimum === undefined || schema.minimum <= -Number.MAX_SAFE_INTEGER ? '' : `from ${schema.minimum}`,
    schema.maximum === undefined || schema.maximum >= Number.MAX_SAFE_INTEGER ? '' : `to ${schema.maximum}`,
  ].filter((bound) => bound !== '');
  return [String(schema.type ?? ''), ...bounds].join(' ').trim();
}

/** Keys of a run's file with their path; those that a file cannot hold are not there. */
export function runKeys(): Array<{ path: string; schema: JsonSchema }> {
  const root = z.toJSONSchema(runConfigSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const filled = new Set([
    'segmentation.found',
    'customModels.found',
    'dvh.constraintSheets',
    'customModels.definitions',
  ]);
  const walk = (schema: JsonSchema, path: string): Array<{ path: string; schema: JsonSchema }> =>
    schema.properties && path.split('.').length < 2
      ? Object.entries(schema.properties).flatMap(([key, one]) => walk(one, path === '' ? key : `${path}.${key}`))
      : [{ path, schema }];
  return walk(root, '').filter(({ path }) => path !== '' && !filled.has(path));
}

function optionRange(option: Option): string {
  if (option.type === 'choice') return option.choices.join(', ');
  if (option.type === 'flag') return 'true, false';
  if (option.type === 'text') return option.expected ?? 'text';
  const to = option.max >= Number.MAX_SAFE_INTEGER ? 'and more' : `to ${option.max}`;
  return `${option.min} ${to}${option.unit === '' ? '' : ` ${option.unit}`}`;
}

const shown = (value: unknown): string =>
  value === undefined || (Array.isArray(value) && value.length === 0) ? '' : JSON.stringify(value).replaceAll('"', '');

export function settingsPage(): string {
  const sections = new Map<string, string[][]>();
  for (const { path, schema } of runKeys()) {
    const section = path.split('.')[0] ?? '';
    const row = [code(path), cell(allowed(schema)), cell(shown(schema.default)), cell(schema.description)];
    sections.set(section, [...(sections.get(section) ?? []), row]);
  }
  const engine = OPTIONS.map((option) => [
    code(option.path),
    code(environmentName(option.path)),
    cell(optionRange(option)),
    cell(shown(option.default)),
    cell(option.doc),
  ]);
  const presets = Object.entries(PRESETS).map(([name, change]) => [code(name), code(JSON.stringify(change))]);
  return page(
    'Settings',
    'Of a run, in the file that `--config` names; of the engine, in the same file, in the environment, or by `configure`. Later wins: defaults, file, environment, code and flags. An unknown key is an error that names its line and the nearest known key.',
    '## A run',
    ...[...sections].map(([name, rows]) => `### ${name}\n\n${table(['key', 'allowed', 'default', 'meaning'], rows)}`),
    `## The engine\n\n${table(['key', 'in the environment', 'allowed', 'default', 'meaning'], engine)}`,
    `## Presets\n\n\`configure(preset(NAME))\`; \`isovox doctor --bench URI\` measures a store and says which suits it.\n\n${table(['name', 'sets'], presets)}`,
  );
}

// Tables ---------------------------------------------------------------------------------------------------------------

/** Every table that a run writes, with its columns. */
export async function resultTables(): Promise<readonly TableHead[]> {
  const nothing = { outdir: '', dicomRoot: '', config: runConfigSchema.parse({}), failures: [] };
  return (await surveyCohort({ ...nothing, discovery: { refusals: [], findings: [] } }, [])).heads;
}

/** `V1Gy … V60Gy` and features are many and alike: one row for each pattern. */
function columnRows({ name, columns }: TableHead): string[][] {
  const seen = new Set<string>();
  const features = new Set(featureCatalogue().map((feature) => feature.name));
  return columns.flatMap((column) => {
    const isFeature =
      name.startsWith('radiomics_') &&
      (features.has(column.name) || (/_/.test(column.name) && / of IBSI|pyradiomics/i.test(column.definition)));
    const pattern = isFeature ? 'features' : column.name.replace(/^V\d+Gy/, 'V1Gy … V60Gy');
    if (seen.has(pattern)) return [];
    seen.add(pattern);
    return [[code(pattern), cell(column.type), cell(column.unit), cell(column.definition)]];
  });
}

export async function tablesPage(): Promise<string> {
  const tables = await resultTables();
  return page(
    'Tables',
    'Every table of `_RESULTS/`, as `.csv` and `.parquet`. `columns.json` beside them has a row for each column of each file, this page one for each kind of column.',
    ...tables.map(
      (one) => `## ${one.name}\n\n${one.title}.\n\n${table(['column', 'type', 'unit', 'definition'], columnRows(one))}`,
    ),
  );
}

// Features and metrics -------------------------------------------------------------------------------------------------

export function featuresPage(): string {
  const families = new Map<string, { title: string; rows: string[][] }>();
  for (const feature of featureCatalogue()) {
    const key = `${feature.familyTitle} (${feature.familyIbsiId})`;
    const family = families.get(key) ?? { title: key, rows: [] };
    family.rows.push([
      code(feature.name),
      cell(feature.title),
      cell(feature.unit),
      cell(feature.ibsiId),
      cell(feature.aggregation ?? ''),
    ]);
    families.set(key, family);
  }
  return page(
    'Features',
    `${featureCatalogue().length} features by the tags of the IBSI reference manual, with the four characters that identify each there. The PyRadiomics names are the second dialect.`,
    ...[...families.values()].map(
      ({ title, rows }) => `## ${title}\n\n${table(['tag', 'name', 'unit', 'IBSI', 'aggregation'], rows)}`,
    ),
  );
}

export function metricsPage(): string {
  const rows = metricCatalogue().map(({ name, unit, definition, source, needs }) => [
    code(name),
    cell(unit),
    cell(definition),
    cell(needs.join(', ')),
    cell(source),
  ]);
  return page(
    'Dose metrics',
    'What `doseMetrics` takes by name; `<x>` is any number.'.replace('`<x>`', '<code v-pre>&#60;x&#62;</code>'),
    table(['metric', 'unit', 'definition', 'needs', 'source'], rows),
  );
}

export function formatsPage(): string {
  const rows = addon()
    .describeFormats()
    .map(({ name, extensions, reads, writes, codecs }) => [
      cell(name),
      extensions.map(code).join(' '),
      reads ? 'yes' : '',
      writes ? 'yes' : '',
      cell(codecs.join(', ')),
    ]);
  return page(
    'Formats',
    'A file is known by its content; the name decides only what is written.',
    table(['format', 'names', 'read', 'written', 'codecs, the default first'], rows),
  );
}

// Errors ---------------------------------------------------------------------------------------------------------------

/** What helps, by code. */
const REMEDY: Record<ErrorCode, string> = {
  ERR_INVALID_ARGUMENT: 'Fix the call: the message names the argument, what it may be and what it was.',
  ERR_NOT_FOUND: 'Fix the path, the UID or the name that the message gives.',
  ERR_IO: 'Look at the disk or the service: `errno` or the HTTP status is in the context.',
  ERR_UNSUPPORTED: 'Convert the file, or ask for the feature; what it was is in the message.',
  ERR_CORRUPT_DATA: 'Replace the file; the context has the path, and the offset or tag where it contradicts itself.',
  ERR_GEOMETRY: 'Look at the series: which slice is missing or twice, which grids disagree.',
  ERR_MODEL: '`isovox model check DIR` says what is wrong with the folder.',
  ERR_RESOURCE: 'Give more memory (`read.memoryBudgetMb`, `--memory`), or ask for less at a time.',
  ERR_TIMEOUT: 'Give more time, or look at what hangs.',
  ERR_CANCELLED: 'Nothing: the signal was aborted. The error is an AbortError, as Node’s own.',
  ERR_INTERNAL: 'Report it, with the message and what led to it.',
};

const EXIT_MEANING: Record<keyof typeof EXIT, string> = {
  done: 'All done.',
  internal: 'A defect, or the system refused.',
  usage: 'Wrong flags or settings.',
  nothingFound: 'Nothing was found where the command looked.',
  someFailed: 'Some courses failed; `failures.csv` says which and why.',
  badData: 'Bad data: trying again does not help.',
  tryAgain: 'Another process has it, or the moment is bad: try again.',
  interrupted: 'Stopped; the same command goes on where it was.',
};

/** What each code means, from the table that the native part is compiled from. */
function meanings(): Map<string, string> {
  const text = readFileSync(join(packageRoot, 'native', 'base', 'error_codes.inc'), 'utf8');
  return new Map(
    [...text.matchAll(/^ISOVOX_ERROR_CODE\(\w+, "(\w+)", "([^"]*)"\)/gm)].map(([, name = '', means = '']) => [
      name,
      means,
    ]),
  );
}

export function errorsPage(): string {
  const means = meanings();
  const codes = ERROR_CODES.map((name) => [code(name), cell(means.get(name)), cell(REMEDY[name])]);
  const exits = Object.entries(EXIT).map(([key, value]) => [
    String(value),
    cell(EXIT_MEANING[key as keyof typeof EXIT]),
  ]);
  return page(
    'Errors and exit codes',
    'Everything that throws throws an `IsovoxError`: `code` says who must act, `context` holds the facts, `message` says both in a sentence. An error stops one task; what is merely worth knowing is a *finding*, a row in `findings.csv` with its own code.',
    `## Codes\n\n${table(['code', 'means', 'what helps'], codes)}`,
    `## Exit codes of the commands\n\n${table(['exit', 'means'], exits)}`,
  );
}

/** Every generated page by its path below the documentation. */
export async function referencePages(): Promise<Record<string, string>> {
  return {
    'reference/commands.md': commandsPage(),
    'reference/settings.md': settingsPage(),
    'reference/tables.md': await tablesPage(),
    'reference/features.md': featuresPage(),
    'reference/metrics.md': metricsPage(),
    'reference/formats.md': formatsPage(),
    'reference/errors.md': errorsPage(),
  };
}
