// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { AGE_COLUMN, READY_COLUMN, STATE_COLUMN, type KindDefinition } from './group.ts';
import { match } from './match.ts';
import { fullMedia, media } from './media.ts';
import { permission } from './permission.ts';
import { asSet, checked, conditions, network, objectName, objectSchema, observedGeneration, patternString, secretKeyRef } from './schema.ts';

const USER = "[-A-Za-z0-9_.!~*'()&=+$,%]{1,64}";
const HOST = '[A-Za-z0-9]([-A-Za-z0-9.]{0,251}[A-Za-z0-9])?';
const PORT = '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';

const uri = patternString({
  description: 'Where calls are sent: sip:[user@]host[:port][;transport=udp|tcp|tls]. Without a user the number called is kept.',
  pattern: `sip:(${USER.replaceAll("'", '')}@)?${HOST}(:${PORT})?(;transport=(udp|tcp|tls))?`,
  message:
    'uri must be a SIP address of the form sip:[user@]host[:port][;transport=udp|tcp|tls], such as "sip:pbx.voice.svc.cluster.local:5060;transport=udp"',
  maxLength: 512,
});

/** Products whose needs are known: see operator/routing/presets.ts. */
export const PRESET_NAMES = ['Generic', 'Asterisk', 'FreeSWITCH', 'SIPProxy', 'Jambonz', 'VoiceBlender', 'LiveKit', 'Siperb'] as const;
export type Preset = (typeof PRESET_NAMES)[number];

const headerName = (description: string) =>
  patternString({
    description,
    pattern: '[Xx]-[A-Za-z0-9_-]{1,62}',
    message: 'a header’s name must begin with X-, such as "X-App-ID": all others belong to SIP itself',
    maxLength: 64,
  });

