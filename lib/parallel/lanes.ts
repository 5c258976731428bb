/**
 * Workers and what is posted to them. A worker has at most two chunks: the one that it works on and, when chunks are
 * so short that the way to it counts, the next. A worker that ends costs the item that it was at one attempt; what it
 * had not begun goes back to where it came from.
 */

import { asIsovoxError, IsovoxError } from '../errors.js';
import type { FunctionRef } from './function-ref.js';
import { movableBuffers } from './transfer.js';
import {
  type HostOptions,
  inflate,
  type PoolType,
  startHost,
  type WorkerHost,
  type WorkerMessage,
} from './worker-host.js';

export type ChunkOutcome = { readonly value: unknown } | { readonly error: IsovoxError };

export interface Chunk {
  readonly ref: FunctionRef;
  readonly items: readonly unknown[];
  readonly indices: readonly number[];
  readonly timeoutMs: number | undefined;
  readonly collect: boolean;
  readonly moveItems: boolean;
  readonly moveResults: boolean;
  /** Called once for every position, or `returned` is. */
  settled(position: number, outcome: ChunkOutcome): void;
  /** These were not begun, or their results were lost with the worker: they may run again. */
  returned(positions: readonly number[]): void;
}

export interface ChunkSource {
  /** The next chunk to post, or undefined when there is nothing to do now. */
  next(): Chunk | undefined;
  /** After all outcomes of one message. */
  progressed?(): void;
}

/** Chunks shorter than this, in milliseconds, are posted one ahead. */
const SHORT_CHUNK_MS = 5;

interface Posted {
  readonly id: number;
  readonly chunk: Chunk;
  readonly exact: boolean;
  received: number;
}

export class Lanes {
  readonly #lanes = new Set<Lane>();
  readonly #dying = new Set<Promise<void>>();
  readonly #itemMs = new Map<string, number>();
  readonly #chunkMs = new Map<string, number>();
  #size: number;
  #closed = false;
  #nextId = 1;

  constructor(
    readonly type: PoolType,
    size: number,
    readonly source: ChunkSource,
    readonly options: HostOptions = {},
  ) {
    this.#size = size;
  }

  /** Workers that live, those that are being ended included. */
  get workers(): number {
    return this.#lanes.size + this.#dying.size;
  }

  get size(): number {
    return this.#size;
  }

  /** Usual milliseconds of one item of this function, the way there and back included; undefined before the first. */
  itemMs(key: string): number | undefined {
    return this.#itemMs.get(key);
  }

  measured(key: string, items: number, ms: number): void {
    const blend = (old: number | undefined, now: number) => (old === undefined ? now : 0.7 * old + 0.3 * now);
    this.#itemMs.set(key, blend(this.#itemMs.get(key), ms / items));
    this.#chunkMs.set(key, blend(this.#chunkMs.get(key), ms));
  }

