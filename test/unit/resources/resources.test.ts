// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../operator/config.ts';
import { buildAccess } from '../../../operator/resources/access.ts';
import type { Installation } from '../../../operator/resources/build.ts';
import { buildCertificate } from '../../../operator/resources/certificate.ts';
import { buildMedia, mediaTemplateHash } from '../../../operator/resources/media.ts';
import { audioOf, freeSlot, portsOf, slotOf, slotsOf } from '../../../operator/resources/mediaports.ts';
import { buildMediaService } from '../../../operator/resources/mediaservice.ts';
import { buildMediaPolicy } from '../../../operator/resources/mediapolicy.ts';
import { buildProxy } from '../../../operator/resources/proxy.ts';
import { buildInsideService, buildService } from '../../../operator/resources/service.ts';
import { buildSipPassword } from '../../../operator/resources/sippassword.ts';
import { gateway, number } from '../builders.ts';

const installation: Installation = {
  images: { trunkline: 't:1', kamailio: 'k:1', rtpengine: 'r:1' },
  pullSecrets: [],
  extraCA: undefined,
};
const INSIDE = '10.96.0.7';
const owner = { kind: 'SipGateway', name: 'default', uid: 'uid-default', controller: true };

describe('what a gateway gets', () => {
  it('belongs to it, so that it goes with it', () => {
    const { serviceAccount, role, roleBinding } = buildAccess(gateway(), []);
    const made = [buildCertificate(gateway()), buildService(gateway()), buildProxy(gateway(), installation, INSIDE), buildMedia(gateway(), installation, 'abc', 0)];
    for (const { metadata } of [serviceAccount, role, roleBinding, ...made]) expect(metadata.ownerReferences).toEqual([expect.objectContaining(owner)]);
  });

  it('lets its proxies read two Secrets and the ConfigMaps of announcements, by name, and nothing else', () => {
    const rules = (announcements: string[]) => buildAccess(gateway(), announcements).role.rules.map(({ resources, resourceNames, verbs }) => [resources, resourceNames, verbs]);
    const secrets = [['secrets'], ['default-snapshot', 'default-tls'], ['get', 'list', 'watch']];
    expect(rules([])).toEqual([secrets]);
    expect(rules(['closed'])).toEqual([secrets, [['configmaps'], ['closed'], ['get']]]);
  });

  it('has a certificate for its hostname, for the name that your telephony calls, and no other', () => {
    const { spec } = buildCertificate(gateway());
    expect(spec).toMatchObject({ dnsNames: ['sip.example.com'], secretName: 'default-tls', issuerRef: { kind: 'Issuer', name: 'ca' } });
    const namesOf = (inside: string) => buildCertificate(gateway('default', { inside: { hostname: inside } })).spec.dnsNames;
    expect(namesOf('pbx.example.com')).toEqual(['sip.example.com', 'pbx.example.com']);
  });

  it('keeps Meta’s source address, by which its networks are told apart', () => {
    expect(buildService(gateway()).spec.externalTrafficPolicy).toBe('Local');
  });

  it('lets your telephony in from outside of the cluster only where it is told to, by its own address', () => {
    expect(buildInsideService(gateway()).spec).toMatchObject({ type: 'ClusterIP' });
    expect(buildInsideService(gateway('default', { inside: { advertisedAddress: '10.20.0.5' } })).spec).toEqual(buildInsideService(gateway()).spec);
    const { metadata, spec } = buildInsideService(gateway('default', { inside: { exposure: 'LoadBalancer', hostname: 'pbx.example.com', annotations: { internal: 'true' }, sourceRanges: ['10.20.0.0/16'] } }));
    expect(spec).toMatchObject({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', loadBalancerSourceRanges: ['10.20.0.0/16'] });
    expect(metadata).toMatchObject({ annotations: { internal: 'true', 'external-dns.alpha.kubernetes.io/hostname': 'pbx.example.com' } });
  });

  it('lets audio in from everywhere, and nobody but its own to the relay’s control, which has no password', () => {
    const [audio, control, ...others] = buildMediaPolicy(gateway(), [gateway().spec.media.ports, { from: 20_000, to: 20_207 }]).spec.ingress;
    expect(audio).toEqual({ ports: [{ protocol: 'UDP', port: 30_000, endPort: 39_999 }, { protocol: 'UDP', port: 20_000, endPort: 20_207 }] });
    expect(control?.from?.[0]?.podSelector.matchLabels).toMatchObject({ 'trunkline.dev/component': 'proxy', 'trunkline.dev/gateway': 'default' });
    expect(others).toEqual([]);
  });

  it('never has fewer proxies than before while it changes', () => {
    const { spec } = buildProxy(gateway('default', { proxy: { replicas: 3 } }), installation, INSIDE);
    expect(spec.replicas).toBe(3);
    expect(spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
  });

  it('pulls its images with the installation’s secrets, media pods too', () => {
    const secretive = { ...installation, pullSecrets: ['a', 'b'] };
    const wanted = [{ name: 'a' }, { name: 'b' }];
    expect(buildProxy(gateway(), secretive, INSIDE).spec.template.spec).toMatchObject({ imagePullSecrets: wanted });
    expect(buildMedia(gateway(), secretive, 'abc', 0).spec).toMatchObject({ imagePullSecrets: wanted });
  });

  it('has its pods where its spec says, and with what that gives them', () => {
    const resources = { requests: { cpu: 2 }, limits: { memory: '2Gi' } };
    const tolerations = [{ key: 'voice', operator: 'Exists' as const }];
    const settings = { resources, nodeSelector: { pool: 'voice' }, tolerations, priorityClassName: 'voice', topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 2 }] };
    const special = gateway('default', { proxy: settings, media: settings });
    const specs = [buildProxy(special, installation, INSIDE).spec.template.spec, buildMedia(special, installation, 'abc', 0).spec];
    for (const [place, component] of (['proxy', 'media'] as const).entries()) {
      expect(specs[place]).toMatchObject({
        nodeSelector: { pool: 'voice' },
        tolerations,
        priorityClassName: 'voice',
        topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 2, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: { 'trunkline.dev/component': component } } }],
        containers: [{ resources }],
      });
    }
    expect(mediaTemplateHash(special, installation)).not.toBe(mediaTemplateHash(gateway(), installation));
  });

  it('gives its media pods a hash that changes with what they are made of and not with their names', () => {
    const hashOf = (pod: ReturnType<typeof buildMedia>) => pod.metadata.annotations['trunkline.dev/template-hash'];
    expect(hashOf(buildMedia(gateway(), installation, 'one', 0))).toBe(mediaTemplateHash(gateway(), installation));
    expect(hashOf(buildMedia(gateway(), installation, 'two', 3))).toBe(mediaTemplateHash(gateway(), installation));
    expect(mediaTemplateHash(gateway('default', { homer: { address: '10.0.0.7' } }), installation)).not.toBe(mediaTemplateHash(gateway(), installation));
    const newer = { ...installation, images: { ...installation.images, rtpengine: 'r:2' } };
    expect(mediaTemplateHash(gateway(), newer)).not.toBe(mediaTemplateHash(gateway(), installation));
  });
});

