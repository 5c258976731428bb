import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { locate } from '../../../lib/runtime/s3.js';
import { parseIni, resolveS3Credentials } from '../../../lib/runtime/s3-credentials.js';
import { temporaryFolder } from '../../fixtures/index.js';

const HOME = temporaryFolder();
const none = { HOME, AWS_EC2_METADATA_DISABLED: 'true' };

beforeAll(() => {
  mkdirSync(join(HOME, '.aws'));
  writeFileSync(
    join(HOME, '.aws/credentials'),
    '[default]\naws_access_key_id = A1\naws_secret_access_key=S1\n\n# kept apart\n[other]\nAWS_ACCESS_KEY_ID=A2\naws_secret_access_key = S2\naws_session_token = T2\n',
  );
  writeFileSync(
    join(HOME, '.aws/config'),
    '[profile in-config]\naws_access_key_id=A3\naws_secret_access_key=S3\n[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n',
  );
});

describe('credentials', () => {
  it('of the environment come first', async () => {
    const env = { ...none, AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S', AWS_SESSION_TOKEN: 'T' };
    expect(await resolveS3Credentials(undefined, env)).toEqual({
      accessKeyId: 'A',
      secretAccessKey: 'S',
      sessionToken: 'T',
    });
    expect(await resolveS3Credentials('other', env)).toMatchObject({ accessKeyId: 'A2' });
  });

  it.each([
    [undefined, {}, { accessKeyId: 'A1', secretAccessKey: 'S1' }],
    ['other', {}, { accessKeyId: 'A2', secretAccessKey: 'S2', sessionToken: 'T2' }],
    [undefined, { AWS_PROFILE: 'in-config' }, { accessKeyId: 'A3', secretAccessKey: 'S3' }],
  ])('of the files: profile %s, %j', async (profile, env, expected) => {
    expect(await resolveS3Credentials(profile, { ...none, ...env })).toEqual(expected);
  });

  it('a profile that is not there is named; a role needs the AWS packages', async () => {
    await expect(resolveS3Credentials('absent', none)).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
      message: expect.stringContaining('profile absent'),
    });
    await expect(resolveS3Credentials('role', none)).rejects.toThrow(/npm install @aws-sdk\/credential-providers/);
    expect(await resolveS3Credentials(undefined, { ...none, HOME: '/nowhere' })).toBeUndefined();
  });

  describe('of metadata services', () => {
    const reply = { AccessKeyId: 'A', SecretAccessKey: 'S', Token: 'T', Expiration: '2030-01-01T00:00:00Z' };
    const server = createServer((incoming, outgoing) => {
      const { url, headers, method } = incoming;
      const role = '/latest/meta-data/iam/security-credentials/';
      if (url === '/creds' && headers.authorization === 'secret') outgoing.end(JSON.stringify(reply));
      else if (url === '/latest/api/token' && method === 'PUT') outgoing.end('the-token');
      else if (headers['x-aws-ec2-metadata-token'] !== 'the-token') outgoing.writeHead(401).end();
      else if (url === role) outgoing.end('my-role\n');
      else if (url === `${role}my-role`) outgoing.end(JSON.stringify(reply));
      else outgoing.writeHead(404).end();
    });
    let endpoint = '';
    beforeAll(async () => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => {
      server.close();
    });
    const expected = {
      accessKeyId: 'A',
      secretAccessKey: 'S',
      sessionToken: 'T',
      expiresAt: new Date('2030-01-01T00:00:00Z'),
    };

    it('the container', async () => {
      const env = { HOME: '/nowhere', AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint}/creds` };
      const token = { AWS_CONTAINER_AUTHORIZATION_TOKEN: 'secret' };
      expect(await resolveS3Credentials(undefined, { ...env, ...token })).toEqual(expected);
      await expect(resolveS3Credentials(undefined, env)).rejects.toMatchObject({ code: 'ERR_IO' });
    });

    it('the instance', async () => {
      const env = { HOME: '/nowhere', AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint };
      expect(await resolveS3Credentials(undefined, env)).toEqual(expected);
    });
  });
});

it('files of AWS', () => {
  const sections = parseIni('; c\n[a]\nx = 1 = 2\n y=\n[ profile b ]\r\nz =3\r\n');
  expect([...sections]).toEqual([
    ['a', { x: '1 = 2', y: '' }],
    ['profile b', { z: '3' }],
  ]);
});

it('addresses with a user are refused, and paths stay as they are', async () => {
  await expect(locate('s3://5@bucket/key')).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  expect(await locate('/a/b')).toBe('/a/b');
});
