/** isovox completion: a script for a shell, of the catalogue of commands; nothing of isovox runs while one types. */

import type { Command } from 'commander';

import { type CommandRow, catalogue, type FlagRow } from '../catalogue.js';
import { EXIT } from '../exit.js';

const SHELLS = { bash, zsh, fish };

export type Shell = keyof typeof SHELLS;

export function completion(shell: Shell, program: Command): number {
  process.stdout.write(SHELLS[shell](catalogue(program)));
  return EXIT.done;
}

/** What may stand where an operand is asked for: the few that are words, not files. */
const OPERANDS: Record<string, string> = {
  completion: 'bash zsh fish',
  course: 'run',
  export: 'snakemake',
  model: 'check schema',
};

const flagNames = (command: CommandRow) =>
  command.flags.flatMap((row) => [row.short, row.long]).filter((name) => name !== undefined);

/** What a flag's value names. */
function kindOf(row: FlagRow): 'folder' | 'file' | 'other' {
  if (row.value === '<dir>') return 'folder';
  return /file|path|dir|glob|sheets|uri/.test(row.value ?? '') ? 'file' : 'other';
}

function bash(commands: readonly CommandRow[]): string {
  const values = commands.flatMap((command) =>
    command.flags
      .filter((row) => row.value !== undefined)
      .map((row) => {
        const patterns = [row.short, row.long].filter((name) => name !== undefined);
        const reply =
          row.choices !== undefined
            ? `COMPREPLY=($(compgen -W '${row.choices.join(' ')}' -- "$word"))`
            : {
                folder: 'COMPREPLY=($(compgen -d -- "$word"))',
                file: 'COMPREPLY=($(compgen -f -- "$word"))',
                other: ':',
              }[kindOf(row)];
        return `    ${patterns.map((name) => `${command.name}:${name}`).join('|')}) ${reply}; return ;;\n`;
      }),
  );
  const flags = commands.map((command) => `    ${command.name}) flags='${flagNames(command).join(' ')}' ;;\n`);
  const operands = commands.map((command) => {
    const words = OPERANDS[command.name];
    return words === undefined ? '' : `    ${command.name}) operands='${words}' ;;\n`;
  });
  return `# bash completion of isovox
_isovox() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} flags='' operands=''
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W '${[...commands.map((command) => command.name), '--help', '--version'].join(' ')}' -- "$word"))
    return
  fi
  case "$command:$before" in
${values.join('')}  esac
  case "$command" in
${flags.join('')}  esac
  case "$command" in
${operands.join('')}  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
  elif [[ -n $operands && $COMP_CWORD -eq 2 ]]; then
    COMPREPLY=($(compgen -W "$operands" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _isovox isovox
`;
}

/** Inside single quotes. */
const quoted = (text: string) => text.replaceAll("'", "'\\''");

function zsh(commands: readonly CommandRow[]): string {
  const describe = (text: string) => quoted(text).replace(/[[\]:]/g, '\\$&');
  const flag = (row: FlagRow) => {
    const action =
      row.choices !== undefined
        ? `(${row.choices.join(' ')})`
        : { folder: '_files -/', file: '_files', other: ' ' }[kindOf(row)];
    const value = row.value === undefined ? '' : `:${describe(row.value.replace(/[<>[\]]/g, ''))}:${action}`;
    const names = row.short === undefined ? row.long : `{${row.short},${row.long}}`;
    return `        ${row.several ? "'*'" : ''}${names}'[${describe(row.description)}]${value}' \\\n`;
  };
  const cases = commands.map((command) => {
    const words = OPERANDS[command.name];
    const operand = words === undefined ? '' : `'1:what:(${words})' `;
    return `      ${command.name})\n      _arguments \\\n${command.flags.map(flag).join('')}        ${operand}'*:file:_files' ;;\n`;
  });
  const names = commands.map((command) => `    '${command.name}:${describe(command.description)}'`);
  return `#compdef isovox
_isovox() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('')}  esac
}
_isovox "$@"
`;
}

function fish(commands: readonly CommandRow[]): string {
  const lines = commands.flatMap((command) => {
    const inside = `-n '__fish_seen_subcommand_from ${command.name}'`;
    const words = OPERANDS[command.name];
    return [
      `complete -c isovox -f -n __fish_use_subcommand -a ${command.name} -d '${quoted(command.description)}'`,
      ...(words === undefined ? [] : [`complete -c isovox -f ${inside} -a '${words}'`]),
      ...command.flags.map((row) => {
        const short = row.short === undefined ? '' : ` -s ${row.short.replace(/^-/, '')}`;
        const value =
          row.value === undefined
            ? ''
            : row.choices !== undefined
              ? ` -x -a '${row.choices.join(' ')}'`
              : { folder: " -x -a '(__fish_complete_directories)'", file: ' -r -F', other: ' -x' }[kindOf(row)];
        return `complete -c isovox ${inside}${short} -l ${row.long.replace(/^--/, '')}${value} -d '${quoted(row.description)}'`;
      }),
    ];
  });
  return `# fish completion of isovox\n${lines.join('\n')}\n`;
}
