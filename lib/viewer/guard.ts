/** Who may ask: only this machine's own browser, with the address that was printed. */

import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** 192 random bits, safe in an address. */
export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Why a request is refused; undefined when it is not. A page of another site that had its name pointed at this machine
 * (DNS rebinding) still names itself in Host; a page that merely links here says so in Sec-Fetch-Site or Origin.
 */
export function refusalOf(
  { method, headers, url = '' }: Pick<IncomingMessage, 'method' | 'headers' | 'url'>,
  { token, port }: { token: string; port: number },
): Refusal | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!hosts.includes(headers.host ?? '')) return { status: 421, reason: 'Not the host that this viewer serves' };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, reason: 'Only GET and HEAD' };
  const { origin } = headers;
  if (origin !== undefined && !hosts.some((host) => origin === `http://${host}`)) {
    return { status: 403, reason: 'Asked by another site' };
  }
  const given = /^\/([^/?#]*)/.exec(url)?.[1] ?? '';
  // The same answer for a wrong token and for an address that does not exist.
  if (!isSame(given, token)) return { status: 404, reason: 'Not found' };
  const site = headers['sec-fetch-site'];
  const isPage = headers['sec-fetch-mode'] === 'navigate';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isPage) {
    return { status: 403, reason: 'Asked by another site' };
  }
  return undefined;
}