describe('a media pod behind a load balancer', () => {
  const balanced = gateway('default', { media: { exposure: 'LoadBalancer', callsPerPod: 5 } });

  it('has a Service with each of its ports, which goes with it', () => {
    const pod = buildMedia(balanced, installation, 'a1b2c3', 0);
    const { metadata, spec } = buildMediaService(balanced, { name: pod.metadata.name, uid: 'uid-pod' }, audioOf(pod));
    expect(metadata).toMatchObject({ name: 'default-media-a1b2c3', ownerReferences: [{ kind: 'Pod', uid: 'uid-pod' }] });
    expect(pod.metadata.labels).toMatchObject(spec.selector);
    expect(pod.spec.containers[0]?.args).toEqual(expect.arrayContaining(['--port-min=30000', '--port-max=30027']));
    expect([spec.ports.length, spec.ports[0]?.port, spec.ports.at(-1)?.port]).toEqual([28, 30_000, 30_027]);
    expect(mediaTemplateHash(balanced, installation)).not.toBe(mediaTemplateHash(gateway('default', { media: { callsPerPod: 5, ports: { from: 30_000, to: 30_027 } } }), installation));
  });
});

describe('media pods that share an address', () => {
  const shared = gateway('default', { media: { exposure: 'HostNetwork', callsPerPod: 100, maxPods: 3, ports: { from: 20_000, to: 22_039 } } });

  it('have ports of their own each, as many as there is room for', () => {
    expect(slotsOf(shared)).toBe(5);
    const all = [0, 1, 2, 3, 4].map((slot) => portsOf(shared, slot));
    expect(all.map(({ from, to }) => [from, to])).toEqual([[20_000, 20_407], [20_408, 20_815], [20_816, 21_223], [21_224, 21_631], [21_632, 22_039]]);
    expect(new Set(all.flatMap(({ control, http, store }) => [control, http, store])).size).toBe(15);
    expect(slotsOf(gateway())).toBe(1);
    expect(portsOf(gateway(), 0)).toMatchObject({ from: 30_000, to: 39_999, control: 2223 });
  });

  it('are given the part that fewest have', () => {
    const of = (...slots: number[]) => slots.map((slot) => ({ slot, audio: portsOf(shared, slot) }));
    expect([freeSlot(shared, []), freeSlot(shared, of(0, 1, 3)), freeSlot(shared, of(0, 1, 2, 3, 4, 0)), freeSlot(gateway(), of(0, 0))]).toEqual([0, 2, 1, 0]);
  });

  it('are given none that others have a part of, who divide the ports otherwise or are of another gateway', () => {
    const smaller = gateway('default', { media: { exposure: 'HostNetwork', callsPerPod: 50, maxPods: 3, ports: { from: 20_000, to: 22_039 } } });
    const old = [0, 1].map((slot) => ({ slot, audio: portsOf(shared, slot) }));
    expect(freeSlot(smaller, old)).toBe(4);
    const all = { slot: 7, audio: { from: 10_000, to: 40_000 } };
    expect(freeSlot(smaller, [all])).toBeUndefined();
    expect(freeSlot(gateway(), [all])).toBe(0);
  });

  it('say to Kubernetes which ports they use on the node', () => {
    const { spec, metadata } = buildMedia(shared, installation, 'abc', 2);
    expect(spec).toMatchObject({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet', containers: [{ ports: [{ containerPort: 2243 }, { containerPort: 2245 }] }], initContainers: [{ ports: [{ containerPort: 6399 }] }] });
    expect(spec.containers[0]?.args).toEqual(expect.arrayContaining(['--port-min=20816', '--port-max=21223', '--listen-ng=$(POD_IP):2243', '--redis=127.0.0.1:6399/0']));
    expect(slotOf({ metadata })).toBe(2);
    expect(buildMedia(gateway(), installation, 'abc', 0).spec).not.toHaveProperty('hostNetwork');
  });
});

describe('a number’s password', () => {
  it('lives in a Secret that goes with the number', () => {
    const { metadata, stringData } = buildSipPassword(number('sales', '+15550001111'), '15550001111', 'pw');
    expect(metadata).toMatchObject({ name: 'sales-sip', ownerReferences: [{ kind: 'WhatsAppNumber', name: 'sales' }] });
    expect(stringData).toEqual({ username: '15550001111', password: 'pw' });
  });
});

describe('the operator’s settings', () => {
  const env = { NAMESPACE: 'voice', POD_NAME: 'p', POD_IP: '2001:db8::7', TRUNKLINE_IMAGE: 't', KAMAILIO_IMAGE: 'k', RTPENGINE_IMAGE: 'r' };

  it('are read from the environment', () => {
    const config = readConfig({ ...env, IMAGE_PULL_SECRETS: 'a,b', EXTRA_CA_CONFIGMAP: 'ca', EXTRA_CA_HASH: 'x' });
    expect(config).toMatchObject({ namespace: 'voice', logLevel: 'info', installation: { pullSecrets: ['a', 'b'], extraCA: { configMap: 'ca', hash: 'x' } } });
    expect(readConfig(env).podIP).toBe('[2001:db8::7]');
    expect(readConfig(env).installation).toMatchObject({ pullSecrets: [], extraCA: undefined });
  });

  it('name every variable that is missing', () => {
    expect(() => readConfig({ NAMESPACE: 'voice' })).toThrow(/POD_NAME, POD_IP, TRUNKLINE_IMAGE, KAMAILIO_IMAGE, RTPENGINE_IMAGE/);
  });
});
