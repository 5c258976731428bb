/**
 * An inventory without the identifiers of its patients: PatientIDs are pseudonyms, descriptions and stations are left out,
 * and files lie where their place says nothing: a link to each in a folder of the output. Whatever is made of such an
 * inventory, courses, tables, messages, cannot say what it does not have. Series, objects and frames keep their UIDs, and
 * studies and plans their dates and labels.
 */

import { readlink, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { HeaderRecord } from '../native/dicom-types.js';
import { eachInOrder } from '../runtime/each.js';
import { relativeInput } from './input-path.js';
import { type Inventory, patientIdOf } from './inventory.js';
import { makeFolder } from './make-folder.js';
import type { Finding, Refusal } from './model.js';
import type { Pseudonyms } from './pseudonyms.js';

const LINKS_AT_ONCE = 16;

/** The same objects; `links` is the folder that their paths are in. */
export async function disguise(
  inventory: Inventory,
  root: string,
  links: string,
  pseudonyms: Pseudonyms,
): Promise<Inventory> {
  const targets = new Map<string, string>();
  const placed = (folder: string, path: string): string => {
    const link = join(links, folder, `${pseudonyms.other(relativeInput(root, path))}.dcm`);
    targets.set(link, path);
    return link;
  };
  const places = new Map<string, string>();
  const objects = inventory.objects.map((record) => {
    const hidden = withoutIdentifiers(record, pseudonyms);
    const path = placed(hidden.PatientID || 'no-identifier', record.path);
    places.set(record.path, path);
    return { ...hidden, path };
  });
  const refusals = inventory.refusals.map((refusal): Refusal => {
    const { path, twin, reason } = refusal;
    const link = placed('refused', path);
    const name = relativeInput(links, link);
    let said = reason.replaceAll(path, name).replaceAll(relativeInput(root, path), name);
    if (twin === undefined) return { ...refusal, path: link, reason: said };
    const twinLink = places.get(twin) ?? placed('refused', twin);
    said = said.replaceAll(relativeInput(root, twin), relativeInput(links, twinLink));
    return { ...refusal, path: link, reason: said, twin: twinLink };
  });
  for (const folder of new Set([...targets.keys()].map(dirname))) await makeFolder(folder);
  await eachInOrder([...targets], LINKS_AT_ONCE, async ([link, target]) => {
    if ((await readlink(link).catch(() => undefined)) === target) return;
    await rm(link, { force: true });
    await symlink(target, link);
  });
  await pseudonyms.save();
  return { objects, refusals, findings: inventory.findings.map((finding) => hiddenFinding(finding, pseudonyms)) };
}

function withoutIdentifiers(record: HeaderRecord, pseudonyms: Pseudonyms): HeaderRecord {
  const { StudyDescription: _study, SeriesDescription: _series, StationName: _station, ...rest } = record;
  const PatientID = patientIdOf(record);
  return PatientID === '' ? rest : { ...rest, PatientID: pseudonyms.patient(PatientID) };
}

/** Findings about the whole input may name patients. */
function hiddenFinding(finding: Finding, pseudonyms: Pseudonyms): Finding {
  if (!finding.context) return finding;
  const context = Object.fromEntries(
    Object.entries(finding.context).map(([key, value]) => [
      key,
      key.endsWith('_patient') && typeof value === 'string' && !value.startsWith('UNKNOWN-')
        ? pseudonyms.patient(value)
        : value,
    ]),
  );
  return { ...finding, context };
}
