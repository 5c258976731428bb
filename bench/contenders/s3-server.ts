/**
 * s3-server.ts LATENCY_MS: an S3 server (radosgw) and a line with latency before it, in a process of their own. Fills the
 * bucket with the phantom in two layouts, prints one line of JSON, ends when its standard input does.
 */

import { configure } from '../../lib/config/resolve.js';
import { writeVolume } from '../../lib/native/formats.js';
import { setS3Credentials } from '../../lib/runtime/s3.js';
import { startLatency } from '../../test/fixtures/latency.js';
import { makeBucket, startS3Server } from '../../test/fixtures/s3-server.js';
import { phantomVolume } from '../phantom.js';

const server = await startS3Server();
configure({ s3: { endpoint: server.endpoint, maxParallelOps: 16 } });
setS3Credentials(server);
await makeBucket('bench');
const volume = await phantomVolume();
await writeVolume({
  volume,
  path: 's3://bench/chunks.zarr',
  codec: 'zstd-plain',
  chunks: [64, 64, 64],
  sharding: false,
});
await writeVolume({
  volume,
  path: 's3://bench/shards.zarr',
  codec: 'zstd-plain',
  chunks: [64, 64, 64],
  sharding: true,
});
const line = await startLatency(server.endpoint, Number(process.argv[2] ?? 20));
const { accessKeyId, secretAccessKey } = server;
process.stdout.write(`${JSON.stringify({ endpoint: line.endpoint, accessKeyId, secretAccessKey })}\n`);
process.stdin.on('end', async () => {
  line.stop();
  await server.stop();
  process.exit(0);
});
process.stdin.resume();
