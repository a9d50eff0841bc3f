// SPDX-License-Identifier: Apache-2.0
// Just etcd and an API server on this host, for tests that need no node. They end with the process that
// started them, also when that is killed, and leave nothing behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiServerBinaries } from './binaries.ts';
import { createCA, createCertificate, createServiceAccountKey, writeKubeconfig } from './certificates.ts';
import { admissionConfiguration, apiServerCommand, etcdCommand } from './controlplane.ts';
import { until } from './wait.ts';

export interface ApiServer {
  /** URL, as https://127.0.0.1:PORT. */
  readonly server: string;
  readonly caPem: string;
  /** Client certificate and key of a cluster administrator. */
  readonly certPem: string;
  readonly keyPem: string;
  /** Path of a kubeconfig for the same administrator. */
  readonly kubeconfig: string;
  /** Kills the API server where it stands; etcd and its data stay. */
  kill(): Promise<void>;
  /** Starts it again on the same port, and waits until it is ready. */
  restart(): Promise<void>;
  /** Ends everything and removes the folder. */
  stop(): Promise<void>;
}

/** Programs from $KUBEBUILDER_ASSETS where that is set, else built here. */
async function programs(): Promise<{ etcd: string; apiServer: string }> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') {
    return { etcd: join(assets, 'etcd'), apiServer: join(assets, 'kube-apiserver') };
  }
  const { etcd, kubernetes } = await apiServerBinaries();
  return { etcd, apiServer: join(kubernetes, 'kube-apiserver') };
}

/** Starts etcd and an API server with free ports, and returns when it is ready. */
export async function startApiServer(parentFolder = tmpdir()): Promise<ApiServer> {
  const { etcd, apiServer } = await programs();
  const folder = await mkdtemp(join(parentFolder, 'trunkline-api-'));
  const children = new Children(folder);
  try {
    const [clientPort = 0, peerPort = 0, port = 0] = await freePorts(3);
    const server = `https://127.0.0.1:${port}`;
    const credentials = await createCredentials(folder, server);
    const etcdPlace = { binary: etcd, dataDir: join(folder, 'etcd'), clientPort, peerPort };
    const place = { binary: apiServer, pki: folder, address: '127.0.0.1', port, etcdPort: clientPort };
    children.start('etcd', etcdCommand(etcdPlace));
    let running = children.start('kube-apiserver', apiServerCommand(place));
    const ready = (): Promise<void> => waitUntilReady(server, credentials, running);
    await ready();
    return {
      server,
      ...credentials,
      kill: () => end(running),
      restart: async () => {
        await end(running);
        running = children.start('kube-apiserver', apiServerCommand(place));
        await ready();
      },
      stop: () => children.stop(),
    };
  } catch (error) {
    await children.stop();
    throw error;
  }
}

/** Child processes under a watchdog, which does the clean-up however this process ends. */
class Children {
  readonly #folder: string;
  readonly #watchdog: ChildProcess;
  readonly #gone: Promise<void>;

  constructor(folder: string) {
    this.#folder = folder;
    this.#watchdog = spawn(process.execPath, [join(import.meta.dirname, 'watchdog.ts'), folder], {
      stdio: ['pipe', 'inherit', 'inherit'],
      detached: true,
    });
    this.#gone = new Promise((resolve) => this.#watchdog.once('exit', () => resolve()));
    // It waits for our end: it must not keep us from ending.
    this.#watchdog.unref();
  }

  start(name: string, command: readonly string[]): ChildProcess {
    const logs = join(this.#folder, 'logs');
    mkdirSync(logs, { recursive: true });
    const log = openSync(join(logs, `${name}.log`), 'a');
    const [program = '', ...args] = command;
    // Detached: Ctrl-C ends the tests, and then these.
    const child = spawn(program, args, { stdio: ['ignore', log, log], detached: true });
    child.unref();
    child.once('error', (error) => console.error(`cannot start ${program}: ${error.message}`));
    this.#watchdog.stdin?.write(`+${child.pid}\n`);
    child.once('exit', () => this.#watchdog.stdin?.write(`-${child.pid}\n`));
    return child;
  }

  async stop(): Promise<void> {
    this.#watchdog.stdin?.end();
    this.#watchdog.ref();
    await this.#gone;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  child.kill('SIGKILL');
  await new Promise<void>((resolve) => child.once('exit', () => resolve()));
}

type Credentials = Pick<ApiServer, 'caPem' | 'certPem' | 'keyPem' | 'kubeconfig'>;

async function createCredentials(folder: string, server: string): Promise<Credentials> {
  await createCA(folder, 'trunkline-api');
  writeFileSync(join(folder, 'admission.yaml'), admissionConfiguration);
  const kubeconfig = join(folder, 'kubeconfig');
  await Promise.all([
    createServiceAccountKey(folder),
    createCertificate(folder, 'apiserver', { commonName: 'kube-apiserver', subjectAltNames: ['IP:127.0.0.1'] }),
    createCertificate(folder, 'kubelet-client', { commonName: 'kube-apiserver', organization: 'system:masters' }),
    createCertificate(folder, 'admin', { commonName: 'admin', organization: 'system:masters' }),
    writeKubeconfig(kubeconfig, server, { pki: folder, name: 'admin' }),
  ]);
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  const [caPem, certPem, keyPem] = await Promise.all([read('ca.crt'), read('admin.crt'), read('admin.key')]);
  return { caPem, certPem, keyPem, kubeconfig };
}

async function waitUntilReady(server: string, credentials: Credentials, process: ChildProcess): Promise<void> {
  const { caPem: ca, certPem: cert, keyPem: key } = credentials;
  await until('the API server', 60, async () => {
    if (process.exitCode !== null) throw new Error(`kube-apiserver ended with ${process.exitCode}`);
    return new Promise<boolean>((resolve, reject) => {
      get(`${server}/readyz`, { ca, cert, key, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      }).on('error', reject);
    });
  });
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      if (address === null || typeof address === 'string') throw new Error('no free port');
      return address.port;
    }),
  );
}
