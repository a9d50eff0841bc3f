// SPDX-License-Identifier: Apache-2.0
// The same objects for zod and for the API server: each is valid, or wrong in one place, by one sentence.
type Spec = Record<string, unknown>;

export interface Case {
  kind: 'SipGateway' | 'WhatsAppNumber' | 'SipRoute';
  what: string;
  spec: Spec;
  name?: string;
  /** A piece of the refusal; without it the object is valid. */
  refusal?: string;
}

const gateway = (what: string, change: Spec, refusal?: string): Case => ({
  kind: 'SipGateway',
  what,
  spec: { hostname: 'sip.example.com', certificate: { issuerRef: { name: 'ca' } }, ...change },
  ...(refusal ? { refusal } : {}),
});

const number = (what: string, change: Spec, refusal?: string): Case => ({
  kind: 'WhatsAppNumber',
  what,
  spec: { phoneNumber: '+15550001111', phoneNumberID: '106540352242922', accessTokenRef: { name: 'meta', key: 'token' }, ...change },
  ...(refusal ? { refusal } : {}),
});

const route = (what: string, change: Spec, refusal?: string): Case => ({
  kind: 'SipRoute',
  what,
  spec: { numbers: [{ name: 'sales' }], destinations: [{ uri: 'sip:pbx.example.com' }], ...change },
  ...(refusal ? { refusal } : {}),
});

const uri = (value: unknown, refusal?: string): Case => route(`uri ${String(value)}`, { destinations: [{ uri: value }] }, refusal);
const phone = (value: unknown, refusal?: string): Case => number(`phoneNumber ${String(value)}`, { phoneNumber: value }, refusal);
const host = (value: unknown, refusal?: string): Case => gateway(`hostname ${String(value)}`, { hostname: value }, refusal);
const network = (value: string, refusal?: string): Case =>
  gateway(`network ${value}`, { access: { sourceNetworks: [value] } }, refusal);

const DNS = 'hostname must be a full DNS name';
const E164 = 'phoneNumber must be E.164';
const URI = 'uri must be a SIP address of the form';
const CIDR = 'a source network must be written as address/length';

export const CASES: readonly Case[] = [
  gateway('the smallest gateway', {}),
  gateway('a gateway with everything', {
    certificate: { issuerRef: { name: 'ca', kind: 'ClusterIssuer' } },
    proxy: { replicas: 3 },
    access: { sourceNetworks: ['192.0.2.0/24', '198.51.100.0/24'] },
  }),
  host('a.b.example.com'),
  host('xn--caf-dma.example.com'),
  host('example', DNS),
  host('SIP.example.com', DNS),
  host('sip.example.com:5061', DNS),
  host('sip:sip.example.com', DNS),
  host('192.0.2.1', DNS),
  host('-a.example.com', DNS),
  host('', DNS),
  host(5, 'spec.hostname'),
  gateway('no hostname', { hostname: undefined }, 'hostname'),
  gateway('no issuer', { certificate: {} }, 'issuerRef'),
  gateway('an unknown kind of issuer', { certificate: { issuerRef: { name: 'ca', kind: 'Vault' } } }, 'kind'),
  gateway('an issuer name with a slash', { certificate: { issuerRef: { name: 'a/b' } } }, 'must be the name of an object'),
  gateway('no replicas', { proxy: { replicas: 0 } }, 'replicas'),
  gateway('half a replica', { proxy: { replicas: 1.5 } }, 'replicas'),
  gateway('21 replicas', { proxy: { replicas: 21 } }, 'replicas'),
  gateway('an empty list of networks', { access: { sourceNetworks: [] } }, 'sourceNetworks'),
  network('0.0.0.0/0'),
  network('192.0.2.1/32'),
  network('192.0.2.1', CIDR),
  network('192.0.2.0/33', CIDR),
  network('256.0.2.0/24', CIDR),
  network('2001:db8::/32', CIDR),

  number('the smallest number', {}),
  number('a number with everything', { gatewayRef: { name: 'second' }, calling: { additionalCodecs: ['PCMA', 'PCMU'] } }),
  phone('+4915112345678'),
  phone('+123456789012345'),
  phone('15550001111', E164),
  phone('+0155500011', E164),
  phone('+1 555 000 1111', E164),
  phone('+1555000111a', E164),
  phone('+12345', E164),
  phone('+1234567890123456', 'phoneNumber'),
  phone('', E164),
  phone(15550001111, 'phoneNumber'),
  number('an id with a plus', { phoneNumberID: '+15550001111' }, 'phoneNumberID must be the digits'),
  number('an id as a number', { phoneNumberID: 106540352242922 }, 'phoneNumberID'),
  number('no token', { accessTokenRef: undefined }, 'accessTokenRef'),
  number('a token without a key', { accessTokenRef: { name: 'meta' } }, 'key'),
  number('a token with an empty key', { accessTokenRef: { name: 'meta', key: '' } }, 'key'),
  number('an unknown codec', { calling: { additionalCodecs: ['G729'] } }, 'additionalCodecs'),
  number('three codecs', { calling: { additionalCodecs: ['PCMA', 'PCMU', 'PCMA'] } }, 'additionalCodecs'),

  route('the smallest route', {}),
  route('a route of two numbers', { numbers: [{ name: 'sales' }, { name: 'support' }] }),
  uri('sip:desk@pbx.example.com:5060;transport=udp'),
  uri('sip:+15550001111@192.0.2.1;transport=tcp'),
  uri('sip:pbx:65535'),
  uri('pbx.example.com', URI),
  uri('sips:pbx.example.com', URI),
  uri('sip:pbx.example.com:0', URI),
  uri('sip:pbx.example.com:65536', URI),
  uri('sip:pbx.example.com;transport=tls', URI),
  uri('sip:pbx.example.com;foo=bar', URI),
  uri('sip:a b@pbx.example.com', URI),
  uri('sip:a|b@pbx.example.com', URI),
  uri('sip:@pbx.example.com', URI),
  uri('sip:', URI),
  uri('tel:+15550001111', URI),
  uri('sip:pbx.example.com\r\nX: y', URI),
  route('no destination', { destinations: [] }, 'destinations'),
  route('two destinations', { destinations: [{ uri: 'sip:a' }, { uri: 'sip:b' }] }, 'destinations'),
  route('no numbers', { numbers: [] }, 'numbers'),
  route('a number without a name', { numbers: [{}] }, 'name'),
];
