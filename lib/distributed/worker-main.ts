/** The worker process: runs the courses that its supervisor names, one at a time, and dies with it. */

import { setMaxListeners } from 'node:events';
import { writeFileSync } from 'node:fs';

import { asIsovoxError, IsovoxError } from '../errors.js';
import { dieWithParent } from '../native/process.js';
import { CourseLabel } from '../rt/course-label.js';
import type { LogFacts, RunLog } from '../rt/log.js';
import { PlannedCourses } from '../rt/planned-course.js';
import type { CourseOrder, FromWorker, LogLevel, ToWorker, WorkerFacts } from './messages.js';

/** When memory runs out the system should take a worker, whose course is then tried again, not the supervisor. */
const OOM_SCORE = 500;

/** Answers orders until the supervisor goes. Resolves never: the process ends with the channel. */
export function serveCourses(): Promise<never> {
  if (!process.send) throw new IsovoxError('ERR_INVALID_ARGUMENT', 'isovox course-worker is started by isovox itself');
  dieWithParent();
  volunteerForTheKiller();
  const stop = (): never => process.exit(0);
  process.on('disconnect', stop);
  // Ctrl-C reaches the whole group: the supervisor decides what it means.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  let threads = 1;
  let opening: Promise<PlannedCourses> | undefined;
  let running: AbortController | undefined;
  process.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'open':
        threads = message.threads;
        opening = PlannedCourses.open(message.outdir, () => threads, message.memoryMb);
        opening.then(() => tell({ type: 'ready' }), fail);
        return;
      case 'threads':
        threads = message.threads;
        return;
      case 'park':
        running?.abort(new IsovoxError('ERR_CANCELLED', 'The run was cancelled'));
        return;
      case 'run':
        running = new AbortController();
        setMaxListeners(0, running.signal); // every structure listens to it
        run(opening as Promise<PlannedCourses>, message.order, running.signal).then(tell, fail);
    }
  });
  return new Promise(() => {});
}

async function run(opening: Promise<PlannedCourses>, order: CourseOrder, signal: AbortSignal): Promise<FromWorker> {
  const before = process.cpuUsage();
  const verdict = await (await opening).run(order.course, {
    stages: order.stages,
    force: new Set(order.force),
    givenUp: new Set(order.givenUp),
    keepBadData: order.keepBadData,
    signal,
    log,
    onStage: (stage, state) => tell({ type: 'stage', stage, state }),
  });
  const { user, system } = process.cpuUsage(before);
  return { type: 'end', cpuMs: (user + system) / 1000, ...verdict };
}

function tell(message: FromWorker): void {
  // The channel closes when the supervisor ends, and with it this process.
  if (process.connected) process.send?.(message);
}

function fail(thrown: unknown): void {
  const { code, message, context } = asIsovoxError(thrown);
  tell({ type: 'error', code, message, context });
}

const say =
  (level: LogLevel): RunLog['info'] =>
  (message, facts) =>
    tell({ type: 'log', level, message, facts: revealed(facts) });

function revealed(facts: LogFacts = {}): WorkerFacts {
  const pairs = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value instanceof CourseLabel ? value.reveal() : value] as const],
  );
  return Object.fromEntries(pairs);
}

const log: RunLog = {
  debug: say('debug'),
  info: say('info'),
  warn: say('warn'),
  error: say('error'),
  progress() {},
};

function volunteerForTheKiller(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', String(OOM_SCORE));
  } catch {
    return; // not Linux, or not allowed
  }
}
