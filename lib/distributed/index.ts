/** Courses as jobs: on worker processes of this machine, or on an engine that runs them elsewhere. */

export { type SuperviseOptions, supervise } from './supervise.js';
