/** Names for patients that say nothing about them to whoever lacks the key. */

import { createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { asIsovoxError, IsovoxError } from '../errors.js';
import { writeText } from '../table/atomic.js';
import { makeFolder } from './make-folder.js';

/** The file that says who is who. Whoever has it can undo the pseudonyms; without it nobody can. */
interface PseudonymFile {
  readonly version: 1;
  /** 64 hexadecimal digits. */
  readonly key: string;
  /** PatientID by pseudonym. */
  readonly patients: Readonly<Record<string, string>>;
}

/** Without I, L, O and U, which are read for others (Crockford). */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 60 bits: two patients of a million share a pseudonym once in two million cohorts. */
const LENGTH = 12;
const OWNER_ONLY = 0o600;

export class Pseudonyms {
  readonly #patients: Map<string, string>;

  private constructor(
    readonly path: string,
    readonly key: string,
    patients: Readonly<Record<string, string>>,
  ) {
    this.#patients = new Map(Object.entries(patients));
  }

  /** Of the file, which is made with a new key where it is not there. Throws ERR_CORRUPT_DATA for one that is no such file. */
  static async open(path: string): Promise<Pseudonyms> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (thrown) {
      const error = asIsovoxError(thrown);
      if (error.code !== 'ERR_NOT_FOUND') throw error;
      return new Pseudonyms(path, randomBytes(32).toString('hex'), {});
    }
    try {
      const { version, key, patients } = JSON.parse(text) as PseudonymFile;
      if (version === 1 && /^[0-9a-f]{64}$/.test(key)) return new Pseudonyms(path, key, patients);
    } catch {
      // Said below.
    }
    throw new IsovoxError('ERR_CORRUPT_DATA', `${path} is no file of pseudonyms: it has no version 1 and key`, {
      path,
    });
  }

  /** `P` and twelve letters and digits; the same for the same PatientID and key. */
  patient(PatientID: string): string {
    const pseudonym = `P${this.#digits(`patient\n${PatientID}`)}`;
    this.#patients.set(pseudonym, PatientID);
    return pseudonym;
  }

  /** The same for any other text that identifies. */
  other(text: string): string {
    return this.#digits(`other\n${text}`);
  }

  #digits(text: string): string {
    const hash = createHmac('sha256', Buffer.from(this.key, 'hex')).update(text, 'utf8').digest();
    return Array.from(hash.subarray(0, LENGTH), (byte) => DIGITS[byte & 31]).join('');
  }

  /** Writes who is who, for its owner's eyes. */
  async save(): Promise<void> {
    const patients = Object.fromEntries([...this.#patients].sort(([a], [b]) => (a < b ? -1 : 1)));
    await makeFolder(dirname(this.path));
    const file: PseudonymFile = { version: 1, key: this.key, patients };
    await writeText(this.path, `${JSON.stringify(file, null, 2)}\n`, OWNER_ONLY);
  }
}
