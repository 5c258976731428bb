/** A field of case_metadata: a column and how its cell follows from a course. */

import type { HeaderRecord } from '../native/dicom-types.js';
import type { Cell, Column, Row } from '../table/table.js';
import type { Course } from './model.js';
import type { Prescription } from './prescription.js';

export interface Facts {
  readonly course: Course;
  readonly image: HeaderRecord | undefined;
  readonly plan: HeaderRecord | undefined;
  readonly structures: HeaderRecord | undefined;
  readonly dose: HeaderRecord | undefined;
  readonly prescription: Prescription;
  readonly fractions: readonly Row[];
  /** Distances of the slices along their normal, ascending, mm. */
  readonly positionsMm: readonly number[];
}

export interface Field extends Column {
  value(facts: Facts): Cell | undefined;
}

export type Value = Field['value'];
export const text = (name: string, definition: string, value: Value): Field => ({
  name,
  type: 'string',
  unit: '',
  definition,
  value,
});
export const count = (name: string, definition: string, value: Value): Field => ({
  name,
  type: 'int',
  unit: '',
  definition,
  value,
});
export const number = (name: string, unit: string, definition: string, value: Value): Field => ({
  name,
  type: 'float',
  unit,
  definition,
  value,
});
export const flag = (name: string, definition: string, value: Value): Field => ({
  name,
  type: 'bool',
  unit: '',
  definition,
  value,
});

export const joined = (values: ReadonlyArray<string | undefined>): string =>
  values.filter((value) => value !== undefined && value !== '').join('|');
export const distinct = (values: ReadonlyArray<string | undefined>): string => joined([...new Set(values)].sort());
export const sum = (values: ReadonlyArray<number | undefined>): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
};
export const uids = (records: readonly HeaderRecord[]): string =>
  joined(records.map((record) => record.SOPInstanceUID));

/** The attribute of one object under a prefix, for the equipment that made it. */
export function equipment(prefix: string, of: (facts: Facts) => HeaderRecord | undefined, what: string): Field[] {
  return [
    text(`${prefix}_manufacturer`, `Manufacturer (0008,0070) of ${what}`, (facts) => of(facts)?.Manufacturer),
    text(
      `${prefix}_model`,
      `ManufacturerModelName (0008,1090) of ${what}`,
      (facts) => of(facts)?.ManufacturerModelName,
    ),
    text(`${prefix}_software`, `SoftwareVersions (0018,1020) of ${what}`, (facts) =>
      joined(of(facts)?.SoftwareVersions ?? []),
    ),
  ];
}
