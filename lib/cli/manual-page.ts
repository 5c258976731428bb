/** isovox(1) in the man macros, of the catalogue of commands. */

import { packageVersion } from '../runtime/package-root.js';
import type { CommandRow, FlagRow } from './catalogue.js';
import { EXIT } from './exit.js';

/** What each exit code means to whoever calls the command. */
const MEANING: Record<keyof typeof EXIT, string> = {
  done: 'all done',
  internal: 'internal error',
  usage: 'usage',
  nothingFound: 'nothing was found',
  someFailed: 'some courses failed',
  badData: 'bad data (single-file commands)',
  tryAgain: 'another process has it, or the moment is bad: try again',
  interrupted: 'interrupted',
};

/** Text as troff takes it: hyphens as they are typed, no request at the start of a line. */
function troff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}

function flag(row: FlagRow): string {
  const names = [row.short, row.long].filter((name) => name !== undefined).map((name) => `\\fB${troff(name)}\\fR`);
  const value = row.value === undefined ? '' : ` \\fI${troff(row.value.replace(/[<>[\]]/g, ''))}\\fR`;
  const notes = [
    row.required ? 'required' : '',
    row.choices === undefined ? '' : `one of ${row.choices.join(', ')}`,
    row.default === undefined ? '' : `default ${row.default}`,
  ].filter((note) => note !== '');
  const description = row.description + (notes.length > 0 ? ` (${notes.join('; ')})` : '');
  return `.TP\n${names.join(', ')}${value}\n${troff(description)}\n`;
}

export function manualPage(commands: readonly CommandRow[]): string {
  const parts = [
    `.TH ISOVOX 1 "" "isovox ${troff(packageVersion)}" "Isovox"\n`,
    '.SH NAME\nisovox \\- a native engine for medical volumes\n',
    '.SH SYNOPSIS\n\\fBisovox\\fR \\fIcommand\\fR [\\fIflags\\fR]\n.br\n',
    `\\fBisovox run\\fR \\fB${troff('--dicom-root')}\\fR \\fIdir\\fR \\fB${troff('--outdir')}\\fR \\fIdir\\fR\n`,
    '.SH DESCRIPTION\nA folder of mixed radiotherapy DICOM in; dose tables, quality control and reports out. ',
    'Beside it commands for single files, stores, models and fleets.\n',
    '.SH COMMANDS\n',
    ...commands.map(
      (command) =>
        `.SS isovox ${troff(`${command.name} ${command.operands}`.trim())}\n${troff(command.description)}\n` +
        command.flags.map(flag).join(''),
    ),
    '.SH EXIT STATUS\n',
    ...(Object.keys(EXIT) as (keyof typeof EXIT)[]).map(
      (name) => `.TP\n\\fB${EXIT[name]}\\fR\n${troff(MEANING[name])}\n`,
    ),
  ];
  return parts.join('');
}
