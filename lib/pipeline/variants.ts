/** A fork: each item goes the way that the router names; the ways meet again in one queue. */

import { invalidArgument } from '../errors.js';
import type { VariantsDefinition } from './definition.js';
import { OperatingPart, type OperationPolicy } from './operate.js';
import { BoundedQueue, END, EPOCH } from './queue.js';
import type { ItemQueue, Part, RunScope } from './stage.js';

export class RouterPart extends OperatingPart {
  protected readonly policy: OperationPolicy;
  #index = 0;

  constructor(
    scope: RunScope,
    definition: VariantsDefinition,
    name: string,
    private readonly from: ItemQueue,
    private readonly ways: ReadonlyMap<string, ItemQueue>,
    upstream: readonly Part[],
    maxFailures: number,
  ) {
    super(scope, name, 1, from, [...ways.values()], upstream, maxFailures);
    this.policy = {
      op: async (item: unknown, context) => {
        const route = await definition.router(item, context);
        if (route === null || route === undefined) return undefined;
        const way = this.ways.get(String(route));
        if (way === undefined) throw invalidArgument('the route', `one of ${[...ways.keys()].join(', ')}`, route);
        return { way };
      },
      executor: undefined,
      timeoutMs: undefined,
      retries: 0,
      backoffMs: 0,
    };
  }

  protected async loop(): Promise<void> {
    for (;;) {
      const item: unknown = await this.from.get();
      if (item === END) return;
      if (item === EPOCH) {
        for (const way of this.ways.values()) if (!(await way.put(EPOCH))) return;
        continue;
      }
      const routed = new BoundedQueue<{ way: ItemQueue }>(1);
      if (!(await this.process(item, this.#index++, routed))) return;
      routed.end();
      const route = await routed.get();
      if (route !== END && !(await route.way.put(item))) return;
    }
  }
}

/** Where the ways meet. A pass of a continuous source is over when it is over on every way. */
export class Meeting {
  #open: number;
  #arrived = 0;
  #go: Array<(open: boolean) => void> = [];

  constructor(
    private readonly ways: readonly ItemQueue[],
    private readonly output: ItemQueue,
  ) {
    this.#open = ways.length;
  }

  async run(): Promise<void> {
    await Promise.all(this.ways.map((way) => this.#forward(way)));
    this.output.end();
  }

  async #forward(way: ItemQueue): Promise<void> {
    for (;;) {
      const item: unknown = await way.get();
      if (item === END) break;
      if (!(await (item === EPOCH ? this.#arrive() : this.output.put(item)))) {
        way.abort();
        break;
      }
    }
    this.#open--;
    await this.#release();
  }

  #arrive(): Promise<boolean> {
    this.#arrived++;
    return new Promise((resolve) => {
      this.#go.push(resolve);
      void this.#release();
    });
  }

  async #release(): Promise<void> {
    if (this.#arrived === 0 || this.#arrived < this.#open) return;
    const go = this.#go.splice(0);
    this.#arrived = 0;
    const taken = await this.output.put(EPOCH);
    for (const resolve of go) resolve(taken);
  }
}
