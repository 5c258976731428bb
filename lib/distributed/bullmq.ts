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

/** ERR_IO when no server answers at `url`: a wrong address is known at once, while a server that falls later is waited for. */
export async function checkRedis(url: string): Promise<void> {
  await bullmq();
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: 5_000, retryStrategy: () => null });
  redis.on('error', () => {}); // the call that fails tells
  try {
    await redis.connect();
    await redis.ping();
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
