// SPDX-License-Identifier: Apache-2.0
// What a person or a stranger can get wrong: each gets its own sentence, and a call of another number goes on all the while.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from '../meta/sip/call.ts';
import { ACCOUNT, APP, STRANGER_ADDRESS, TOKEN } from '../stage/meta.ts';
import { apply } from '../stage/install.ts';
import { conditionsOf, kinds } from '../stage/kube.ts';
import { gatewayManifest, numberManifest, routeManifest, secretManifest } from './manifests.ts';
import { known as makeKnown, kubectl, told as toldOf } from './numbers.ts';
import { hangUp, hears, place } from './talk.ts';
import { line, NAMESPACE, PBXS, SALES, SUPPORT, theWorld, type Line, type World } from './world.ts';

let world: World;
let background: Call;
/** Numbers of which Meta answers badly for a while. */
let patients: { number: Line; clear: () => void }[];

beforeAll(async () => {
  world = await theWorld();
  background = await place(world, SALES);
  // Missing rights: a refusal counts only after ten seconds, which pass meanwhile.
  await put(secretManifest('vault', { token: TOKEN }), gatewayManifest('third'), routeManifest('closed', ['closed'], PBXS.beta.uri));
  await put(numberManifest(known('closed'), { accessTokenRef: { name: 'vault', key: 'token' } }));
  patients = (['internal', 'nonsense', 'cutOff', 'hang'] as const).map((fault) => {
    const number = known(`patient-${fault.toLowerCase()}`);
    return { number, clear: world.meta.graph.fault(fault, { path: `/${number.phoneNumberID}` }) };
  });
  await put(...patients.flatMap(({ number }) => [numberManifest(number), routeManifest(number.name, [number.name], PBXS.beta.uri)]));
});

afterEach(() => hears(background, PBXS.alpha, 1));
afterAll(() => hangUp(background));

const put = (...objects: object[]): Promise<void> => apply(world.cluster, objects, NAMESPACE);
const remove = (kind: keyof typeof kinds, name: string): Promise<void> => world.client.delete(kinds[kind], { namespace: NAMESPACE, name });

const told = (kind: keyof typeof kinds, name: string, awaited: Parameters<typeof toldOf>[3]): Promise<string> => toldOf(world, kind, name, awaited);

const isStalled = async (kind: keyof typeof kinds, name: string): Promise<boolean> =>
  conditionsOf(await world.client.get(kinds[kind], { namespace: NAMESPACE, name })).some(({ type, status }) => type === 'Stalled' && status === 'True');

/** What kubectl says when it is refused. */
const refusal = (...objects: object[]): Promise<string> => put(...objects).then(() => 'it was taken', String);

/** A fresh number that Meta knows. */
const known = (name: string): Line => makeKnown(world, name);

