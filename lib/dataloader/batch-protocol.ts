/**
 * How another process on the machine takes batches: lines of JSON over a Unix-domain socket, voxels in shared memory.
 *
 * | consumer sends | server answers |
 * |---|---|
 * | `{"type":"hello","protocol":1,"rank":0}` | `hello`: dtype, shapes, and a file per slot to map |
 * | `{"type":"mapped"}` | nothing; the files are unlinked, the memory stays as long as someone maps it |
 * | `{"type":"epoch","epoch":0}` | `epoch`: how many batches and samples there will be; batches are made ahead from now |
 * | `{"type":"take"}` | `batch`: which slot it lies in, and of what; or `end` after the last one of the epoch |
 * | `{"type":"release","slot":2}` | nothing; the slot may be filled anew |
 *
 * Answers come in the order of the questions. What goes wrong is answered by `error` with `code` and `message`; a batch that
 * could not be made ends its epoch. A consumer that ends, however, leaves nothing behind: its slots go with its connection.
 */

import { z } from 'zod';

import { IsovoxError } from '../errors.js';

export const PROTOCOL = 1;

/** A line longer than this is none of ours. */
export const LONGEST_LINE = 4096;

const whole = z.int().min(0);

const question = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), protocol: z.int(), rank: whole.default(0) }),
  z.strictObject({ type: z.literal('mapped') }),
  z.strictObject({ type: z.literal('epoch'), epoch: whole }),
  z.strictObject({ type: z.literal('take') }),
  z.strictObject({ type: z.literal('release'), slot: whole }),
]);

export type Question = z.infer<typeof question>;

export type Answer =
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly rank: number;
      readonly worldSize: number;
      readonly dtype: 'float32';
      /** [N, C, D, H, W] of a full batch. */
      readonly image: readonly number[];
      readonly mask?: readonly number[] | undefined;
      readonly slots: ReadonlyArray<{ readonly image: string; readonly mask?: string | undefined }>;
    }
  | { readonly type: 'epoch'; readonly epoch: number; readonly batches: number; readonly samples: number }
  | {
      readonly type: 'batch';
      readonly slot: number;
      /** The first so many of the slot hold the batch. */
      readonly samples: number;
      readonly subjects: readonly string[];
      readonly idx: readonly number[];
      readonly patchIdx: readonly number[];
      readonly patchStart: ReadonlyArray<readonly number[]>;
      readonly label?: ReadonlyArray<number | string> | undefined;
    }
  | { readonly type: 'end'; readonly epoch: number }
  | { readonly type: 'error'; readonly code: string; readonly message: string };

/** Throws ERR_INVALID_ARGUMENT for a line that is no question. */
export function parseQuestion(line: string): Question {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw refused('it is no JSON');
  }
  const parsed = question.safeParse(value);
  if (!parsed.success) throw refused(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  return parsed.data;
}

const refused = (why: string) => new IsovoxError('ERR_INVALID_ARGUMENT', `The message is not understood: ${why}`);

/** Collects what arrives into lines. */
export class Lines {
  #rest = '';

  /** Throws ERR_INVALID_ARGUMENT when a line becomes longer than any message. */
  *of(text: string): Generator<string> {
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop() ?? '';
    for (const part of [...parts, this.#rest]) if (part.length > LONGEST_LINE) throw refused('it is too long');
    for (const part of parts) if (part.trim() !== '') yield part;
  }
}
