/** A queue with room for a fixed number of items: whoever puts into a full one waits, and so does who gets from an empty one. */

import { type DurationSummary, Durations } from './durations.js';

/** No item will follow. */
export const END = Symbol('end');
/** Between the passes of a continuous source; goes through every stage after the items before it. */
export const EPOCH = Symbol('epoch');

export interface QueueStatistics {
  readonly name: string;
  readonly capacity: number;
  /** Items that were taken out. */
  readonly items: number;
  readonly itemsPerSecond: number;
  /** Share of the time in which it was not empty, 0 to 1. */
  readonly occupancy: number;
  /** How long a put waited for room: long when the stage after it is slow. */
  readonly putWait: DurationSummary;
  /** How long a get waited for an item: long when the stage before it is slow. */
  readonly getWait: DurationSummary;
}

interface Putter<T> {
  readonly item: T;
  readonly since: number;
  resolve(taken: boolean): void;
}

interface Getter<T> {
  readonly since: number;
  resolve(item: T | typeof END): void;
}

export class BoundedQueue<T> {
  readonly #items: T[] = [];
  readonly #putters: Putter<T>[] = [];
  readonly #getters: Getter<T>[] = [];
  readonly #putWait = new Durations();
  readonly #getWait = new Durations();
  #ended = false;
  #aborted = false;
  #taken = 0;
  #filledMs = 0;
  #filledSince: number | undefined;
  #began: number | undefined;
  #closedAt: number | undefined;

  constructor(
    readonly capacity: number,
    readonly name = '',
  ) {}

  /** Items that are in it now. */
  get size(): number {
    return this.#items.length;
  }

  /** False, at once or later, when the queue was given up and the item is lost. */
  put(item: T): boolean | Promise<boolean> {
    if (this.#aborted || this.#ended) return false;
    this.#began ??= performance.now();
    const getter = this.#getters.shift();
    if (getter !== undefined) {
      this.#putWait.add(0);
      this.#getWait.add(performance.now() - getter.since);
      this.#count(item);
      getter.resolve(item);
      return true;
    }
    if (this.#items.length < this.capacity) {
      this.#putWait.add(0);
      this.#push(item);
      return true;
    }
    return new Promise((resolve) => {
      this.#putters.push({ item, since: performance.now(), resolve });
    });
  }

  get(): T | typeof END | Promise<T | typeof END> {
    this.#began ??= performance.now();
    const ready = this.#shift();
    if (ready !== undefined) {
      this.#getWait.add(0);
      return ready.item;
    }
    if (this.#aborted || this.#ended) return END;
    return new Promise((resolve) => {
      this.#getters.push({ since: performance.now(), resolve });
    });
  }

  /** Like `get`, but gives undefined after `ms` milliseconds without an item. */
  getWithin(ms: number): Promise<T | typeof END | undefined> {
    const ready = this.#shift();
    if (ready !== undefined) return Promise.resolve(ready.item);
    if (this.#aborted || this.#ended) return Promise.resolve(END);
    return new Promise((resolve) => {
      const getter: Getter<T> = {
        since: performance.now(),
        resolve(item) {
          clearTimeout(timer);
          resolve(item);
        },
      };
      const timer = setTimeout(() => {
        this.#getters.splice(this.#getters.indexOf(getter), 1);
        resolve(undefined);
      }, ms);
      this.#getters.push(getter);
    });
  }

  /** What is in it can still be taken; then gets give END. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#closedAt ??= performance.now();
    for (const getter of this.#getters.splice(0)) getter.resolve(END);
  }

  /** Drops what is in it; every put and get ends now. */
  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#closedAt ??= performance.now();
    this.#items.length = 0;
    this.#empty();
    for (const putter of this.#putters.splice(0)) putter.resolve(false);
    for (const getter of this.#getters.splice(0)) getter.resolve(END);
  }

  #push(item: T): void {
    this.#items.push(item);
    this.#filledSince ??= performance.now();
  }

  #shift(): { readonly item: T } | undefined {
    if (this.#items.length === 0) return undefined;
    const item = this.#items.shift() as T;
    const putter = this.#putters.shift();
    if (putter !== undefined) {
      this.#putWait.add(performance.now() - putter.since);
      this.#items.push(putter.item);
      putter.resolve(true);
    }
    if (this.#items.length === 0) this.#empty();
    this.#count(item);
    return { item };
  }

  #empty(): void {
    if (this.#filledSince !== undefined) this.#filledMs += performance.now() - this.#filledSince;
    this.#filledSince = undefined;
  }

  #count(item: T): void {
    if ((item as unknown) !== EPOCH) this.#taken++;
  }

  statistics(): QueueStatistics {
    const now = performance.now();
    const elapsed = (this.#closedAt ?? now) - (this.#began ?? now);
    const filled = this.#filledMs + (this.#filledSince === undefined ? 0 : now - this.#filledSince);
    return {
      name: this.name,
      capacity: this.capacity,
      items: this.#taken,
      itemsPerSecond: elapsed > 0 ? (1000 * this.#taken) / elapsed : 0,
      occupancy: elapsed > 0 ? Math.min(1, filled / elapsed) : 0,
      putWait: this.#putWait.summary(),
      getWait: this.#getWait.summary(),
    };
  }
}