describe.concurrent('a number', () => {
  it('that is not E.164 is refused with the right form', async () => {
    const wrong = { ...line('wrong', '+15550000001'), phoneNumber: '0555 123' };
    expect(await refusal(numberManifest(wrong))).toContain('phoneNumber must be E.164: a plus sign, the country code and the number');
  });

  it('that another one has already stands back, says whose it is, and sets nothing at Meta', async () => {
    const twin = { ...SALES, name: 'twin', phoneNumberID: '123456789' };
    const requests = world.meta.graph.requests.length;
    await put(numberManifest(twin));
    expect(await told('wan', 'twin', { type: 'Ready', reason: 'DuplicatePhoneNumber' })).toContain('WhatsAppNumber "sales" is older');
    expect(await isStalled('wan', 'twin')).toBe(true);
    expect(world.meta.graph.requests.slice(requests).some(({ path }) => path.includes('123456789'))).toBe(false);
    await remove('wan', 'twin');
  });

  it('is told of it when Meta answers 500, sends something unreadable, answers half or does not answer in time', async () => {
    for (const { number, clear } of patients) {
      expect(await told('wan', number.name, { type: 'SettingsSynced', reason: 'MetaUnavailable' })).toContain('It is tried again');
      expect(await isStalled('wan', number.name)).toBe(false);
      clear();
    }
  });

  it('whose Secret is missing, then lacks the key, then is right, says each and ends Ready', async () => {
    const number = known('secretless');
    await put(numberManifest(number, { accessTokenRef: { name: 'late', key: 'token' } }), routeManifest('secretless', ['secretless'], PBXS.beta.uri));
    expect(await told('wan', 'secretless', { type: 'CredentialsValid', reason: 'SecretNotFound' })).toContain('Secret "late" does not exist');
    await put(secretManifest('late', { wrong: 'x' }));
    expect(await told('wan', 'secretless', { type: 'CredentialsValid', reason: 'KeyNotFound' })).toContain('has no key "token"');
    await put(secretManifest('late', { token: TOKEN }));
    await told('wan', 'secretless', { type: 'Ready' });
    const call = await place(world, number);
    await hears(call, PBXS.beta, 1);
    await hangUp(call);
  });

  it('whose Secret the operator may not read says how to let it, and goes live when that is done', async () => {
    const message = await told('wan', 'closed', { type: 'CredentialsValid', reason: 'SecretForbidden' });
    expect(message).toContain('may not read Secret "vault": add it to secrets in the chart’s values');
    await kubectl(world, 'create', 'role', 'vault', '--verb=get,list,watch', '--resource=secrets', '--resource-name=vault');
    await kubectl(world, 'create', 'rolebinding', 'vault', '--role=vault', `--serviceaccount=${NAMESPACE}:trunkline-operator`);
    await told('wan', 'closed', { type: 'Ready' });
    await remove('wan', 'closed');
  });

  it('whose token Meta refuses says so in Meta’s words, and recovers when the Secret is put right', async () => {
    known('refused');
    const number = { ...line('refused', '+15551009999') };
    world.meta.addNumber({ ...number, businessAccountID: ACCOUNT });
    await put(secretManifest('revoked', { token: 'NOT-A-TOKEN' }), numberManifest(number, { accessTokenRef: { name: 'revoked', key: 'token' } }));
    const message = await told('wan', 'refused', { type: 'Ready', reason: 'TokenRefused' });
    expect(message).toContain('Meta says:');
    expect(message).toContain('code 190');
    expect(message).not.toContain('NOT-A-TOKEN');
    expect(await isStalled('wan', 'refused')).toBe(true);
    await put(secretManifest('revoked', { token: TOKEN }));
    await told('wan', 'refused', { type: 'CredentialsValid' });
    await remove('wan', 'refused');
  });

  it('that Meta does not know says so', async () => {
    await put(numberManifest(line('ghost', '+15551008888')));
    expect(await told('wan', 'ghost', { type: 'Ready', reason: 'NumberUnknownToMeta' })).toContain('Check spec.phoneNumberID');
    await remove('wan', 'ghost');
  });

  it('whose id is another number’s says which', async () => {
    const number = known('swapped');
    await put(numberManifest({ ...number, phoneNumber: '+15551007777' }));
    expect(await told('wan', 'swapped', { type: 'Ready', reason: 'PhoneNumberDiffers' })).toContain('declared is +15551007777');
    await remove('wan', 'swapped');
  });

  it('whose gateway does not exist says which', async () => {
    await put(numberManifest(known('stray'), { gatewayRef: { name: 'nowhere' } }));
    expect(await told('wan', 'stray', { type: 'Ready', reason: 'GatewayNotFound' })).toContain('SipGateway "nowhere" does not exist');
    await remove('wan', 'stray');
  });
});

describe('a gateway', () => {
  it('whose Secrets the operator may not keep says how to let it, and no other is harmed', async () => {
    expect(await told('sgw', 'third', { type: 'Programmed', reason: 'ApplyFailed' })).toContain('add "third" to gateways in the chart’s values');
    await remove('sgw', 'third');
  });

  it('whose issuer does not exist says what cert-manager says, and recovers when it is put right', async () => {
    const issuer = (name: string) => ({ certificate: { issuerRef: { kind: 'ClusterIssuer', name } } });
    await put(gatewayManifest('second', issuer('no-such-issuer')));
    const message = await told('sgw', 'second', { type: 'CertificateReady', reason: 'CertificatePending' });
    expect(message).toContain('ClusterIssuer "no-such-issuer"');
    await put(gatewayManifest('second', issuer('trunkline-test-ca')));
    await told('sgw', 'second', { type: 'Ready', timeoutMs: 90_000 });
    await remove('sgw', 'second');
  });
});

describe('a route', () => {
  it('to a number that does not exist says which, and serves the others', async () => {
    const number = known('partner');
    await put(numberManifest(number), routeManifest('half', ['partner', 'nobody'], PBXS.beta.uri));
    expect(await told('srt', 'half', { type: 'ResolvedRefs', reason: 'NumberNotFound' })).toContain('"nobody" does not exist');
    await told('wan', 'partner', { type: 'Ready' });
    const call = await place(world, number);
    await hears(call, PBXS.beta, 1);
    await hangUp(call);
    await remove('srt', 'half');
  });

  it('for a number that an older route has is told, and so is the older one', async () => {
    await put(routeManifest('usurper', ['sales'], PBXS.beta.uri));
    expect(await told('srt', 'usurper', { type: 'Accepted', reason: 'Conflict' })).toContain('route "sales" comes first for "sales"');
    const call = await place(world, SALES);
    await hears(call, PBXS.alpha, 1);
    await hangUp(call);
    expect(await told('srt', 'sales', { type: 'Accepted' })).toContain('route "usurper" also names "sales"');
    await remove('srt', 'usurper');
  });

  it('whose destination is no SIP address is refused with the right form', async () => {
    expect(await refusal(routeManifest('typo', ['sales'], 'pbx.example.com'))).toContain('uri must be a SIP address of the form sip:[user@]host');
  });

  it.each([
    ['refuses', 'sip:nobody@alpha.pbx.svc.cluster.local', 404, 'Not Found'],
    ['does not exist', 'sip:desk@nowhere.pbx.svc.cluster.local', 503, 'Destination Unreachable'],
    ['never answers', 'sip:desk@198.18.127.254', 503, 'Destination Unreachable'],
  ])('whose destination %s gives the user a proper answer', async (what, uri, status, reason) => {
    const number = known(`dest-${what.replaceAll(' ', '-')}`);
    await put(numberManifest(number), routeManifest(number.name, [number.name], uri));
    await told('wan', number.name, { type: 'Ready' });
    const call = await world.meta.call({ to: number.phoneNumber });
    expect(call.result).toEqual({ kind: 'refused', status, reason });
    await remove('srt', number.name);
    expect(await told('wan', number.name, { type: 'Ready', reason: 'NoRoute' })).toContain('no inbound SipRoute names');
    const unrouted = await world.meta.call({ to: number.phoneNumber });
    expect(unrouted.result).toEqual({ kind: 'refused', status: 480, reason: 'No Route For This Number' });
  });
});

