// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { run } from './run.ts';
import { workDir } from './state.ts';

export interface Clients {
  /** Runs kubectl, with `input` on its standard input, and gives what it prints. Throws CommandError. */
  readonly kubectl: (args: readonly string[], input?: string) => Promise<string>;
  /** Runs helm and gives what it prints. Throws CommandError. */
  readonly helm: (args: readonly string[]) => Promise<string>;
}

export interface ClientSettings {
  /** Where kubectl and helm are; found by PATH when absent. */
  folder?: string;
  kubeconfig: string;
  /** Words before each command, as from inNetns. */
  prefix: readonly string[];
}

/** Environment of a cluster made here: what clients remember of it goes away with it. */
export function clientEnvironment(kubeconfig: string): Record<string, string> {
  const folder = join(workDir, 'clients');
  return {
    KUBECONFIG: kubeconfig,
    KUBECACHEDIR: join(folder, 'kubectl'),
    HELM_CACHE_HOME: join(folder, 'helm', 'cache'),
    HELM_CONFIG_HOME: join(folder, 'helm', 'config'),
    HELM_DATA_HOME: join(folder, 'helm', 'data'),
  };
}

export function clientsFor({ folder = '', kubeconfig, prefix }: ClientSettings): Clients {
  const env = folder === '' ? { KUBECONFIG: kubeconfig } : clientEnvironment(kubeconfig);
  return {
    kubectl: (args, input) =>
      run([...prefix, join(folder, 'kubectl'), ...args], { env, ...(input !== undefined && { input }) }),
    helm: (args) => run([...prefix, join(folder, 'helm'), ...args], { env }),
  };
}
