// SPDX-License-Identifier: Apache-2.0
// Every reason that a condition can carry, with what it means. Docs and tests read this table.
export const REASONS = {
  // Whole objects
  Pending: 'The operator has not looked at the object yet.',
  AllGood: 'Everything the object asks for works.',
  ApplyFailed: 'The API server refuses an object that the operator makes; its words are in the message.',

  // SipGateway
  CertManagerMissing: 'The cluster does not know cert-manager’s Certificate; install cert-manager.',
  CertificatePending: 'The issuer has not signed yet, or does not exist; cert-manager’s words are in the message.',
  CertificateFailed: 'The issuer refused to sign; its words are in the message.',
  CertificateIssued: 'A certificate for the hostname is there.',
  AddressPending: 'The load balancer has not given an address yet.',
  AddressAssigned: 'The load balancer has given an address.',
  ProxyStarting: 'Fewer proxies than wanted are ready.',
  ProxyReady: 'All proxies are ready.',
  MediaStarting: 'The media pod is not ready yet.',
  MediaReady: 'The media pod relays calls.',
  Applying: 'Not every proxy serves the wanted configuration yet.',
  ProxyRefused: 'A proxy could not apply the configuration and keeps its last good one.',
  Applied: 'Every proxy serves the wanted configuration.',

  // WhatsAppNumber
  SecretNotFound: 'A Secret that the spec names does not exist.',
  KeyNotFound: 'The Secret exists and has no such key, or it is empty.',
  TokenRefused: 'Meta does not accept the access token.',
  PermissionMissing: 'The token’s app may not manage the number.',
  NumberUnknownToMeta: 'Meta knows no number with this id, or hides it from this token.',
  MetaRefused: 'Meta refuses the settings; its words are in the message.',
  MetaUnavailable: 'Meta answers with an error, not at all or unreadably; it is tried again.',
  PhoneNumberDiffers: 'Meta’s number for this id is another one than spec.phoneNumber.',
  TokenAccepted: 'Meta accepts the access token.',
  SettingsApplied: 'Meta’s settings read back as declared.',
  SettingsDiffer: 'Meta took the settings and reads back something else.',
  WaitingForGateway: 'Nothing is set at Meta before the gateway can take calls.',
  GatewayNotFound: 'The gateway named in spec.gatewayRef does not exist.',
  DuplicatePhoneNumber: 'Another, older WhatsAppNumber has the same phone number or id.',
  PasswordPending: 'Meta’s SIP password for the number is not known yet.',
  NoRoute: 'No SipRoute names the number, so calls to it are refused.',

  // SipRoute
  NumberNotFound: 'A number that the route names does not exist.',
  NumbersFound: 'Every number that the route names exists.',
  Conflict: 'Another, older route has the same number.',
  Accepted: 'The route is valid and wins for all its numbers.',
  NumberNotProgrammed: 'A number of the route is not served yet; its own conditions say why.',
} as const;

/** Reasons of things that come right by themselves, mostly soon. */
export const PASSING: ReadonlySet<string> = new Set<keyof typeof REASONS>([
  'Pending',
  'CertificatePending',
  'AddressPending',
  'ProxyStarting',
  'MediaStarting',
  'Applying',
  'WaitingForGateway',
  'PasswordPending',
  'NumberNotProgrammed',
]);

export type Reason = keyof typeof REASONS;

export const isReason = (text: string): text is Reason => text in REASONS;
