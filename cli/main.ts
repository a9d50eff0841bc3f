#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The command line: `trunkline`, or `kubectl trunkline` where it is installed as kubectl-trunkline.
import { basename } from 'node:path';
import { Command, Option } from 'commander';
import { asTable, hangUp, inOrder, liveCalls, traceOf } from './calls.ts';
import { KubeClient } from '../operator/kube/client.ts';
import { loadConnection } from '../operator/kube/connection.ts';
import { Budget } from '../operator/meta/budget.ts';
import { GraphClient } from '../operator/meta/graph.ts';
import { draw } from './ladder.ts';
import { readManifests, UsageError } from './manifests.ts';
import { Objects } from './objects.ts';
import { toPcap } from './pcap.ts';
import { planNumber } from './plan.ts';
import { Proxies } from './proxies.ts';
import { asJson, asText, EXIT, exitCode } from './print.ts';

interface PlanFlags {
  filename: string[];
  namespace?: string;
  kubeconfig?: string;
  output: 'text' | 'json';
}

async function plan({ filename, namespace, kubeconfig, output }: PlanFlags): Promise<number> {
  const manifests = (await Promise.all(filename.map(readManifests))).flat();
  const connection = loadConnection(kubeconfig);
  // Needed only for what the files lack: its failure waits until then.
  connection.catch(() => undefined);
  const home = namespace ?? (await connection.then((found) => found.namespace).catch(() => undefined)) ?? 'default';
  const objects = new Objects(manifests, home, async () => new KubeClient(await reachable(connection), { fieldManager: 'trunkline-cli' }));
  const graph = new GraphClient({ budget: new Budget(() => performance.now()) });
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  try {
    const numbers = objects.numbers();
    if (numbers.length === 0) throw new UsageError(`no WhatsAppNumber in ${filename.join(', ')}`);
    const plans = [];
    for (const number of numbers) plans.push(await planNumber(number, { objects, graph, now: new Date(), signal: interrupted.signal }));
    process.stdout.write(`${output === 'json' ? asJson(plans) : asText(plans)}\n`);
    return exitCode(plans);
  } finally {
    await Promise.all([objects.close(), graph.close()]);
  }
}

async function reachable<T>(connection: Promise<T>): Promise<T> {
  return connection.catch((error: unknown) => {
    throw new UsageError(`the files lack something, and no cluster can be asked: ${error instanceof Error ? error.message : String(error)}`);
  });
}

interface ClusterFlags {
  namespace?: string;
  kubeconfig?: string;
}

const proxiesOf = (where: ClusterFlags): Proxies => new Proxies(where, (sentence) => void process.stderr.write(`${sentence}\n`));

async function calls({ output, ...where }: ClusterFlags & { output: 'text' | 'json' }): Promise<void> {
  const live = await liveCalls(proxiesOf(where));
  process.stdout.write(output === 'json' ? `${JSON.stringify({ calls: live }, null, 2)}\n` : `${asTable(live, Date.now() / 1000)}\n`);
}

async function trace(call: string, { output, ...where }: ClusterFlags & { output: 'text' | 'json' | 'pcap' }): Promise<void> {
  const seen = await traceOf(proxiesOf(where), call);
  if (output === 'pcap') process.stdout.write(toPcap(inOrder(seen)));
  else process.stdout.write(output === 'json' ? `${JSON.stringify(inOrder(seen), null, 2)}\n` : `${draw(seen)}\n`);
}

async function hangup(call: string, where: ClusterFlags): Promise<void> {
  process.stdout.write(`ended ${await hangUp(proxiesOf(where), call)}\n`);
}

const isPlugin = basename(process.argv[1] ?? '').startsWith('kubectl-');
const name = isPlugin ? 'kubectl trunkline' : 'trunkline';
const program = new Command(name).description('WhatsApp Business numbers on your own telephony').showHelpAfterError(`See ${name} --help.`);

program
  .command('plan')
  .description('shows what would change at Meta, field by field, and changes nothing')
  .requiredOption('-f, --filename <file...>', 'files with WhatsAppNumbers and what they refer to; - is standard input')
  .option('-n, --namespace <name>', 'namespace of objects that name none')
  .option('--kubeconfig <file>', 'where the cluster is that is asked for what the files lack')
  .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
  .addHelpText('after', '\nExit code: 0 nothing would change, 2 something would, 1 a plan could not be made.')
  .action(async (flags: PlanFlags) => {
    process.exitCode = await plan(flags);
  });

const inCluster = (command: Command): Command =>
  command.option('-n, --namespace <name>', 'namespace of the gateways; the context’s where left out').option('--kubeconfig <file>', 'where the cluster is');

inCluster(program.command('calls'))
  .description('lists the calls that there are now')
  .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
  .action(calls);

inCluster(program.command('hangup'))
  .description('ends a call at both ends')
  .argument('<call>', 'the call’s id, or any part that only it has')
  .action(hangup);

inCluster(program.command('trace'))
  .description('draws a call’s SIP messages, both legs in one ladder, with what it came to')
  .argument('<call>', 'the call’s id, or any part that only it has')
  .addOption(new Option('-o, --output <format>', 'how to print; pcap is for Wireshark and sngrep').choices(['text', 'json', 'pcap']).default('text'))
  .action(trace);

try {
  await program.exitOverride().parseAsync();
} catch (error) {
  if (error instanceof UsageError) process.stderr.write(`${error.message}\n`);
  else if (!isHelp(error)) throw error;
  process.exitCode = isHelp(error) && error.exitCode === 0 ? 0 : EXIT.problem;
}

function isHelp(error: unknown): error is { exitCode: number } {
  return error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number';
}
