/**
 * Where credentials come from, in the order of the AWS tools: environment, the files ~/.aws/credentials and
 * ~/.aws/config, the container, the instance. Roles that are assumed, single sign-on and web identities need calls to
 * other services: for these the optional peer `@aws-sdk/credential-providers` is asked, when it is installed.
 */

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { IsovoxError } from '../errors.js';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiresAt?: Date | undefined;
}

const METADATA_TIMEOUT_MS = 1000;
const CONTAINER_HOST = 'http://169.254.170.2';
const INSTANCE_HOST = 'http://169.254.169.254';

type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined when there are none: requests are then sent unsigned, as public buckets take them. */
export async function resolveS3Credentials(
  profile?: string,
  env: Environment = process.env,
): Promise<S3Credentials | undefined> {
  if (profile === undefined) {
    const fromEnvironment = credentialsOf(env.AWS_ACCESS_KEY_ID, env.AWS_SECRET_ACCESS_KEY, env.AWS_SESSION_TOKEN);
    if (fromEnvironment) return fromEnvironment;
    if (env.AWS_WEB_IDENTITY_TOKEN_FILE) return fromPeer(undefined, 'AWS_WEB_IDENTITY_TOKEN_FILE is set');
  }
  return (
    (await fromFiles(profile ?? env.AWS_PROFILE ?? 'default', profile ?? env.AWS_PROFILE, env)) ??
    (await fromContainer(env)) ??
    (await fromInstance(env))
  );
}

function credentialsOf(id?: string, secret?: string, token?: string, expires?: string): S3Credentials | undefined {
  if (!id || !secret) return undefined;
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    ...(token ? { sessionToken: token } : {}),
    ...(expires ? { expiresAt: new Date(expires) } : {}),
  };
}

async function fromFiles(
  name: string,
  asked: string | undefined,
  env: Environment,
): Promise<S3Credentials | undefined> {
  const folder = join(env.HOME ?? homedir(), '.aws');
  const secrets = parseIni(await textOf(env.AWS_SHARED_CREDENTIALS_FILE ?? join(folder, 'credentials')));
  const config = parseIni(await textOf(env.AWS_CONFIG_FILE ?? join(folder, 'config')));
  const section = { ...config.get(name === 'default' ? name : `profile ${name}`), ...secrets.get(name) };
  const found = credentialsOf(section.aws_access_key_id, section.aws_secret_access_key, section.aws_session_token);
  if (found) return found;
  const elsewhere = ['role_arn', 'sso_session', 'sso_start_url', 'credential_process', 'web_identity_token_file'].find(
    (key) => key in section,
  );
  if (elsewhere !== undefined) return fromPeer(name, `the profile ${name} has ${elsewhere}`);
  if (asked !== undefined) {
    throw new IsovoxError('ERR_NOT_FOUND', `No credentials of the profile ${asked} are in the files of ${folder}`, {
      path: folder,
    });
  }
  return undefined;
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** `[section]`, `key = value`; lines that begin with # or ; are comments. */
export function parseIni(text: string): Map<string, Record<string, string>> {
  const sections = new Map<string, Record<string, string>>();
  let current: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[\s*(.+?)\s*\]/.exec(line);
    if (header?.[1] !== undefined) {
      current = sections.get(header[1]) ?? {};
      sections.set(header[1], current);
      continue;
    }
    const pair = /^\s*([A-Za-z0-9_.-]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (current && pair?.[1] !== undefined) current[pair[1].toLowerCase()] = pair[2] ?? '';
  }
  return sections;
}

interface MetadataReply {
  AccessKeyId?: string;
  SecretAccessKey?: string;
  Token?: string;
  Expiration?: string;
}

const fromReply = (reply: MetadataReply): S3Credentials | undefined =>
  credentialsOf(reply.AccessKeyId, reply.SecretAccessKey, reply.Token, reply.Expiration);

async function fromContainer(env: Environment): Promise<S3Credentials | undefined> {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env;
  const url = relative ? `${CONTAINER_HOST}${relative}` : full;
  if (!url) return undefined;
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  const token = file ? (await textOf(file)).trim() : env.AWS_CONTAINER_AUTHORIZATION_TOKEN;
  return fromReply((await ask(url, token ? { Authorization: token } : {}, 'json')) as MetadataReply);
}

/** Only on a machine that looks like one of Amazon's: elsewhere the question would hang until its time is over. */
async function fromInstance(env: Environment): Promise<S3Credentials | undefined> {
  if (/^true$/i.test(env.AWS_EC2_METADATA_DISABLED ?? '')) return undefined;
  const host = env.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? INSTANCE_HOST;
  if (env.AWS_EC2_METADATA_SERVICE_ENDPOINT === undefined) {
    const vendor = await textOf('/sys/class/dmi/id/sys_vendor');
    if (!/amazon/i.test(vendor)) return undefined;
  }
  const token = String(
    await ask(`${host}/latest/api/token`, { 'X-aws-ec2-metadata-token-ttl-seconds': '21600' }, 'text', 'PUT'),
  );
  const headers = { 'X-aws-ec2-metadata-token': token };
  const roles = `${host}/latest/meta-data/iam/security-credentials/`;
  const [role = ''] = String(await ask(roles, headers, 'text')).split('\n');
  return fromReply((await ask(`${roles}${role}`, headers, 'json')) as MetadataReply);
}

async function ask(
  url: string,
  headers: Record<string, string>,
  as: 'json' | 'text',
  method = 'GET',
): Promise<unknown> {
  const fail = (why: string, cause?: unknown): IsovoxError =>
    new IsovoxError('ERR_IO', `No credentials from ${new URL(url).host}: ${why}`, {}, { cause });
  const reply = await fetch(url, { method, headers, signal: AbortSignal.timeout(METADATA_TIMEOUT_MS) }).catch(
    (cause) => {
      throw fail('it does not answer', cause);
    },
  );
  if (!reply.ok) throw fail(`status ${reply.status}`);
  return as === 'json' ? reply.json() : reply.text();
}

async function fromPeer(profile: string | undefined, why: string): Promise<S3Credentials> {
  const peer = '@aws-sdk/credential-providers';
  const providers = await (
    import(peer) as Promise<{ fromNodeProviderChain(options: object): () => Promise<Identity> }>
  ).catch((cause: unknown) => {
    throw new IsovoxError('ERR_NOT_FOUND', `The credentials need ${peer} (${why}): npm install ${peer}`, {}, { cause });
  });
  const identity = await providers.fromNodeProviderChain(profile === undefined ? {} : { profile })();
  return { ...identity, expiresAt: identity.expiration };
}

interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}
