/** Stages in a row, checked as they are added. */

import { invalidArgument } from '../errors.js';
import { functionRef, type ModuleFunction } from '../parallel/function-ref.js';
import type { Executor, FailurePolicy, Operation, OperationContext, StageDefinition } from './definition.js';
import { checkBudget } from './failures.js';

export interface PipeOptions extends FailurePolicy {
  /** Items at a time, those whose results wait for room included. Default 1. */
  readonly concurrency?: number | undefined;
  /** `completion` (default): results go on as they are ready; `input`: in the order of the items. */
  readonly outputOrder?: 'completion' | 'input' | undefined;
  /** Default: the name of the function. */
  readonly name?: string | undefined;
  /** Default `main`, and `thread` for a function of a module. */
  readonly executor?: Executor | undefined;
  /** Milliseconds for one try of one item; for a generator, for each of its values. */
  readonly timeoutMs?: number | undefined;
  /** More tries for an item that failed; none for bad data, and none after a generator gave something. Default 0. */
  readonly retries?: number | undefined;
  /** Longest first wait before another try in milliseconds, doubled each time, jittered. Default 100. */
  readonly backoffMs?: number | undefined;
}

export interface VariantsOptions extends FailurePolicy {
  readonly name?: string | undefined;
}

/** What a stage gives for a result of its operation: the values of a generator, the value of a promise, never null. */
export type Emitted<Result> =
  Awaited<Result> extends Iterator<infer Value>
    ? NonNullable<Value>
    : Awaited<Result> extends AsyncIterator<infer Later>
      ? NonNullable<Later>
      : NonNullable<Awaited<Result>>;

export type Element<Item> =
  Item extends Iterable<infer Value> ? Value : Item extends AsyncIterable<infer Later> ? Later : never;

export type PipeOperation<Item, Result> = (item: Item, context: OperationContext) => Result;

/** A path of `pathVariants`; `null` from the router drops the item. */
// biome-ignore lint/suspicious/noExplicitAny: a path may give anything.
export type Path<Item> = (chain: StageChain<Item>) => StageChain<any>;
export type Paths<Item> = Readonly<Record<string, Path<Item>>> | readonly Path<Item>[];
export type PathItem<P> = P extends readonly (infer One)[] ? GivenBy<One> : GivenBy<P[keyof P]>;
type GivenBy<P> = P extends (...args: never[]) => StageChain<infer Item> ? Item : never;

/** The list that the builders share; each stage is frozen as it is added. */
export class StageList {
  readonly #stages: StageDefinition[] = [];
  readonly #names = new Set<string>();

  get frozen(): readonly StageDefinition[] {
    return Object.freeze([...this.#stages]);
  }

  pipe(op: Operation | ModuleFunction, options: PipeOptions): void {
    const { concurrency = 1, outputOrder = 'completion', timeoutMs, retries = 0, backoffMs = 100 } = options;
    const executor = options.executor ?? (typeof op === 'function' ? 'main' : 'thread');
    whole('concurrency', concurrency, 1);
    whole('retries', retries, 0);
    checkBudget('maxFailures', options.maxFailures);
    if (outputOrder !== 'completion' && outputOrder !== 'input') {
      throw invalidArgument('outputOrder', "'completion' or 'input'", outputOrder);
    }
    if (timeoutMs !== undefined && !(timeoutMs > 0)) {
      throw invalidArgument('timeoutMs', 'milliseconds above 0', timeoutMs);
    }
    const elsewhere = typeof executor === 'object' && executor !== null && typeof executor.run === 'function';
    if (!elsewhere && executor !== 'main' && executor !== 'thread' && executor !== 'process') {
      throw invalidArgument('executor', "'main', 'thread', 'process' or a pool", executor);
    }
    if (executor === 'main') {
      if (typeof op !== 'function') throw invalidArgument('op', 'a function (a module needs a thread or process)', op);
    } else {
      functionRef(op, 'op');
    }
    this.#add({
      kind: 'pipe',
      name: this.#name(options.name ?? operationName(op)),
      op,
      concurrency,
      outputOrder,
      executor,
      timeoutMs,
      retries,
      backoffMs,
      maxFailures: options.maxFailures,
    });
  }

  aggregate(size: number, dropLast: boolean): void {
    whole('n', size, 1);
    this.#add({ kind: 'aggregate', name: this.#name('aggregate'), size, dropLast });
  }

  disaggregate(): void {
    this.#add({ kind: 'disaggregate', name: this.#name('disaggregate') });
  }

  variants(router: Operation, paths: Paths<never>, options: VariantsOptions): void {
    if (typeof router !== 'function') throw invalidArgument('router', 'a function', router);
    checkBudget('maxFailures', options.maxFailures);
    const entries = Object.entries(paths);
    if (entries.length === 0) throw invalidArgument('paths', 'at least one path', paths);
    const built = entries.map(([key, path]) => {
      if (typeof path !== 'function') throw invalidArgument(`paths.${key}`, 'a function of a chain', path);
      const list = new StageList();
      path(new StageChain<never>(list));
      return [key, list.frozen] as const;
    });
    const name = this.#name(options.name ?? 'variants');
    const { maxFailures } = options;
    this.#add({ kind: 'variants', name, router, paths: Object.freeze(Object.fromEntries(built)), maxFailures });
  }

  #add(stage: StageDefinition): void {
    this.#stages.push(Object.freeze(stage));
  }

  #name(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#names.has(name); count++) name = `${wanted} ${count}`;
    this.#names.add(name);
    return name;
  }
}

/** Stages of one path of `pathVariants`. */
export class StageChain<Item> {
  readonly #list: StageList;

  constructor(list: StageList) {
    this.#list = list;
  }

  /** See `PipelineBuilder.pipe`. */
  pipe<Result>(op: PipeOperation<Item, Result>, options?: PipeOptions): StageChain<Emitted<Result>>;
  pipe<Result>(op: ModuleFunction, options?: PipeOptions): StageChain<Result>;
  pipe(op: Operation | ModuleFunction, options: PipeOptions = {}): StageChain<unknown> {
    this.#list.pipe(op, options);
    return this as StageChain<unknown>;
  }

  aggregate(n: number, options: { readonly dropLast?: boolean } = {}): StageChain<Item[]> {
    this.#list.aggregate(n, options.dropLast ?? false);
    return this as StageChain<unknown> as StageChain<Item[]>;
  }

  disaggregate(): StageChain<Element<Item>> {
    this.#list.disaggregate();
    return this as StageChain<unknown> as StageChain<Element<Item>>;
  }

  pathVariants<const P extends Paths<Item>>(
    router: PipeOperation<Item, unknown>,
    paths: P,
    options: VariantsOptions = {},
  ): StageChain<PathItem<P>> {
    this.#list.variants(router, paths as Paths<never>, options);
    return this as StageChain<unknown> as StageChain<PathItem<P>>;
  }
}

export function whole(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) throw invalidArgument(name, `an integer of at least ${least}`, value);
}

function operationName(op: Operation | ModuleFunction): string {
  if (typeof op === 'function') return op.name || 'pipe';
  return op.export ?? String(op.module);
}
