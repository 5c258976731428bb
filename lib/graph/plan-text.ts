/** A plan for people: as text, and as a Mermaid diagram. */

import type { Plan } from './plan.js';

/**
 * One line for each task in the order of starting: what it waits for, its weight, and `*` where it is on the critical
 * path.
 */
export function formatPlan(plan: Plan): string {
  const critical = new Set(plan.criticalPath);
  const name = Math.max(4, ...plan.order.map((task) => task.length));
  const lines = plan.order.map((task, i) => {
    const needs = plan.dependencies.get(task) ?? [];
    const mark = critical.has(task) ? '*' : ' ';
    const after = needs.length > 0 ? `after ${needs.join(', ')}` : '';
    return `${String(i + 1).padStart(4)} ${mark} ${task.padEnd(name)}  ${number(plan.weights.get(task) ?? 0)}  ${after}`.trimEnd();
  });
  const path = plan.criticalPath.join(' -> ');
  const total = [...plan.weights.values()].reduce((sum, weight) => sum + weight, 0);
  return [
    `${plan.order.length} tasks, weight ${number(total)}; no schedule is shorter than ${number(plan.criticalWeight)}`,
    ...lines,
    `critical path (*): ${path}`,
    '',
  ].join('\n');
}

/** A Mermaid flowchart; the critical path has thick arrows. */
export function planToMermaid(plan: Plan): string {
  const id = new Map(plan.order.map((task, i) => [task, `t${i}`]));
  const critical = new Map(plan.criticalPath.map((task, i) => [task, plan.criticalPath[i + 1]]));
  const nodes = plan.order.map((task) => `  ${id.get(task)}["${escaped(task)}"]`);
  const edges = plan.order.flatMap((task) =>
    [...new Set(plan.dependencies.get(task))].map((from) => {
      const arrow = critical.get(from) === task ? '==>' : '-->';
      return `  ${id.get(from)} ${arrow} ${id.get(task)}`;
    }),
  );
  return `${['flowchart TD', ...nodes, ...edges].join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replace(/[#"&<>[\]{}()|\\`\n]/g, (character) => `#${character.codePointAt(0)};`);
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}
