export * from './executor.js';
export * from './ledger.js';
export { type ExecutionMemory, fileMemory } from './memory.js';
export { makePlan, type Plan, type PlanNode } from './plan.js';
export * from './plan-text.js';
