/** Stages that change how items are grouped: aggregate, disaggregate. */

import { invalidArgument } from '../errors.js';
import type { AggregateDefinition, DisaggregateDefinition } from './definition.js';
import { OperatingPart, type OperationPolicy } from './operate.js';
import { END, EPOCH } from './queue.js';
import { type ItemQueue, Part, type RunScope } from './stage.js';

/** Arrays of `size` items; the rest at the end of the input, or of a pass, is a shorter one unless it is dropped. */
export class AggregatePart extends Part {
  constructor(
    scope: RunScope,
    private readonly definition: AggregateDefinition,
    name: string,
    private readonly from: ItemQueue,
    private readonly to: ItemQueue,
    upstream: readonly Part[],
  ) {
    super(scope, name, 1, from, [to], upstream, -1);
  }

  protected async loop(): Promise<void> {
    let batch: unknown[] = [];
    for (;;) {
      const item: unknown = await this.from.get();
      const boundary = item === END || item === EPOCH;
      if (!boundary) {
        batch.push(item);
        this.succeeded(0);
      }
      const complete = batch.length === this.definition.size;
      const rest = boundary && batch.length > 0 && !this.definition.dropLast && !this.cancelled;
      if (complete || rest) {
        if (!(await this.emit(this.to, batch))) return;
      }
      if (complete || boundary) batch = [];
      if (item === END) return;
      if (item === EPOCH && !(await this.to.put(EPOCH))) return;
    }
  }
}

const EACH: OperationPolicy = {
  op: (item: unknown) => {
    if (typeof item === 'object' && item !== null) {
      if (Symbol.iterator in item) return (item as Iterable<unknown>)[Symbol.iterator]();
      if (Symbol.asyncIterator in item) return (item as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    }
    throw invalidArgument('the item of disaggregate', 'an iterable', item);
  },
  executor: undefined,
  timeoutMs: undefined,
  retries: 0,
  backoffMs: 0,
};

/** Each item of an iterable by itself. */
export class DisaggregatePart extends OperatingPart {
  protected readonly policy = EACH;
  #index = 0;

  constructor(
    scope: RunScope,
    _definition: DisaggregateDefinition,
    name: string,
    private readonly from: ItemQueue,
    private readonly to: ItemQueue,
    upstream: readonly Part[],
    maxFailures: number,
  ) {
    super(scope, name, 1, from, [to], upstream, maxFailures);
  }

  protected async loop(): Promise<void> {
    for (;;) {
      const item: unknown = await this.from.get();
      if (item === END) return;
      const taken = item === EPOCH ? await this.to.put(EPOCH) : await this.process(item, this.#index++, this.to);
      if (!taken) return;
    }
  }
}
