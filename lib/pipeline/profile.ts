/** Each stage of a pipeline alone, at several concurrencies. */

import { buildPipeline, type PipelineBuilder } from './builder.js';
import { whole } from './chain.js';
import { concurrencyOf, type PipelineDefinition, type StageDefinition } from './definition.js';
import { table } from './report.js';

export interface ProfileOptions {
  /** Items to take from the source; they and the results of a stage are held until the next stage has had them. Default 1000. */
  readonly numInputs?: number | undefined;
  /** Default 1, 4, 8, 16, 32; stages that group or route items have one measurement. */
  readonly concurrency?: readonly number[] | undefined;
  /** Where the report goes. Default standard output. */
  readonly print?: ((text: string) => void) | undefined;
}

export interface StageProfile {
  readonly stage: string;
  /** Operations at a time, and workers when they run on a pool. */
  readonly concurrency: number;
  readonly items: number;
  readonly failed: number;
  readonly ms: number;
  /** Items that the stage took per second. */
  readonly itemsPerSecond: number;
  /** Share of the time in which its operations filled all its slots, 0 to 1. */
  readonly busy: number;
}

/**
 * Runs each stage by itself over the results of the stage before, and prints the rate at every concurrency. Items that
 * fail are left out, as in a run. The operations really run, once for each concurrency.
 */
export async function profilePipeline(
  pipeline: PipelineDefinition | PipelineBuilder<unknown> | { readonly definition: PipelineDefinition },
  options: ProfileOptions = {},
): Promise<readonly StageProfile[]> {
  const { numInputs = 1000, concurrency = [1, 4, 8, 16, 32], print } = options;
  whole('numInputs', numInputs, 1);
  for (const value of concurrency) whole('concurrency', value, 1);
  const definition = definitionOf(pipeline);
  let items = await firstItems(definition, numInputs);
  const rows: StageProfile[] = [];
  for (const stage of definition.stages) {
    let results: unknown[] | undefined;
    for (const tasks of stage.kind === 'pipe' ? concurrency : [1]) {
      const measured = await measure(stage, items, tasks);
      rows.push(measured.profile);
      results ??= measured.results;
    }
    items = results ?? [];
  }
  (print ?? ((text: string) => process.stdout.write(text)))(formatProfile(rows, definition));
  return rows;
}

function definitionOf(
  pipeline: PipelineDefinition | PipelineBuilder<unknown> | { readonly definition: PipelineDefinition },
): PipelineDefinition {
  if ('source' in pipeline) return pipeline;
  const { definition } = pipeline;
  return typeof definition === 'function' ? (pipeline as PipelineBuilder<unknown>).definition() : definition;
}

async function firstItems(definition: PipelineDefinition, count: number): Promise<unknown[]> {
  const items: unknown[] = [];
  const source = { ...definition.source, continuous: false };
  for await (const item of buildPipeline<unknown>({ source, stages: [], bufferSize: 2 })) {
    items.push(item);
    if (items.length === count) break;
  }
  return items;
}

async function measure(
  stage: StageDefinition,
  items: readonly unknown[],
  tasks: number,
): Promise<{ profile: StageProfile; results: unknown[] }> {
  const alone: StageDefinition = stage.kind === 'pipe' ? { ...stage, concurrency: tasks, maxFailures: -1 } : stage;
  const open = () => items[Symbol.iterator]();
  const pipeline = buildPipeline<unknown>(
    { source: { name: 'items', continuous: false, open }, stages: [alone], bufferSize: 2 },
    { numThreads: tasks, keepFailedItems: false },
  );
  const results: unknown[] = [];
  const begun = performance.now();
  for await (const result of pipeline) results.push(result);
  const ms = performance.now() - begun;
  const figures = pipeline.statistics().stages.find(({ name }) => name === stage.name);
  const profile = {
    stage: stage.name,
    concurrency: tasks,
    items: items.length,
    failed: pipeline.failures.length,
    ms,
    itemsPerSecond: ms > 0 ? (1000 * items.length) / ms : 0,
    busy: figures?.busy ?? 0,
  };
  return { profile, results };
}

/** A concurrency is worth it when it is this much faster than a smaller one. */
const WORTH_IT = 1.1;

function formatProfile(rows: readonly StageProfile[], definition: PipelineDefinition): string {
  const lines = rows.map(({ stage, concurrency, items, failed, ms, itemsPerSecond, busy }) => [
    stage,
    String(concurrency),
    String(items),
    String(failed),
    ms.toFixed(1),
    itemsPerSecond.toFixed(1),
    `${(100 * busy).toFixed(0)} %`,
  ]);
  const advice = definition.stages.flatMap((stage) => {
    const own = rows.filter((row) => row.stage === stage.name);
    const best = Math.max(...own.map(({ itemsPerSecond }) => itemsPerSecond));
    const enough = own.find(({ itemsPerSecond }) => itemsPerSecond * WORTH_IT >= best);
    if (stage.kind !== 'pipe' || enough === undefined || enough.items === 0) return [];
    return [`${stage.name}: concurrency ${enough.concurrency} is enough (it has ${concurrencyOf(stage)}).`];
  });
  const head = ['stage', 'tasks', 'items', 'failed', 'ms', 'items/s', 'busy'];
  return `${table(head, lines)}\n${advice.join('\n')}\n`;
}
