/** A context: how fast a result comes (threads, memory), never what it is. */

import { type Config, getConfig } from '../config/resolve.js';
import { addon } from './addon.js';
import type { Handle } from './surface.js';

/** Immutable: threads and memory budget, shared by every task that is given it. */
export class Context {
  readonly memoryBudgetMb: number;
  readonly config: Config;
  /** A pool and a cache of its own; undefined when it shares those of the process. */
  readonly isolated: { readonly pool: Handle<'Pool'>; readonly cache: Handle<'TileCache'> } | undefined;
  readonly #threads: () => number;
  #budget: Handle<'Budget'> | undefined;

  /** `threads` is asked at each operation, where the number changes with what else the machine does. */
  constructor(
    config: Config = getConfig(),
    threads: () => number = () => config.read.concurrency,
    options: { readonly isolated?: boolean } = {},
  ) {
    this.config = config;
    this.#threads = threads;
    this.memoryBudgetMb = config.read.memoryBudgetMb;
    if (options.isolated) {
      const cache = addon().createTileCache(config.read.tileCacheSizeMb * 2 ** 20);
      this.isolated = { pool: addon().createPool(this.threads), cache };
    }
  }

  /** Native threads of one operation, and of all operations of this context together. */
  get threads(): number {
    return this.#threads();
  }

  /** The native budget that tasks of this context wait for. */
  get budget(): Handle<'Budget'> {
    this.#budget ??= addon().createBudget(this.memoryBudgetMb * 2 ** 20);
    return this.#budget;
  }

  /** Bytes reserved now, and the most reserved at once. */
  get memory(): { limitBytes: number; inUseBytes: number; peakBytes: number } {
    return addon().budgetState(this.budget);
  }
}

let current: { config: Config; context: Context } | undefined;

/** The context of the configuration in force. */
export function defaultContext(): Context {
  const config = getConfig();
  if (current?.config !== config) current = { config, context: new Context(config) };
  return current.context;
}

/** The same context, for any thread of this process: caches and pools are shared already. */
export function ctxForThreads(context: Context = defaultContext()): Context {
  return context;
}

/** A new context with the same configuration, and a budget, a cache of chunks and native threads of its own. */
export function ctxForProcess(context: Context = defaultContext()): Context {
  return new Context(context.config, undefined, { isolated: true });
}
