/** Places where a test lets the process die, to see that the next run makes up for it. */

/** Kills the process, as `kill -9` would, when ISOVOX_TEST_KILL names this point; does nothing otherwise. */
export function failpoint(name: string): void {
  if (process.env.ISOVOX_TEST_KILL === name) process.kill(process.pid, 'SIGKILL');
}
