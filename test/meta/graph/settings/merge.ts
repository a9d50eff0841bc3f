// SPDX-License-Identifier: Apache-2.0
// How a settings write merges into what is there, and when SIP passwords are made.
import { newSipPassword, type NumberState, type Settings, type SipServer } from '../number.ts';
import { checkResult } from './check.ts';
import type { Quirks } from './quirks.ts';
import type { CallingUpdate, FeatureGroups, ServersUpdate, SettingsUpdate, StoredCalling } from './schema.ts';

/** Who writes, and what else decides about a write. */
export interface Writer {
  readonly appId: string;
  readonly quirks: Quirks;
  /** Milliseconds. */
  readonly now: number;
  /** Whether an app hears the webhook field `calls` of the number's account. */
  readonly callsHeard: boolean;
}

/** Applies a validated write. Throws GraphError and changes nothing when the result is not allowed. */
export function applyUpdate(number: NumberState, { calling, ...groups }: SettingsUpdate, writer: Writer): void {
  const next: Settings = {
    calling: calling ? mergeCalling(number.calling, calling, writer.quirks) : number.calling,
    servers: mergeServers(number.servers, calling?.sip?.servers, writer),
    groups: mergeGroups(number.groups, groups),
  };
  if (calling) checkResult(number, next, writer);
  const { visibleAfterMs } = writer.quirks;
  if (visibleAfterMs > 0) {
    const former = {
      calling: number.calling, servers: number.servers, groups: number.groups, shownUntil: writer.now + visibleAfterMs,
    };
    number.formerSettings = [...number.formerSettings.filter((each) => each.shownUntil > writer.now), former];
  }
  Object.assign(number, next);
}

function mergeCalling(stored: StoredCalling, update: CallingUpdate, quirks: Quirks): StoredCalling {
  const { sip, voicemail, ...rest } = update;
  const { servers: _servers, ...sipRest } = sip ?? {};
  const reset = quirks.srtpResetOnSipUpdate && sip !== undefined && update.srtp_key_exchange_protocol === undefined;
  return {
    ...stored,
    ...rest, // call_hours is replaced as a whole
    ...(sip === undefined ? {} : { sip: { ...stored.sip, ...sipRest } }),
    ...(voicemail === undefined ? {} : { voicemail: mergeVoicemail(stored.voicemail ?? {}, voicemail) }),
    ...(reset ? { srtp_key_exchange_protocol: 'DTLS' as const } : {}),
  };
}

type Voicemail = NonNullable<StoredCalling['voicemail']>;

function mergeVoicemail(stored: Voicemail, update: Voicemail): Voicemail {
  const merged = { ...stored, ...update };
  if (update.audio === undefined) return merged;
  return { ...merged, audio: { default: { ...stored.audio?.default, ...update.audio.default } } };
}

function mergeGroups(stored: FeatureGroups, update: FeatureGroups): FeatureGroups {
  const { payload_encryption: encryption, storage_configuration: storage, user_identity_change: identity } = update;
  return {
    ...stored,
    ...(encryption && { payload_encryption: { ...stored.payload_encryption, ...encryption } }),
    ...(storage && { storage_configuration: { ...stored.storage_configuration, ...storage } }),
    ...(identity && { user_identity_change: { ...stored.user_identity_change, ...identity } }),
  };
}

function mergeServers(
  stored: readonly SipServer[],
  update: ServersUpdate,
  { appId, quirks }: Writer,
): readonly SipServer[] {
  if (update === undefined) return stored;
  const [entry] = update;
  // [] deletes only the server of the app that asks.
  if (entry === undefined) return stored.filter((server) => server.appId !== appId);
  const own = stored.find((server) => server.appId === appId);
  const moved = own !== undefined && (own.hostname !== entry.hostname || own.port !== entry.port);
  const keep = own !== undefined && !(moved && quirks.newPasswordOnServerChange);
  const next: SipServer = {
    appId,
    hostname: entry.hostname,
    port: entry.port,
    requestUriUserParams: entry.request_uri_user_params,
    password: keep ? own.password : newSipPassword(),
  };
  return own === undefined ? [...stored, next] : stored.map((server) => (server === own ? next : server));
}
