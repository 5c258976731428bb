export * from './executor.js';
export * from './plan.js';
