/** Who the viewer's server answers. */

import { describe, expect, it } from 'vitest';

import { newToken, refusalOf } from '../../../lib/viewer/guard.js';

const token = newToken();
const own = { method: 'GET', url: `/${token}/`, headers: { host: '127.0.0.1:8123' } };
const ask = (change: object) => refusalOf({ ...own, ...change }, { token, port: 8123 })?.status;
const withHeaders = (headers: Record<string, string>) => ask({ headers: { ...own.headers, ...headers } });

describe('who is answered', () => {
  it('tokens differ and carry 192 bits', () => {
    const tokens = new Set(Array.from({ length: 100 }, newToken));
    expect(tokens.size).toBe(100);
    for (const one of tokens) expect(one).toMatch(/^[\w-]{32}$/);
  });

  it('the address that was printed, by both names of this machine', () => {
    expect(ask({})).toBeUndefined();
    expect(withHeaders({ host: 'localhost:8123' })).toBeUndefined();
  });

  it.each([
    'evil.example',
    'evil.example:8123',
    '127.0.0.1',
    '127.0.0.1:9',
    'localhost:8123.evil.example',
    '[::1]:8123',
    '',
  ])('not a host that calls itself %j, as after DNS rebinding', (host) => expect(withHeaders({ host })).toBe(421));

  it('not without Host', () => expect(ask({ headers: {} })).toBe(421));

  it.each([
    '',
    '/',
    '/x/',
    `/${token.slice(1)}/`,
    `/${token}x/`,
    `/${token.toUpperCase()}_/`,
    '//',
    `/%2e/${token}/`,
  ])('not the address %j', (url) => expect(ask({ url })).toBe(404));

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', undefined])('not the method %s', (method) =>
    expect(ask({ method })).toBe(405));

  it('not a page of another site, though it knew the token', () => {
    expect(withHeaders({ origin: 'http://evil.example' })).toBe(403);
    expect(withHeaders({ origin: 'null' })).toBe(403);
    expect(withHeaders({ origin: 'http://127.0.0.1:9' })).toBe(403);
    expect(withHeaders({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toBe(403);
    expect(withHeaders({ origin: 'http://127.0.0.1:8123', 'sec-fetch-site': 'same-origin' })).toBeUndefined();
    expect(withHeaders({ 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' })).toBeUndefined();
  });
});
