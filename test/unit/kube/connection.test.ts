// SPDX-License-Identifier: Apache-2.0
import { KubeConfig } from '@kubernetes/client-node';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { connectionOf, loadConnection } from '../../../operator/kube/connection.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'connection-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

interface Parts {
  cluster?: Record<string, unknown>;
  user?: Record<string, unknown>;
  context?: string;
}

/** Writes a kubeconfig with one cluster, user and context, and returns its path. */
function kubeconfig({ cluster = {}, user = {}, context = 'here' }: Parts): string {
  const path = join(folder, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'calls' } }],
    'current-context': context,
  };
  writeFileSync(path, stringify(config));
  return path;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('a connection', () => {
  test('comes from a kubeconfig with certificates', async () => {
    writeFileSync(join(folder, 'ca.crt'), 'CA');
    const cluster = { 'certificate-authority': 'ca.crt', 'tls-server-name': 'api.internal' };
    const user = { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') };
    const connection = await loadConnection(kubeconfig({ cluster, user }));
    expect(connection).toMatchObject({ server: 'https://127.0.0.1:6443', namespace: 'calls' });
    const [ca, cert, key] = ['CA', 'CERT', 'KEY'].map((text) => Buffer.from(text));
    expect(connection.tls).toEqual({ ca, cert, key, servername: 'api.internal' });
    expect(await connection.headers()).toEqual({});
  });

  test.each([
    [{ token: 'abc' }, 'Bearer abc'],
    [{ username: 'me', password: 'pass' }, `Basic ${base64('me:pass')}`],
  ])('says who we are: %o', async (user, authorization) => {
    const connection = await loadConnection(kubeconfig({ user }));
    expect(await connection.headers()).toEqual({ authorization });
  });

  test('comes from KUBECONFIG where no file is named', async () => {
    vi.stubEnv('KUBECONFIG', kubeconfig({ user: { token: 'abc' } }));
    expect((await loadConnection()).server).toBe('https://127.0.0.1:6443');
  });

  test('checks no certificate only where the kubeconfig says so', async () => {
    const connection = await loadConnection(kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } }));
    expect(connection.tls).toEqual({ rejectUnauthorized: false });
  });

  test('comes from the service account in a pod, and takes the token anew when the kubelet rotates it', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'Date'] });
    vi.stubEnv('KUBERNETES_SERVICE_HOST', 'fd00::1');
    vi.stubEnv('KUBERNETES_SERVICE_PORT', '443');
    const account = join(folder, 'var/run/secrets/kubernetes.io/serviceaccount');
    mkdirSync(account, { recursive: true });
    writeFileSync(join(account, 'ca.crt'), 'CA');
    writeFileSync(join(account, 'namespace'), 'calls');
    writeFileSync(join(account, 'token'), 'first\n');
    const config = new KubeConfig();
    config.loadFromCluster(folder);
    const connection = await connectionOf(config);
    expect(connection).toMatchObject({ server: 'https://[fd00::1]:443', namespace: 'calls' });
    expect(await connection.headers()).toEqual({ authorization: 'Bearer first' });
    writeFileSync(join(account, 'token'), 'second');
    vi.advanceTimersByTime(75_000);
    expect(await connection.headers()).toEqual({ authorization: 'Bearer second' });
  });
});

describe('a sentence says what is wrong', () => {
  test('where there is no cluster to connect to', async () => {
    vi.stubEnv('KUBECONFIG', '');
    vi.stubEnv('HOME', folder);
    await expect(loadConnection()).rejects.toThrow(
      'no cluster to connect to: set KUBECONFIG, write ~/.kube/config, or run in a pod',
    );
  });

  test('where the current context does not exist', async () => {
    await expect(loadConnection(kubeconfig({ context: 'elsewhere' }))).rejects.toThrow(
      'the kubeconfig has no context "elsewhere" with a cluster',
    );
  });

  test('where the cluster is behind a proxy', async () => {
    await expect(loadConnection(kubeconfig({ cluster: { 'proxy-url': 'http://proxy' } }))).rejects.toThrow(
      'cluster "c" has a proxy-url',
    );
  });

  test('where a file cannot be read', async () => {
    await expect(loadConnection(join(folder, 'missing'))).rejects.toThrow(/ENOENT.*missing/);
    await expect(loadConnection(kubeconfig({ user: { 'client-key': '/missing.key' } }))).rejects.toThrow(
      /ENOENT.*missing\.key/,
    );
  });
});