const headers = z
  .object({
    set: z
      .array(
        z.object({
          name: headerName('Name of the header.'),
          value: patternString({
            description: 'Its content, the same for every call.',
            pattern: '[!-~]([ -~]{0,254}[!-~])?',
            message: 'a header’s value must be 1 to 256 printable ASCII characters, without spaces around them',
            maxLength: 256,
          }),
        }),
      )
      .min(1)
      .max(20)
      .optional()
      .meta({
        description: 'Headers that the destination is sent, in place of any of the same name.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
    remove: asSet(z.array(headerName('Name of the header, in any case.')).min(1).max(20), 'Headers of Meta or ours that it is not sent.').optional(),
  })
  .optional()
  .meta({ description: 'What it is told beside, and what it is not told.' });

const fromHost = z.enum(['Meta', 'Gateway']);
const probe = z.enum(['None', 'Options']);

const announcement = z
  .object({
    audioRef: z
      .object({
        name: objectName('Name of the ConfigMap.'),
        key: patternString({
          description: 'Key in its binaryData.',
          pattern: '[-._a-zA-Z0-9]{1,253}',
          message: 'must be a key of a ConfigMap: letters, digits, dashes, dots and underscores',
          maxLength: 253,
        }),
      })
      .meta({ description: 'Where the audio is, in the same namespace: WAV, Ogg, MP3 or FLAC.' }),
    plays: z.int().min(1).max(1000).default(1).meta({ description: 'How often it is played before the call is ended.' }),
  })
  .meta({ description: 'The call is answered, the user hears this, and the call ends.' });

const USERNAME = {
  pattern: '[A-Za-z0-9._+-]{1,64}',
  message: 'a username must be 1 to 64 letters, digits, dots, dashes, underscores or plus signs',
  maxLength: 64,
};

const credentials = z
  .object({
    username: patternString({ description: 'Digest user.', ...USERNAME }),
    realm: patternString({
      description: 'The realm of its challenge. Challenges of others are not answered: what the proxies keep is a hash for this one.',
      pattern: '[ !#-\\[\\]-~]{1,128}',
      message: 'a realm must be 1 to 128 printable ASCII characters without quotes and backslashes',
      maxLength: 128,
    }),
    passwordRef: secretKeyRef('Where the password is.'),
  })
  .optional()
  .meta({ description: 'Answers it where it challenges calls, by SHA-256 or MD5.' });

const entry = z.object({
  uri: uri.optional(),
  announcement: announcement.optional(),
  preset: z
    .enum(PRESET_NAMES)
    .default('Generic')
    .meta({ description: 'The product that it is: gives transport, fromHost, probe and media where they are left out.' }),
  priority: z
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .meta({ description: 'Lower is tried first; a higher one only where calls fail over.' }),
  weight: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .meta({ description: 'Share of the calls among destinations of the same priority: twice the weight is twice the calls.' }),
  maxCalls: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .meta({ description: 'The most calls that it is to have at once; the next one goes to another destination, or hears busy. Left out: any number.' }),
  probe: probe
    .optional()
    .meta({ description: 'Options: the proxies ask it every 5 s by SIP OPTIONS, and pass it over while it does not answer.' }),
  credentials,
  fromHost: fromHost
    .optional()
    .meta({ description: 'Host of From. Meta: wa.meta.vc, as the call came. Gateway: the hostname of the gateway.' }),
  headers,
  media: media.optional(),
});

const destination = checked(
  entry,
  { description: 'One place that calls can go to.' },
  {
    holds: (each) => (each.uri === undefined) !== (each.announcement === undefined),
    rule: 'has(self.uri) != has(self.announcement)',
    message: 'a destination has either a uri or an announcement',
  },
  {
    holds: ({ announcement: played, preset, probe: asked, credentials: account, fromHost: host, headers: rules, media: audio }) =>
      played === undefined || (preset === 'Generic' && [asked, account, host, rules, audio].every((part) => part === undefined)),
    rule: '!has(self.announcement) || (self.preset == "Generic" && !has(self.probe) && !has(self.credentials) && !has(self.fromHost) && !has(self.headers) && !has(self.media))',
    message: 'an announcement has neither preset, probe, credentials, fromHost, headers nor media: the call goes nowhere',
  },
);

export type RouteDestination = z.infer<typeof destination>;

/** What can become of a call at a destination so that another one is tried. */
export const FAILURES = ['Unreachable', 'Error', 'Unanswered', 'Busy', 'Refused'] as const;

const failover = z
  .object({
    on: asSet(z.array(z.enum(FAILURES)).max(FAILURES.length), 'What makes a call go on to another destination.').default(['Unreachable', 'Error']),
    ringSeconds: z
      .int()
      .min(1)
      .max(60)
      .default(20)
      .meta({ description: 'With Unanswered: how long a destination may ring.' }),
    withinSeconds: z
      .int()
      .min(1)
      .max(120)
      .default(30)
      .meta({ description: 'Later than this after the call came no other destination is tried.' }),
  })
  .meta({ description: 'When a call goes on to the next destination. Left out: after Unreachable and Error.' });

/** What holds for a route that does not say when calls fail over. */
export const FAILOVER = failover.parse({});

const user = z.object({
  username: patternString({ description: 'Digest user.', ...USERNAME }),
  passwordRef: secretKeyRef('Where the password is.'),
});

const sources = checked(
  z.object({
    networks: asSet(z.array(network).min(1).max(100), 'Networks that calls may come from: the addresses of your PBX.').optional(),
    users: z
      .array(user)
      .min(1)
      .max(100)
      .optional()
      .meta({
        description: 'Who may call from anywhere, by digest with the gateway’s hostname as realm.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['username'],
      }),
  }),
  { description: 'With Outbound: who may call.' },
  {
    holds: ({ networks, users }) => networks !== undefined || users !== undefined,
    rule: 'has(self.networks) || has(self.users)',
    message: 'sources needs networks, users or both: who may call',
  },
);

const spec = z.object({
    direction: z
      .enum(['Inbound', 'Outbound'])
      .default('Inbound')
      .meta({ description: 'Inbound: calls of users to the numbers. Outbound: calls to users by the numbers.' }),
    numbers: z
      .array(z.object({ name: objectName('Name of the WhatsAppNumber in the same namespace.') }))
      .min(1)
      .max(1000)
      .meta({
        description: 'The numbers whose calls take this route; with Outbound those that may be called with.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
    priority: z
      .int()
      .min(0)
      .max(65_535)
      .default(0)
      .meta({ description: 'Among the routes of a number the lower has its turn first; of equal ones those with a match, then the older.' }),
    match,
    destinations: z
      .array(destination)
      .min(1)
      .max(10)
      .optional()
      .meta({ description: 'With Inbound: where the calls go.', 'x-kubernetes-list-type': 'atomic' }),
    failover: failover.optional(),
    sources: sources.optional(),
    permission: permission.optional(),
});

export const sipRouteSpec = checked(
  spec,
  { description: 'Which calls go where.' },
  {
    holds: ({ direction, destinations, sources: from, permission: asked }) =>
      direction === 'Outbound' || (destinations !== undefined && from === undefined && asked === undefined),
    rule: 'self.direction == "Outbound" || (has(self.destinations) && !has(self.sources) && !has(self.permission))',
    message: 'an inbound route needs destinations, and has neither sources nor permission',
  },
  {
    holds: ({ direction, destinations, failover: after, sources: from }) =>
      direction === 'Inbound' || (from !== undefined && destinations === undefined && after === undefined),
    rule: 'self.direction == "Inbound" || (has(self.sources) && !has(self.destinations) && !has(self.failover))',
    message: 'an outbound route needs sources, and has neither destinations nor failover: its calls go to WhatsApp users',
  },
  {
    holds: ({ direction, match: wanted }) => direction === 'Outbound' || wanted?.callees === undefined,
    rule: 'self.direction == "Outbound" || !has(self.match) || !has(self.match.callees)',
    message: 'match.callees is for outbound routes; users who call are callers',
  },
  {
    holds: ({ direction, match: wanted }) =>
      direction === 'Inbound' || (wanted?.callers === undefined && wanted?.callToAction === undefined && wanted?.deepLink === undefined),
    rule: 'self.direction == "Inbound" || !has(self.match) || (!has(self.match.callers) && !has(self.match.callToAction) && !has(self.match.deepLink))',
    message: 'callers, callToAction and deepLink match calls of users; an outbound route matches by callees, countries and hours',
  },
);

export const sipRouteStatus = z
  .object({
    observedGeneration,
    conditions,
    destinations: z
      .array(
        z.object({
          uri: z.string().meta({ description: 'The destination, as in the spec; announcement:NAME/KEY for an announcement.' }),
          address: z.string().meta({ description: 'Where its calls are sent, with the transport; for an announcement as uri.' }),
          fromHost: fromHost.meta({ description: 'Host of From.' }),
          probe: probe.meta({ description: 'How it is asked whether it is there.' }),
          media: fullMedia.meta({ description: 'What its audio is like.' }),
          state: z.enum(['Up', 'Down', 'Unknown']).optional().meta({ description: 'Of one that is probed: Down where it answers no proxy.' }),
        }),
      )
      .optional()
      .meta({ description: 'The destinations as calls get them: the spec, and what it leaves to presets.', 'x-kubernetes-list-type': 'atomic' }),
  })
  .meta({ description: 'What became of the route.' });

export const sipRoute = objectSchema('SipRoute', sipRouteSpec, sipRouteStatus);
export type SipRoute = z.infer<typeof sipRoute>;
export type PasswordRef = z.infer<typeof user>['passwordRef'];

/** Every password that a route names: of its digest users, and for its destinations. */
export const passwordRefsOf = ({ spec: { sources: from, destinations = [] } }: SipRoute): PasswordRef[] => [
  ...(from?.users ?? []).map(({ passwordRef }) => passwordRef),
  ...destinations.flatMap(({ credentials: account }) => account?.passwordRef ?? []),
];

export type SipRouteStatus = z.infer<typeof sipRouteStatus>;

export const sipRouteDefinition: KindDefinition = {
  kind: 'SipRoute',
  plural: 'siproutes',
  singular: 'siproute',
  shortName: 'srt',
  description: 'Where the calls to WhatsApp numbers go, or who may call users by them.',
  rules: [],
  columns: [
    { name: 'Direction', type: 'string', jsonPath: '.spec.direction', description: 'Inbound or Outbound.' },
    { name: 'Numbers', type: 'string', jsonPath: '.spec.numbers[*].name', description: 'The numbers routed.' },
    { name: 'Priority', type: 'integer', jsonPath: '.spec.priority', description: 'Lower has its turn first.' },
    { name: 'Destinations', type: 'string', jsonPath: '.spec.destinations[*].uri', description: 'Where the calls go.' },
    READY_COLUMN,
    STATE_COLUMN,
    AGE_COLUMN,
  ],
};
