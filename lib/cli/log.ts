/** What the command line prints while it works: a progress line on a terminal, plain lines elsewhere, JSON on request. */

import type { LogFacts, RunLog, RunProgress } from '../rt/log.js';

export interface LogOptions {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
  /** In JSON lines, which other programs keep; a terminal shows the names of folders either way. */
  readonly keepIdentifiers?: boolean | undefined;
}

/** Everything goes to stderr: stdout belongs to results. */
export async function createLog(options: LogOptions): Promise<RunLog & { close(): void }> {
  if (options.json) return jsonLog(options);
  return new TextLog(options, process.stderr.isTTY === true && !process.env.CI);
}

async function jsonLog(options: LogOptions): Promise<RunLog & { close(): void }> {
  const { pino } = await import('pino');
  const level = options.quiet ? 'warn' : options.verbose ? 'debug' : 'info';
  // `base` would add the host's name to every line.
  const logger = pino({ level, base: undefined }, pino.destination({ fd: 2, sync: true }));
  const named = ({ course, ...facts }: LogFacts = {}): object => ({
    ...facts,
    ...(course && { course: options.keepIdentifiers ? course.reveal() : course }),
  });
  return {
    debug: (message, facts) => logger.debug(named(facts), message),
    info: (message, facts) => logger.info(named(facts), message),
    warn: (message, facts) => logger.warn(named(facts), message),
    error: (message, facts) => logger.error(named(facts), message),
    progress: everySeconds(1, (state) =>
      logger.info({ progress: { ...state, running: state.running.map(named) } }, 'progress'),
    ),
    close() {},
  };
}

/** Seconds between progress lines where there is no terminal to overwrite. */
const PLAIN_SECONDS = 5;

class TextLog implements RunLog {
  readonly #progress: (state: RunProgress) => void;
  readonly #eta = new Eta();
  #shown = false;

  constructor(
    private readonly options: LogOptions,
    private readonly terminal: boolean,
  ) {
    this.#progress = everySeconds(terminal ? 0.1 : PLAIN_SECONDS, (state) => this.#show(state));
  }

  debug(message: string, facts?: LogFacts): void {
    if (this.options.verbose) this.#line('debug', message, facts);
  }
  info(message: string, facts?: LogFacts): void {
    if (!this.options.quiet) this.#line('', message, facts);
  }
  warn(message: string, facts?: LogFacts): void {
    this.#line('warning', message, facts);
  }
  error(message: string, facts?: LogFacts): void {
    this.#line('error', message, facts);
  }
  progress(state: RunProgress): void {
    if (!this.options.quiet) this.#progress(state);
  }
  close(): void {
    this.#clear();
  }

  #line(level: string, message: string, facts?: LogFacts): void {
    this.#clear();
    const course = facts?.course === undefined ? '' : `${facts.course.reveal()}: `;
    process.stderr.write(`${level === '' ? '' : `${level}: `}${course}${message}\n`);
  }

  #show(state: RunProgress): void {
    const line = progressLine(state, this.#eta.seconds(state));
    if (!this.terminal) {
      process.stderr.write(`${line}\n`);
      return;
    }
    const columns = process.stderr.columns ?? 80;
    process.stderr.write(`\r\x1b[2K${line.slice(0, columns - 1)}`);
    this.#shown = true;
  }

  #clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[2K');
    this.#shown = false;
  }
}

/** `courses 3/12, 25 %, 2 min 10 s left: P1/2020-01 dvh`. */
export function progressLine(state: RunProgress, secondsLeft: number | undefined): string {
  const percent = state.weightTotal > 0 ? Math.floor((100 * state.weightDone) / state.weightTotal) : 0;
  const left = secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`;
  const names = state.running.map(({ course, stage }) => `${course.reveal()} ${stage}`.trim());
  const running = names.length > 0 ? `: ${names.join(', ')}` : '';
  return `${state.phase} ${state.done}/${state.total}, ${percent} %${left}${running}`;
}

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h > 0) return `${h} h ${m} min`;
  return m > 0 ? `${m} min ${s} s` : `${s} s`;
}

/** Time left from the weight done so far, phase by phase. */
class Eta {
  #phase = '';
  #since = 0;

  seconds(state: RunProgress): number | undefined {
    const now = performance.now();
    if (state.phase !== this.#phase) {
      this.#phase = state.phase;
      this.#since = now;
    }
    const elapsed = (now - this.#since) / 1000;
    if (state.weightDone <= 0 || elapsed < 1) return undefined;
    return (elapsed * (state.weightTotal - state.weightDone)) / state.weightDone;
  }
}

function everySeconds(seconds: number, show: (state: RunProgress) => void): (state: RunProgress) => void {
  let last = Number.NEGATIVE_INFINITY;
  let phase = '';
  return (state) => {
    const now = performance.now();
    const finished = state.total > 0 && state.done === state.total;
    if (now - last < seconds * 1000 && state.phase === phase && !finished) return;
    last = now;
    phase = state.phase;
    show(state);
  };
}
