/** BullMQ, which only those who use queues install. */

import { asIsovoxError, IsovoxError } from '../errors.js';

/** ERR_UNSUPPORTED, with the line to run, when it is not installed. */
export async function bullmq(): Promise<typeof import('bullmq')> {
  try {
    return await import('bullmq');
  } catch (thrown) {
    throw new IsovoxError(
      'ERR_UNSUPPORTED',
      'Queues need BullMQ: npm install bullmq@6 ioredis@5',
      {},
      { cause: thrown },
    );
  }
}

/**
 * ERR_IO when no server answers at `url` for `patienceMs`: a wrong address is known soon, while a server that starts anew
 * is waited for.
 */
export async function checkRedis(url: string, patienceMs = 0): Promise<void> {
  const AGAIN_MS = 500;
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      await askRedis(url, (redis) => redis.ping());
      return;
    } catch (thrown) {
      if (Date.now() + AGAIN_MS > until) throw thrown;
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

export interface RedisFacts {
  readonly version: string;
  /** Whether what was queued survives the server's end. */
  readonly appendOnly: boolean;
  /** What it does when its memory is full; anything but noeviction loses jobs. */
  readonly evictionPolicy: string;
  readonly usedBytes: number;
}

export function describeRedis(url: string): Promise<RedisFacts> {
  return askRedis(url, async (redis) => {
    const facts = `${await redis.info('server')}\n${await redis.info('persistence')}\n${await redis.info('memory')}`;
    const fact = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(facts)?.[1] ?? '';
    return {
      version: fact('redis_version'),
      appendOnly: fact('aof_enabled') === '1',
      evictionPolicy: fact('maxmemory_policy'),
      usedBytes: Number(fact('used_memory')),
    };
  });
}

async function askRedis<T>(url: string, ask: (redis: import('ioredis').Redis) => Promise<T>): Promise<T> {
  await bullmq();
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: 5_000, retryStrategy: () => null });
  redis.on('error', () => {}); // the call that fails tells
  try {
    await redis.connect();
    return await ask(redis);
  } catch (thrown) {
    const { message } = asIsovoxError(thrown);
    throw new IsovoxError(
      'ERR_IO',
      `No Redis server answers at ${withoutPassword(url)}: ${message}`,
      {},
      { cause: thrown },
    );
  } finally {
    redis.disconnect();
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