describe.concurrent('a stranger', () => {
  const server = { hostname: 'sip.example.com' };

  it('who calls a number that is not served hears so', async () => {
    const call = await world.meta.call({ to: '+15559990000', server, password: 'x' });
    expect(call.result).toEqual({ kind: 'refused', status: 404, reason: 'Number Not Served Here' });
  });

  it('with a wrong password is refused', async () => {
    const call = await world.meta.call({ to: SUPPORT.phoneNumber, password: 'wrong' });
    expect(call.result).toEqual({ kind: 'refused', status: 403, reason: 'Wrong Digest Answer' });
  });

  it('outside the allowed networks is refused even with the right password', async () => {
    const password = world.meta.sipPassword(SUPPORT.phoneNumberID, APP) ?? '';
    const call = await world.meta.call({ to: SUPPORT.phoneNumber, password, sourceAddress: STRANGER_ADDRESS });
    expect(call.result).toEqual({ kind: 'refused', status: 403, reason: 'Source Network Not Allowed' });
  });

  it('who pretends to be inside a call sets none up', async () => {
    const socket = await world.meta.raw({ host: 'sip.example.com', port: 5061, tls: true });
    const lines = [
      'INVITE sip:desk@beta.pbx.svc.cluster.local SIP/2.0',
      'Via: SIP/2.0/TLS 198.19.255.2:5061;branch=z9hG4bKpretend',
      'Route: <sip:sip.example.com:5061;transport=tls;lr>',
      'From: <sip:+15550002222@wa.meta.vc>;tag=a',
      'To: <sip:desk@beta.pbx.svc.cluster.local>;tag=b',
      'Call-ID: pretend',
      'CSeq: 1 INVITE',
      'Max-Forwards: 70',
      'Contact: <sip:+15550002222@wa.meta.vc>',
      'Content-Length: 0',
    ];
    socket.send(`${lines.join('\r\n')}\r\n\r\n`);
    const answer = await socket.message((message) => 'status' in message && message.status >= 200, 5000);
    expect(answer).toMatchObject({ status: 488 });
    socket.close();
  });

  it('who speaks plain SIP on the TLS port gets no answer but a closed connection', async () => {
    const socket = await world.meta.raw({ host: 'sip.example.com', port: 5061, tls: false });
    socket.send('OPTIONS sip:sip.example.com SIP/2.0\r\nVia: SIP/2.0/TCP 198.19.255.2;branch=z9hG4bKx\r\nContent-Length: 0\r\n\r\n');
    expect(await socket.ended).toMatchObject({ by: 'peer' });
    expect(socket.messages).toEqual([]);
  });

  it('who sends garbage disturbs nobody', async () => {
    for (const bytes of ['\0\u0001\u0002garbage\r\n\r\n', 'INVITE sip:x SIP/2.0\r\n\r\n', 'A'.repeat(100_000)]) {
      const socket = await world.meta.raw({ host: 'sip.example.com', port: 5061, tls: true });
      socket.send(bytes);
      socket.close();
      await socket.ended;
    }
    const call = await place(world, SUPPORT);
    await hears(call, PBXS.beta, 1);
    await hangUp(call);
  });

  it('who asks the engine’s control port over the SIP port is shown the door', async () => {
    const socket = await world.meta.raw({ host: 'sip.example.com', port: 5061, tls: true });
    const body = '{"jsonrpc":"2.0","method":"core.uptime","id":1}';
    socket.send(`POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await socket.ended;
    expect(socket.received.toString()).not.toContain('uptime');
    expect(socket.received.toString()).toContain('404 Not Found');
  });
});

// Last, since it is tried again ever more slowly: others have been waited for meanwhile.
describe('a number that Meta answered badly', () => {
  it('goes live all the same when Meta is well again', async () => {
    for (const { number } of patients) expect(await told('wan', number.name, { type: 'Ready', timeoutMs: 90_000 })).toContain('are served');
  });
});
