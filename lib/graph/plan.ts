/** The order of a task graph: checks that it can run at all, and how long each task's longest chain of followers is. */

import { IsovoxError } from '../errors.js';
import { NameHeap } from './heap.js';

export interface PlanNode {
  readonly name: string;
  readonly dependencies: readonly string[];
  /** Expected duration in any unit; only ratios count. */
  readonly weight: number;
}

export interface Plan {
  /** Every task after its dependencies; among the ready ones, the longest remaining chain first. */
  readonly order: readonly string[];
  readonly criticalPath: readonly string[];
  /** Sum of weights along the critical path: no schedule is shorter. */
  readonly criticalWeight: number;
  /** For each task, its own weight plus the heaviest chain of its followers. */
  readonly priority: ReadonlyMap<string, number>;
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  /** Expected duration of each task, in the unit it was given in. */
  readonly weights: ReadonlyMap<string, number>;
}

/** Throws ERR_INVALID_ARGUMENT for an unknown dependency, and for a cycle with its path. */
export function makePlan(nodes: readonly PlanNode[]): Plan {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const followers = new Map<string, string[]>(nodes.map((node) => [node.name, []]));
  for (const node of nodes) {
    for (const dependency of node.dependencies) {
      const list = followers.get(dependency);
      if (!list) {
        throw new IsovoxError(
          'ERR_INVALID_ARGUMENT',
          `Task ${node.name} depends on ${dependency}, which was never added`,
          { name: node.name, expected: 'a task that was added', actual: dependency },
        );
      }
      list.push(node.name);
    }
  }
  const topological = sortTopologically(nodes, followers);
  const priority = new Map<string, number>();
  const next = new Map<string, string>();
  for (const name of [...topological].reverse()) {
    let heaviest = 0;
    for (const follower of followers.get(name) ?? []) {
      const weight = priority.get(follower) ?? 0;
      if (weight > heaviest) {
        heaviest = weight;
        next.set(name, follower);
      }
    }
    priority.set(name, (byName.get(name)?.weight ?? 0) + heaviest);
  }
  const rank = new Map(nodes.map((node, i) => [node.name, i]));
  const byPriority = (a: string, b: string): number =>
    (priority.get(b) ?? 0) - (priority.get(a) ?? 0) || (rank.get(a) ?? 0) - (rank.get(b) ?? 0);
  const criticalPath: string[] = [];
  let at = [...topological].sort(byPriority)[0];
  const criticalWeight = at === undefined ? 0 : (priority.get(at) ?? 0);
  while (at !== undefined) {
    criticalPath.push(at);
    at = next.get(at);
  }
  return {
    order: sortTopologically(nodes, followers, byPriority),
    criticalPath,
    criticalWeight,
    priority,
    dependencies: new Map(nodes.map(({ name, dependencies }) => [name, dependencies])),
    weights: new Map(nodes.map(({ name, weight }) => [name, weight])),
  };
}

function sortTopologically(
  nodes: readonly PlanNode[],
  followers: ReadonlyMap<string, readonly string[]>,
  compare: (a: string, b: string) => number = () => 0,
): string[] {
  const missing = new Map(nodes.map((node) => [node.name, new Set(node.dependencies).size]));
  const ready = new NameHeap(compare);
  for (const { name, dependencies } of nodes) if (dependencies.length === 0) ready.add(name);
  const order: string[] = [];
  for (let name = ready.takeFirst(); name !== undefined; name = ready.takeFirst()) {
    order.push(name);
    for (const follower of new Set(followers.get(name))) {
      const left = (missing.get(follower) ?? 0) - 1;
      missing.set(follower, left);
      if (left === 0) ready.add(follower);
    }
  }
  if (order.length < nodes.length) throw cycleError(nodes, new Set(order));
  return order;
}

function cycleError(nodes: readonly PlanNode[], sorted: ReadonlySet<string>): IsovoxError {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const seen: string[] = [];
  let at = nodes.find((node) => !sorted.has(node.name))?.name as string;
  while (!seen.includes(at)) {
    seen.push(at);
    at = byName.get(at)?.dependencies.find((dependency) => !sorted.has(dependency)) as string;
  }
  const cycle = [...seen.slice(seen.indexOf(at)), at].reverse().join(' -> ');
  return new IsovoxError('ERR_INVALID_ARGUMENT', `The tasks depend on each other in a circle: ${cycle}`, {
    name: 'dependencies',
    expected: 'a graph without circles',
    actual: cycle,
  });
}
