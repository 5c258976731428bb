/** What the command line offers, as plain rows: of commander's own objects, so that nothing is declared twice. */

import type { Command, Option } from 'commander';

export interface FlagRow {
  short: string | undefined;
  long: string;
  /** What stands behind it, as `<dir>`; undefined when nothing does. */
  value: string | undefined;
  /** Whether several values may follow. */
  several: boolean;
  choices: readonly string[] | undefined;
  default: string | undefined;
  required: boolean;
  description: string;
}

export interface CommandRow {
  name: string;
  /** `<input> <output>` */
  operands: string;
  description: string;
  flags: FlagRow[];
}

function flagRow(option: Option): FlagRow {
  const value = /[<[].*$/.exec(option.flags)?.[0];
  return {
    short: option.short,
    long: option.long ?? option.flags,
    value,
    several: option.variadic,
    choices: option.argChoices,
    default:
      option.defaultValue === undefined || typeof option.defaultValue === 'boolean'
        ? undefined
        : [option.defaultValue].flat().join(','),
    required: option.mandatory,
    description: option.description,
  };
}

const HELP: FlagRow = {
  short: '-h',
  long: '--help',
  value: undefined,
  several: false,
  choices: undefined,
  default: undefined,
  required: false,
  description: 'display help for command',
};

/** Every command that is not hidden, in the order of the help. */
export function catalogue(program: Command): CommandRow[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help')
    .map((command) => ({
      name: command.name(),
      operands: command.registeredArguments
        .map((one) => {
          const name = one.variadic ? `${one.name()}...` : one.name();
          return one.required ? `<${name}>` : `[${name}]`;
        })
        .join(' '),
      description: command.description(),
      flags: [...command.options.filter((option) => !option.hidden).map(flagRow), HELP],
    }));
}
