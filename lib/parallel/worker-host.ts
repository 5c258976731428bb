/** One worker seen from this side: a thread or a child process that runs WORKER_SOURCE. */

import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ResourceLimits, Worker } from 'node:worker_threads';

import { asIsovoxError, IsovoxError } from '../errors.js';
import { withoutSharedMemory } from './transfer.js';
import { WORKER_SOURCE } from './worker-source.js';

export type PoolType = 'thread' | 'process';

/** An error as the worker sends it. */
export interface FlatError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly path?: string;
  readonly context?: Readonly<Record<string, string>>;
  readonly cause?: { readonly name: string; readonly message: string; readonly code?: string };
}

export interface WorkerMessage {
  readonly ready?: boolean;
  readonly id?: number;
  readonly loaded?: boolean;
  readonly values?: readonly unknown[];
  readonly errors?: ReadonlyArray<readonly [position: number, error: FlatError]>;
}

export interface ChunkMessage {
  readonly id: number;
  readonly key: string;
  readonly define: { readonly source?: string; readonly module?: string; readonly name?: string } | undefined;
  readonly items: readonly unknown[];
  readonly indices: readonly number[];
  /** Answer every item at once, so that this side knows what is running. */
  readonly exact: boolean;
  /** Read an iterator that the function returns to its end: `{ many }`, or `{ one }` for any other result. */
  readonly collect: boolean;
  /** Hand large results over instead of copying them. */
  readonly move: boolean;
}

export interface HostEvents {
  message(message: WorkerMessage): void;
  /** Once; nothing is heard of the worker afterwards. */
  ended(reason: IsovoxError): void;
}

export interface WorkerHost {
  post(message: ChunkMessage, move: readonly ArrayBuffer[]): void;
  /** Chunk and position of the item that runs, when the worker can tell without being asked. */
  running(): { readonly id: number; readonly position: number } | undefined;
  /** Whether the worker keeps this process alive. */
  hold(held: boolean): void;
  /** Ends it in the middle of whatever it does; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface HostOptions {
  /** Heap limits of a thread, in MiB. */
  readonly resourceLimits?: ResourceLimits | undefined;
}

export function startHost(type: PoolType, options: HostOptions, events: HostEvents): WorkerHost {
  return type === 'thread' ? startThread(options, events) : startProcess(events);
}

function startThread(options: HostOptions, events: HostEvents): WorkerHost {
  const progress = new Int32Array(new SharedArrayBuffer(8)).fill(-1);
  // An input type given on the command line would be taken as the worker's own.
  const foreign = process.execArgv.some((argument) => argument.startsWith('--input-type'));
  const worker = new Worker(WORKER_SOURCE, {
    eval: true,
    workerData: { progress: progress.buffer },
    ...(options.resourceLimits && { resourceLimits: options.resourceLimits }),
    ...(foreign && { execArgv: inheritedArguments() }),
  });
  let failure: unknown;
  worker.on('message', (message: WorkerMessage) => events.message(message));
  worker.on('messageerror', (error) => {
    failure = error;
    void worker.terminate();
  });
  worker.on('error', (error) => {
    failure ??= error;
  });
  const gone = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      resolve();
      events.ended(threadEnd(failure, code));
    });
  });
  return {
    post: (message, move) => worker.postMessage(message, move as ArrayBuffer[]),
    running: () => ({ id: Atomics.load(progress, 0), position: Atomics.load(progress, 1) }),
    hold: (held) => (held ? worker.ref() : worker.unref()),
    async kill() {
      worker.ref(); // someone waits for its end now
      await worker.terminate();
      await gone;
    },
  };
}

