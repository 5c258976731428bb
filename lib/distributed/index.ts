/** Courses as jobs: on worker processes of this machine, or on an engine that runs them elsewhere. */

export { WorkerMetrics } from './metrics.js';
export { type QueueWorkerOptions, workQueues } from './queue-worker.js';
export { CourseQueues, type QueueState, type SubmitOptions, submitCourses, waitForQueues } from './submit.js';
export { type SuperviseOptions, supervise } from './supervise.js';
