// SPDX-License-Identifier: Apache-2.0
// What would change at Meta for a number, without changing anything: the operator's own comparison, with reads only.
import type { WhatsAppNumber } from '../operator/api/whatsappnumber.ts';
import { endpointOf } from '../operator/controllers/shared/endpoint.ts';
import { announcementFingerprint, announcementProblem } from '../operator/meta/announcement.ts';
import { compareCalling, foreignServers, type Difference } from '../operator/meta/calling/compare.ts';
import { isTimeZone, pastHolidays, toWanted } from '../operator/meta/calling/wanted.ts';
import { GraphError } from '../operator/meta/errors.ts';
import type { GraphClient } from '../operator/meta/graph.ts';
import { shownDigits } from '../operator/meta/node.ts';
import { judgeToken } from '../operator/meta/onboarding.ts';
import type { Access } from '../operator/meta/transport.ts';
import { digitsOf } from '../operator/routing/numbers.ts';
import { UsageError } from './manifests.ts';
import type { Objects } from './objects.ts';

export interface NumberPlan {
  name: string;
  phoneNumber: string;
  differences: Pick<Difference, 'field' | 'wanted' | 'found'>[];
  /** What a reader should know beside the differences. */
  notes: string[];
  /** Why there is no plan. */
  problem?: string;
}

export interface PlanOptions {
  objects: Objects;
  graph: GraphClient;
  now: Date;
  signal: AbortSignal;
}

/** The plan for one number; what keeps it from being made is its `problem`. */
export async function planNumber(number: WhatsAppNumber, options: PlanOptions): Promise<NumberPlan> {
  const base = { name: number.metadata.name, phoneNumber: number.spec.phoneNumber };
  try {
    return { ...base, ...(await compare(number, options)) };
  } catch (error) {
    if (error instanceof GraphError) return { ...base, differences: [], notes: [], problem: sentenceOf(error) };
    if (error instanceof UsageError) return { ...base, differences: [], notes: [], problem: error.message };
    throw error;
  }
}

/** The operator tries again by itself; here a person does. */
function sentenceOf(error: GraphError): string {
  if (error.status === 0) return `Meta cannot be asked: ${error.words}. See that https://graph.facebook.com can be reached from here`;
  const passes = error.kind === 'unavailable' || error.kind === 'throttled';
  return passes ? `Meta says: ${error.words}. Try again later` : error.sentence;
}

async function compare(number: WhatsAppNumber, { objects, graph, now, signal }: PlanOptions): Promise<Pick<NumberPlan, 'differences' | 'notes'>> {
  const { metadata, spec } = number;
  const gateway = spec.direct ? undefined : await objects.gateway(metadata.namespace, spec.gatewayRef.name);
  const endpoint = endpointOf(number, gateway);
  if (!endpoint) throw new UsageError(`SipGateway "${spec.gatewayRef.name}" is neither in the files nor in namespace "${metadata.namespace}"`);
  const { hours } = spec.calling;
  if (hours && !isTimeZone(hours.timeZone)) throw new UsageError(`spec.calling.hours.timeZone "${hours.timeZone}" is not known`);
  const access: Access = {
    token: await objects.secret(metadata.namespace, spec.accessTokenRef),
    appSecret: spec.appSecretRef && (await objects.secret(metadata.namespace, spec.appSecretRef)),
    payer: { app: 'plan', account: spec.businessAccountID },
    booking: metadata.name,
    signal,
  };
  const token = await graph.token(access);
  const worth = judgeToken(token, spec.businessAccountID, now);
  if (worth.status !== 'True') throw new UsageError(worth.message);
  const shown = await graph.number(access, spec.phoneNumberID);
  if (shownDigits(shown) !== digitsOf(number)) {
    throw new UsageError(`Meta’s number for this phoneNumberID is ${shown.display_phone_number}: correct spec.phoneNumber or spec.phoneNumberID`);
  }
  const observation = { calling: await graph.calling(access, spec.phoneNumberID), appID: token.app_id };
  const announcement = await announcementOf(number, objects);
  const wanted = toWanted({ calling: spec.calling, endpoint, announcementID: announcement.id, now });
  const notes = [
    ...announcement.notes,
    ...pastHolidays(spec.calling, now).map(({ date }) => `holiday ${date} is past and left out`),
    ...foreignServers(observation, endpoint.hostname).map((server) => `server ${server.hostname}:${server.port} of app ${server.app_id ?? 'unknown'} stays as it is`),
    ...(spec.management === 'Observe' ? ['nothing would be written, as spec.management is Observe'] : []),
  ];
  return { differences: compareCalling(wanted, observation), notes };
}

/** Meta's id of the announcement where it was uploaded before; else a placeholder that differs from any. */
async function announcementOf(number: WhatsAppNumber, objects: Objects): Promise<{ id: string | undefined; notes: string[] }> {
  const ref = number.spec.calling.voicemail?.announcementRef;
  if (!ref) return { id: undefined, notes: [] };
  const audio = await objects.binary(number.metadata.namespace, ref);
  const wrong = audio ? announcementProblem(audio) : 'it does not exist';
  if (!audio || wrong) return { id: undefined, notes: [`voicemail is left as it is: key "${ref.key}" of ConfigMap "${ref.name}" is no announcement: ${wrong}`] };
  const uploaded = (await objects.live(number))?.status?.settings?.announcement;
  return uploaded?.fingerprint === announcementFingerprint(audio) ? { id: uploaded.mediaID, notes: [] } : { id: '(uploaded then)', notes: [] };
}
