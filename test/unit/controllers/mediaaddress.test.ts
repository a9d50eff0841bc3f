// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { addressesOf, isPrivate, mediaAddress } from '../../../operator/controllers/shared/mediaaddress.ts';
import { node, pod, service, type Node } from '../../../operator/controllers/shared/observed.ts';
import { gateway } from '../builders.ts';

const podOn = (hostNetwork: boolean, podIP?: string) => pod.parse({ metadata: { name: 'm', namespace: 'voice' }, spec: { hostNetwork }, status: { podIP } });
const exposed = pod.parse({ metadata: { name: 'm', namespace: 'voice', labels: { 'trunkline.dev/media-id': 'a1b2c3' } }, status: { podIP: '10.1.0.7' } });
const balanced = (ip?: string) => ({ node: undefined, service: service.parse({ metadata: { name: 'm', namespace: 'voice' }, status: { loadBalancer: { ingress: ip === undefined ? [] : [{ ip }] } } }) });
const on = (of?: Node) => ({ node: of, service: undefined });
const nodeWith = (annotation?: string, external?: string) =>
  node.parse({
    metadata: { name: 'n', annotations: annotation === undefined ? {} : { 'trunkline.dev/media-address': annotation } },
    status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }, ...(external === undefined ? [] : [{ type: 'ExternalIP', address: external }])] },
  });
const onNodes = gateway('default', { media: { exposure: 'HostNetwork' } });
const fixed = gateway('default', { media: { exposure: 'HostNetwork', advertisedAddress: '203.0.113.7' } });

describe('the address that Meta is told', () => {
  it.each<[string, Parameters<typeof mediaAddress>, string | undefined]>([
    ['nothing while a pod has no address', [fixed, podOn(false), on()], undefined],
    ['what the spec says, whatever else there is', [fixed, podOn(true, '10.0.0.1'), on(nodeWith('198.51.100.1', '198.51.100.2'))], '203.0.113.7 Spec'],
    ['what is written on its node', [gateway(), podOn(true, '10.0.0.1'), on(nodeWith('198.51.100.1', '198.51.100.2'))], '198.51.100.1 NodeAnnotation'],
    ['the ExternalIP of its node', [gateway(), podOn(true, '10.0.0.1'), on(nodeWith(undefined, '198.51.100.2'))], '198.51.100.2 NodeExternalIP'],
    ['one that can be used, where what is written is no address', [gateway(), podOn(true, '10.0.0.1'), on(nodeWith('outside', '2001:db8::1'))], '10.0.0.1 Node'],
    ['that of the node where nothing is known of it', [gateway(), podOn(true, '10.0.0.1'), on()], '10.0.0.1 Node'],
    ['that of its load balancer, where it has one', [gateway(), exposed, balanced('198.51.100.9')], '198.51.100.9 LoadBalancer'],
    ['nothing while its load balancer has none', [gateway(), exposed, balanced()], undefined],
    ['the pod’s where it has its own, whatever the node has', [onNodes, podOn(false, '10.1.0.7'), on(nodeWith('198.51.100.1', '198.51.100.2'))], '10.1.0.7 Pod'],
  ])('is %s', (_, facts, expected) => {
    const told = mediaAddress(...facts);
    expect(told && `${told.address} ${told.source}`).toBe(expected);
  });

  it('says what it does not use of what somebody wrote', () => {
    const told = mediaAddress(gateway(), podOn(true, '10.0.0.1'), on(nodeWith('999.1.1.1')));
    expect(told).toMatchObject({ address: '10.0.0.1', unused: expect.stringContaining('of node n is "999.1.1.1", which is no IPv4 address') });
  });

  it('is another one where a node’s annotation or its addresses change, and not with the rest of it', () => {
    const base = nodeWith(undefined, '198.51.100.2');
    expect(addressesOf({ ...base, metadata: { ...base.metadata, annotations: { other: 'x' }, resourceVersion: '2' } })).toBe(addressesOf(base));
    for (const other of [nodeWith('198.51.100.1', '198.51.100.2'), nodeWith(undefined, '198.51.100.3'), undefined]) expect(addressesOf(other)).not.toBe(addressesOf(base));
  });

  it('is private in the networks that no one in the internet reaches', () => {
    const inside = ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '100.127.0.1', '169.254.0.1', '127.0.0.1'];
    const outside = ['11.0.0.1', '172.15.0.1', '172.32.0.1', '192.167.1.1', '100.63.0.1', '100.128.0.1', '203.0.113.1', '1.10.0.1'];
    expect([inside.filter((address) => !isPrivate(address)), outside.filter(isPrivate)]).toEqual([[], []]);
  });
});