function threadEnd(failure: unknown, exitCode: number): IsovoxError {
  if (failure === undefined) {
    return new IsovoxError('ERR_INTERNAL', `The worker thread ended with exit code ${exitCode}`, {
      where: 'worker',
      exitCode: String(exitCode),
    });
  }
  if ((failure as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new IsovoxError('ERR_RESOURCE', 'The worker thread reached its heap limit', {}, { cause: failure });
  }
  return asIsovoxError(failure);
}

/** How long the streams of a process that has ended may take to close. */
const LAST_WORDS_MS = 200;

function startProcess(events: HostEvents): WorkerHost {
  const child = spawn(process.execPath, [...inheritedArguments(), '-e', WORKER_SOURCE], {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  let tail = '';
  child.stderr?.on('data', (data: Buffer) => {
    process.stderr.write(data);
    tail = (tail + data.toString()).slice(-4096);
  });
  let failure: unknown;
  child.on('message', (message) => events.message(message as WorkerMessage));
  child.on('error', (error) => {
    failure ??= error;
  });
  const channelClosed = new Promise<unknown>((resolve) => child.once('disconnect', resolve));
  const stderrClosed = new Promise<unknown>((resolve) => child.stderr?.once('close', resolve));
  const gone = new Promise<void>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      resolve();
      events.ended(processEnd(failure, code, signal, tail));
    };
    child.once('exit', async (code, signal) => {
      // What it still said is read first; a grandchild that holds its stderr open is not waited for.
      const lastWords = new AbortController();
      const closed = Promise.all([channelClosed, stderrClosed]).finally(() => lastWords.abort());
      await Promise.race([closed, sleep(LAST_WORDS_MS, undefined, lastWords).catch(() => {})]);
      end(code, signal);
    });
    child.once('error', () => child.pid === undefined && end(null, null));
  });
  const hold = (held: boolean) => {
    for (const part of [child, child.channel, child.stderr]) {
      const { ref, unref } = (part ?? {}) as Partial<Pick<ChildProcess, 'ref' | 'unref'>>;
      (held ? ref : unref)?.call(part);
    }
  };
  return {
    post(message) {
      const items = message.items.map((item) => withoutSharedMemory(item));
      child.send({ ...message, items }, (error) => {
        // A channel that closed in between: the end of the process is reported by its own event.
        if (error) failure ??= error;
      });
    },
    running: () => undefined,
    hold,
    async kill() {
      hold(true); // someone waits for its end now
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function processEnd(failure: unknown, code: number | null, signal: string | null, stderr: string): IsovoxError {
  if (signal === 'SIGKILL') {
    return new IsovoxError('ERR_RESOURCE', 'The worker process was killed, as the system does when memory runs out', {
      signal,
    });
  }
  if (/heap out of memory/i.test(stderr)) {
    return new IsovoxError('ERR_RESOURCE', 'The worker process reached its heap limit', { signal: String(signal) });
  }
  if (code === null && signal === null) return asIsovoxError(failure ?? new Error('The worker process did not start'));
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
  const said = stderr.trim().split('\n').slice(-3).join(' | ');
  const message = `The worker process ended with ${how}${said === '' ? '' : `: ${said}`}`;
  return new IsovoxError('ERR_INTERNAL', message, { where: 'worker', exitCode: String(code), signal: String(signal) });
}

/** The flags of this process without those that name a program, a debugger or an input of their own. */
function inheritedArguments(): string[] {
  const kept: string[] = [];
  for (let i = 0; i < process.execArgv.length; i++) {
    const argument = process.execArgv[i] as string;
    if (/^(-e|-p|-pe|--eval|--print)$/.test(argument)) i++;
    else if (
      !/^(--eval=|--print=|-i$|--interactive|--input-type|--inspect|--test|--watch|--check|-c$)/.test(argument)
    ) {
      kept.push(argument);
    }
  }
  return kept;
}

/** The worker's error as one of ours, with the worker's stack in its cause. */
export function inflate(flat: FlatError): IsovoxError {
  const { name, message, stack, cause, ...facts } = flat;
  const hint =
    name === 'ReferenceError' && / is not defined$/.test(message)
      ? `${message} (a function that runs in a worker sees nothing of the file it stands in)`
      : message;
  const original = new Error(hint, cause ? { cause: Object.assign(new Error(cause.message), cause) } : undefined);
  original.name = name;
  if (stack !== undefined && stack !== '') original.stack = stack;
  return asIsovoxError(Object.assign(original, facts));
}
