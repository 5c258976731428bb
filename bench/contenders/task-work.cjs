// task-work.cjs: the work of a task for the pools that take a file, as function and as workerpool's method.
const add = ({ value }) => value + 1;
const tensor = (length) => new Float32Array(length).fill(1, 0, 1);
module.exports = (input) => (typeof input === 'number' ? tensor(input) : add(input));
module.exports.default = module.exports;
if (process.argv[2] === 'workerpool' || process.env.WORKERPOOL_WORK === '1') {
  const path = require('node:path');
  const workerpool = require(path.join(process.env.ISOVOX_BENCH_PEERS, 'workerpool'));
  workerpool.worker({ work: module.exports });
}
