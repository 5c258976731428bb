/** A stage that runs an operation on up to `concurrency` items, results in the order of completion or of the input. */

import { WorkerPool } from '../parallel/pool.js';
import type { PipeDefinition, StageExecutor } from './definition.js';
import { OperatingPart, type OperationPolicy } from './operate.js';
import { BoundedQueue, END, EPOCH } from './queue.js';
import type { ItemQueue, Part, RunScope } from './stage.js';
import type { StageStatistics } from './statistics.js';

export class PipePart extends OperatingPart {
  protected readonly policy: OperationPolicy;
  readonly #source: ItemQueue;
  readonly #output: ItemQueue;
  #index = 0;
  #active = 0;
  #changed: (() => void) | undefined;

  constructor(
    scope: RunScope,
    private readonly definition: PipeDefinition,
    name: string,
    input: ItemQueue,
    output: ItemQueue,
    upstream: readonly Part[],
    executor: StageExecutor | undefined,
    maxFailures: number,
  ) {
    super(scope, name, definition.concurrency, input, [output], upstream, maxFailures);
    this.#source = input;
    this.#output = output;
    this.policy = { ...definition, executor };
  }

  override statistics(): StageStatistics {
    const { executor } = this.policy;
    return { ...super.statistics(), ...(executor instanceof WorkerPool && { threads: executor.numWorkers }) };
  }

  protected loop(): Promise<void> {
    return this.definition.outputOrder === 'input' ? this.#inOrder() : this.#asCompleted();
  }

  async #asCompleted(): Promise<void> {
    for (;;) {
      while (this.#active >= this.definition.concurrency) await this.#change();
      const item: unknown = await this.#source.get();
      if (item === END) break;
      if (item === EPOCH) {
        while (this.#active > 0) await this.#change();
        if (!(await this.#output.put(EPOCH))) break;
        continue;
      }
      this.#active++;
      void this.process(item, this.#index++, this.#output).then((taken) => {
        if (!taken) this.#source.abort();
        this.#release();
      });
    }
    while (this.#active > 0) await this.#change();
  }

  /** Each item has a small output of its own; they are emptied one after the other, and only then is its slot free. */
  async #inOrder(): Promise<void> {
    const line = new BoundedQueue<ItemQueue | typeof EPOCH>(this.definition.concurrency + 1);
    const emptied = this.#empty(line);
    for (;;) {
      while (this.#active >= this.definition.concurrency) await this.#change();
      const item: unknown = await this.#source.get();
      if (item === END) break;
      if (item === EPOCH) {
        await line.put(EPOCH);
        continue;
      }
      this.#active++;
      const own: ItemQueue = new BoundedQueue<unknown>(2);
      void this.process(item, this.#index++, own).then(() => own.end());
      await line.put(own);
    }
    line.end();
    await emptied;
  }

  async #empty(line: BoundedQueue<ItemQueue | typeof EPOCH>): Promise<void> {
    let open = true;
    for (;;) {
      const own = await line.get();
      if (own === END) return;
      if (own === EPOCH) {
        open = open && (await this.#output.put(EPOCH));
        continue;
      }
      for (let value: unknown = await own.get(); value !== END && open; value = await own.get()) {
        open = await this.#output.put(value);
      }
      if (!open) {
        own.abort();
        this.#source.abort();
      }
      this.#release();
    }
  }

  #release(): void {
    this.#active--;
    this.#changed?.();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}
