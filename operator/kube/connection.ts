// SPDX-License-Identifier: Apache-2.0
import { KubeConfig } from '@kubernetes/client-node';
import type { RequestOptions } from 'node:https';

/** What TLS needs to know of the API server and of us. */
export type ConnectionTls = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>;

/** How to reach one API server. */
export interface Connection {
  /** Base URL without a slash at the end. */
  readonly server: string;
  /** The namespace we run in, or the context's; undefined where neither says. */
  readonly namespace: string | undefined;
  readonly tls: ConnectionTls;
  /** Headers that say who we are; asked for before each request, because tokens rotate. */
  headers(): Promise<Readonly<Record<string, string>>>;
}

/**
 * The library reads CA and key files on every call; for this long its answer is good enough. It re-reads a token file
 * each minute.
 */
const CREDENTIALS_MS = 10_000;

async function credentialsOf(config: KubeConfig): Promise<RequestOptions> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  return options;
}

function headersOf(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  if (options.auth) headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  // A token file written by hand ends in a line feed, which a header cannot hold.
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value).trim();
  return headers;
}

function tlsOf({ ca, cert, key, rejectUnauthorized, servername }: RequestOptions): ConnectionTls {
  const given = Object.entries({ ca, cert, key, rejectUnauthorized, servername }).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(given);
}

/**
 * The connection that a loaded configuration describes. Throws where it names no cluster, or credentials that cannot
 * be read.
 */
export async function connectionOf(config: KubeConfig): Promise<Connection> {
  const context = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    throw new Error(`the kubeconfig has no context "${context}" with a cluster: see kubectl config get-contexts`);
  }
  if (cluster.proxyUrl) {
    throw new Error(`cluster "${cluster.name}" has a proxy-url, which is not supported: connect to it directly`);
  }
  const credentials = await credentialsOf(config);
  let headers = headersOf(credentials);
  let readAt = performance.now();
  return {
    server: cluster.server.replace(/\/+$/, ''),
    namespace: config.getContextObject(context)?.namespace,
    tls: tlsOf(credentials),
    headers: async () => {
      if (performance.now() - readAt > CREDENTIALS_MS) {
        headers = headersOf(await credentialsOf(config));
        readAt = performance.now();
      }
      return headers;
    },
  };
}

/** The connection to the cluster of `loadConfig`, which takes the same file. */
export async function loadConnection(kubeconfig?: string): Promise<Connection> {
  return connectionOf(loadConfig(kubeconfig));
}

/**
 * Finds the cluster as every Kubernetes tool does: the given file, else `KUBECONFIG`, else `~/.kube/config`, else the
 * pod's service account.
 * @param kubeconfig path of a kubeconfig file
 * @throws Error where there is none, or the file cannot be read
 */
export function loadConfig(kubeconfig?: string): KubeConfig {
  const config = new KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromFile(kubeconfig);
  // With nothing to go by, the library falls back to a port of localhost where nobody has listened for years.
  if (config.getCurrentContext() === 'loaded-context') {
    throw new Error(
      'no cluster to connect to: set KUBECONFIG, write ~/.kube/config, or run in a pod with a service account token',
    );
  }
  return config;
}