  isShort(key: string): boolean {
    return (this.#chunkMs.get(key) ?? Number.POSITIVE_INFINITY) < SHORT_CHUNK_MS;
  }

  nextId(): number {
    this.#nextId = this.#nextId === 0x7fffffff ? 1 : this.#nextId + 1;
    return this.#nextId;
  }

  /** Posts what the source has to workers that can take it, starting workers where there are fewer than allowed. */
  wake(): void {
    if (this.#closed) return;
    for (const lane of this.#lanes) {
      if (lane.load === 0 && !this.#feed(lane)) return;
    }
    while (this.workers < this.#size) {
      const chunk = this.source.next();
      if (chunk === undefined) return;
      const lane = new Lane(this);
      this.#lanes.add(lane);
      lane.post(chunk);
    }
    for (const lane of this.#lanes) {
      if (lane.load === 1 && lane.takesOneMore && !this.#feed(lane)) return;
    }
  }

  #feed(lane: Lane): boolean {
    const chunk = this.source.next();
    if (chunk !== undefined) lane.post(chunk);
    return chunk !== undefined;
  }

  /** How many workers there may be. Idle ones above that end now, busy ones when their chunk is done. */
  resize(size: number): void {
    this.#size = size;
    this.trim();
    this.wake();
  }

  trim(): void {
    for (const lane of [...this.#lanes]) {
      if (this.#lanes.size > this.#size && lane.load === 0) this.#end(lane);
    }
  }

  /** Ends the worker that is at this item now; false when none is. */
  interrupt(chunk: Chunk, position: number): boolean {
    for (const lane of this.#lanes) {
      if (lane.isAt(chunk, position)) {
        this.stop(lane, undefined);
        return true;
      }
    }
    return false;
  }

  /** Ends a worker in the middle of its item, which gets `error` unless nobody waits for it; another takes its place. */
  stop(lane: Lane, error: IsovoxError | undefined): void {
    this.#end(lane);
    lane.giveUp(error);
    this.source.progressed?.();
  }

  #end(lane: Lane): void {
    this.#lanes.delete(lane);
    const gone = lane.kill().then(() => {
      this.#dying.delete(gone);
      this.wake();
    });
    this.#dying.add(gone);
  }

  /** The worker ended by itself. */
  lost(lane: Lane, reason: IsovoxError): void {
    if (!this.#lanes.delete(lane)) return;
    lane.giveUp(reason);
    this.source.progressed?.();
    this.wake();
  }

  /** Ends every worker now, whatever it does. Answers that are on their way still arrive, nothing else is settled. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const lane of [...this.#lanes]) {
      lane.listenToTheEnd();
      this.#end(lane);
    }
    await Promise.all(this.#dying);
  }
}

class Lane {
  readonly #host: WorkerHost;
  readonly #known = new Set<string>();
  readonly #posted: Posted[] = [];
  #ready = false;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #dead = false;
  #closing = false;

  constructor(private readonly lanes: Lanes) {
    this.#host = startHost(lanes.type, lanes.options, {
      message: (message) => this.#deaf || this.#receive(message),
      ended: (reason) => {
        clearTimeout(this.#timer);
        if (!this.#dead) lanes.lost(this, reason);
      },
    });
  }

  get #deaf(): boolean {
    return this.#dead && !this.#closing;
  }

  listenToTheEnd(): void {
    this.#closing = true;
  }

  get load(): number {
    return this.#posted.length;
  }

  get takesOneMore(): boolean {
    const head = this.#posted[0];
    return head !== undefined && this.#ready && this.lanes.isShort(head.chunk.ref.key);
  }

  isAt(chunk: Chunk, position: number): boolean {
    const head = this.#posted[0];
    return head?.chunk === chunk && this.#at(head) === position;
  }

  /** The position that runs: what the worker says, where it can, else the first that is not answered. */
  #at(head: Posted): number {
    const running = this.#host.running();
    return running?.id === head.id ? Math.max(running.position, head.received) : head.received;
  }

  post(chunk: Chunk): void {
    const exact = this.lanes.type === 'process' || chunk.timeoutMs !== undefined;
    const posted: Posted = { id: this.lanes.nextId(), chunk, exact, received: 0 };
    const { key, source, module, name } = chunk.ref;
    try {
      this.#host.post(
        {
          id: posted.id,
          key,
          define: this.#known.has(key) ? undefined : { source, module, name },
          items: chunk.items,
          indices: chunk.indices,
          exact,
          collect: chunk.collect,
          move: chunk.moveResults,
        },
        chunk.moveItems ? movableBuffers(chunk.items) : [],
      );
    } catch (thrown) {
      this.#refuse(chunk, thrown);
      return;
    }
    this.#known.add(key);
    this.#posted.push(posted);
    if (this.#posted.length === 1) this.#begin();
  }

  /** An item that cannot be cloned fails; the others of its chunk go one by one. */
  #refuse(chunk: Chunk, thrown: unknown): void {
    if (chunk.items.length > 1) {
      chunk.items.forEach((item, position) => {
        this.post({
          ...chunk,
          items: [item],
          indices: [chunk.indices[position] as number],
          settled: (_, outcome) => chunk.settled(position, outcome),
          returned: () => chunk.returned([position]),
        });
      });
      return;
    }
    const { message } = asIsovoxError(thrown);
    const error = new IsovoxError(
      'ERR_INVALID_ARGUMENT',
      `Expected an item that can be cloned but received one that cannot: ${message}`,
      { name: 'items' },
      { cause: thrown },
    );
    // Later, so that whoever posts is not called back from within.
    queueMicrotask(() => {
      chunk.settled(0, { error });
      this.lanes.source.progressed?.();
      this.lanes.wake();
    });
  }

  #begin(): void {
    if (this.#dead) return;
    this.#host.hold(this.#posted.length > 0);
    this.#since = performance.now();
    this.#restartClock();
  }

  #receive(message: WorkerMessage): void {
    if (message.ready) {
      this.#ready = true;
      this.#begin();
      return;
    }
    const head = this.#posted[0];
    if (head === undefined || message.id !== head.id) return;
    if (message.values !== undefined) {
      const { chunk } = head;
      const errors = new Map(message.errors);
      message.values.forEach((value, i) => {
        const flat = errors.get(i);
        chunk.settled(head.received++, flat === undefined ? { value } : { error: inflate(flat) });
      });
      if (head.received === chunk.items.length) {
        this.#posted.shift();
        this.lanes.measured(chunk.ref.key, chunk.items.length, performance.now() - this.#since);
        this.#begin();
      }
      this.lanes.source.progressed?.();
      if (this.#posted.length === 0) this.lanes.trim();
    }
    if (this.#dead) return;
    this.#restartClock();
    this.lanes.wake();
  }

  #restartClock(): void {
    clearTimeout(this.#timer);
    const head = this.#posted[0];
    const timeoutMs = head?.chunk.timeoutMs;
    if (!this.#ready || head === undefined || timeoutMs === undefined) return;
    const { received } = head;
    this.#timer = setTimeout(() => {
      // The answer may have come while this thread was busy: it is read before the verdict.
      setImmediate(() => {
        if (this.#dead || this.#posted[0] !== head || head.received !== received) return;
        const message = `The item took longer than ${timeoutMs} ms; its worker was ended`;
        this.lanes.stop(this, new IsovoxError('ERR_TIMEOUT', message, { limit: String(timeoutMs) }));
      });
    }, timeoutMs);
  }

  /** Settles what was posted to a worker that is no more. */
  giveUp(error: IsovoxError | undefined): void {
    this.#dead = true;
    clearTimeout(this.#timer);
    const [head, ...later] = this.#posted.splice(0);
    if (head === undefined) return;
    const at = Math.min(this.#at(head), head.chunk.items.length - 1);
    const rest: number[] = [];
    for (let position = head.received; position < head.chunk.items.length; position++) {
      if (position !== at) rest.push(position);
    }
    // Later chunks first: what returns is put before what waits, so the earliest ends up in front.
    for (const { chunk } of later.reverse()) chunk.returned(chunk.items.map((_, position) => position));
    if (rest.length > 0) head.chunk.returned(rest);
    if (error !== undefined) head.chunk.settled(at, { error });
  }

  kill(): Promise<void> {
    this.#dead = true;
    clearTimeout(this.#timer);
    return this.#host.kill();
  }
}
