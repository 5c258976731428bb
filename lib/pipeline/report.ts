/** Figures as text: two tables, what failed, and where the bottleneck is. */

import type { FailedItem } from './failures.js';
import type { PipelineStatistics, StageStatistics } from './statistics.js';

const ms = (value: number): string => value.toFixed(value < 10 ? 3 : 1);
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

export function formatReport(statistics: PipelineStatistics, failures: readonly FailedItem[] = []): string {
  const stages = table(
    ['stage', 'tasks', 'done', 'failed', 'dropped', 'mean ms', 'P90 ms', 'P99 ms', 'busy'],
    statistics.stages.map((stage) => [
      stage.name,
      String(stage.concurrency),
      String(stage.done),
      String(stage.failed),
      String(stage.dropped),
      ms(stage.meanMs),
      ms(stage.p90Ms),
      ms(stage.p99Ms),
      percent(stage.busy),
    ]),
  );
  const queues = table(
    ['queue', 'room', 'items', 'items/s', 'not empty', 'put wait ms', 'P90', 'P99', 'get wait ms', 'P90', 'P99'],
    statistics.queues.map(({ name, capacity, items, itemsPerSecond, occupancy, putWait, getWait }) => [
      name,
      String(capacity),
      String(items),
      itemsPerSecond.toFixed(1),
      percent(occupancy),
      ...[putWait, getWait].flatMap((wait) => [ms(wait.meanMs), ms(wait.p90Ms), ms(wait.p99Ms)]),
    ]),
  );
  const shown = failures.slice(0, 20).map(({ stage, index, error }) => `  ${stage} item ${index}: ${error.message}`);
  const more = failures.length > shown.length ? [`  and ${failures.length - shown.length} more`] : [];
  const failed = failures.length > 0 ? [`failed items: ${failures.length}`, ...shown, ...more, ''] : [];
  return [stages, queues, ...failed, bottleneck(statistics), ''].join('\n');
}

/** Below this share nothing is called a bottleneck. */
const BUSY_ENOUGH = 0.5;

/** Which part holds up the others, in words. */
export function bottleneck({ stages, consumerBusy }: PipelineStatistics): string {
  const [source, ...rest] = stages;
  if (source === undefined || stages.every(({ count }) => count === 0)) return 'Nothing has run yet.';
  const busiest = stages.reduce((most, stage) => (stage.busy > most.busy ? stage : most));
  if (consumerBusy > busiest.busy && consumerBusy >= BUSY_ENOUGH) {
    return `The consumer is the bottleneck: it waited for items only ${percent(1 - consumerBusy)} of the time, the busiest stage (${busiest.name}) was busy ${percent(busiest.busy)}.`;
  }
  if (busiest.busy < BUSY_ENOUGH) {
    return `No stage is a bottleneck: the busiest, ${busiest.name}, was busy ${percent(busiest.busy)} of the time.`;
  }
  if (busiest === source) {
    return `The source ${source.name} is the bottleneck: ${percent(source.busy)} of the time went into waiting for its next item.`;
  }
  return `Stage ${busiest.name} is the bottleneck: its ${busiest.concurrency} ${busiest.concurrency === 1 ? 'task was' : 'tasks were'} busy ${percent(busiest.busy)} of the time; ${remedy(busiest, rest)}.`;
}

function remedy(stage: StageStatistics, stages: readonly StageStatistics[]): string {
  const { threads } = stage;
  if (threads === undefined) return `raise its concurrency above ${stage.concurrency}, or make it faster`;
  const wanted = stages.reduce((sum, other) => sum + (other.threads === threads ? other.concurrency : 0), 0);
  if (wanted > threads) return `${wanted} tasks share ${threads} threads: raise numThreads, or make it faster`;
  return `raise its concurrency above ${stage.concurrency} and numThreads with it, or make it faster`;
}

export function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return `${[line(head), ...rows.map(line)].join('\n')}\n`;
}
