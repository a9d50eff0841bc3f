// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sipGateway } from '../../../operator/api/sipgateway.ts';
import { sipRoute, type SipRoute } from '../../../operator/api/siproute.ts';
import { whatsAppNumber, type WhatsAppNumber } from '../../../operator/api/whatsappnumber.ts';
import { numberIndexes, routeIndexes } from '../../../operator/controllers/shared/caches.ts';
import { pod, service, type Pod, type Service } from '../../../operator/controllers/shared/observed.ts';
import { Passwords } from '../../../operator/controllers/shared/passwords.ts';
import { RoutePasswords } from '../../../operator/controllers/shared/routepasswords.ts';
import { Routing } from '../../../operator/controllers/shared/routing.ts';
import { decodeWith } from '../../../operator/kube/decode.ts';
import type { KubeObject } from '../../../operator/kube/objects.ts';
import { Replica } from '../../../operator/kube/replica.ts';
import type { IndexFunction } from '../../../operator/kube/store.ts';
import { gateway, number, route } from '../builders.ts';

/** A copy of a kind, as the operator has one, that is changed by hand. */
class Copy<T> {
  readonly replica: Replica<T>;
  readonly subscribe: Replica<T>['subscribe'];
  #version = 0;
  readonly #raw = new Map<string, KubeObject>();

  constructor(schema: Parameters<typeof decodeWith<T>>[0], indexes: Readonly<Record<string, IndexFunction<T>>>) {
    this.replica = new Replica(decodeWith(schema), indexes, (_, error) => {
      throw error;
    });
    this.subscribe = this.replica.subscribe.bind(this.replica);
  }

  get = (key: string): T | undefined => this.replica.objects.get(key);
  byIndex = (index: string, value: string): T[] => this.replica.objects.byIndex(index, value);

  /** As the API server does: another spec has another generation. */
  put(object: { apiVersion: string; kind: string; metadata: { name: string } }): void {
    this.#version += 1;
    const metadata = { ...object.metadata, generation: this.#version, resourceVersion: String(this.#version) };
    const raw = { ...object, metadata };
    this.#raw.set(`voice/${metadata.name}`, raw);
    this.replica.put(raw);
  }

  /** Its status was written: another object with the same generation. */
  tell(key: string): void {
    this.#version += 1;
    const raw = this.#raw.get(key);
    if (raw) this.replica.put({ ...structuredClone(raw), metadata: { ...raw.metadata, resourceVersion: String(this.#version) } });
  }

  remove = (key: string): void => this.replica.remove(key);
}

const NUMBERS = ['n0', 'n1', 'n2', 'n3'];
const PHONES = ['+15550000001', '+15550000002', '+15550000003'];
const ROUTES = ['r0', 'r1', 'r2'];
const HOSTS = { default: 'sip.example.com', other: 'sip.example.net' };
const PASSWORD = { name: 'pbx', key: 'password' };

/** With credentials for the destination. */
const routeOf = (name: string, numbers: string[], uri = 'sip:pbx'): SipRoute =>
  sipRoute.parse({
    ...route(name, numbers),
    spec: { numbers: numbers.map((each) => ({ name: each })), destinations: [{ uri, credentials: { username: 'u', realm: 'pbx', passwordRef: PASSWORD } }] },
  });

class Scene {
  readonly caches = {
    gateways: new Copy(sipGateway, {}),
    numbers: new Copy<WhatsAppNumber>(whatsAppNumber, numberIndexes),
    routes: new Copy<SipRoute>(sipRoute, routeIndexes),
    pods: new Copy<Pod>(pod, { gateway: () => [] }),
    services: new Copy<Service>(service, {}),
  };
  readonly passwords = new Passwords();
  readonly routePasswords = new RoutePasswords();
  readonly routing = this.anew();
  readonly #asked = new Map<string, WhatsAppNumber>();

  /** Numbers of the first gateway, each with a route of its own, with every password. */
  fill(): void {
    const { caches, passwords, routePasswords } = this;
    for (const [name, hostname] of Object.entries(HOSTS)) caches.gateways.put(gateway(name, { hostname }));
    PHONES.forEach((phone, i) => {
      const [each, its] = [number(`n${i}`, phone), routeOf(`r${i}`, [`n${i}`])];
      caches.numbers.put(each);
      passwords.keep(each, HOSTS.default, 'x');
      caches.routes.put(its);
      routePasswords.keep(its, [[PASSWORD, 'x']]);
    });
    this.seen(this.routing);
  }

  /** Asks about a number as it was when this was asked last. */
  askLater(name: string): void {
    const before = this.#asked.get(name);
    if (before) this.routing.entry(before);
    const found = this.caches.numbers.get(`voice/${name}`);
    if (found) this.#asked.set(name, found);
  }

  /** As another process would find it. */
  anew(): Routing {
    const { caches, passwords, routePasswords } = this;
    // Making a snapshot takes no time here, so that nothing rests.
    return new Routing({ caches, namespace: 'voice', passwords, routePasswords, now: () => 0 });
  }

  /** All that a routing says. */
  seen(routing: Routing): unknown[] {
    const found = NUMBERS.map((name) => this.caches.numbers.get(`voice/${name}`));
    return [...Object.keys(HOSTS).map((name) => routing.snapshot(name)), ...found.map((each) => each && routing.entry(each))];
  }
}

/** The Service before all proxies of a gateway, as a load balancer made it. */
const balanced = (name: string, ingress: object[]) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: `${name}-inside`, namespace: 'voice' }, status: { loadBalancer: { ingress } } });

type Step = (scene: Scene) => void;

const oneOf = <T>(list: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...list);
const gatewayName = oneOf(['default', 'other'] as const);

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(gatewayName, fc.boolean()).map(([name, moves]): Step => ({ caches }) => caches.gateways.put(gateway(name, { hostname: `${moves ? 'new-' : ''}${HOSTS[name]}` }))),
  fc.tuple(gatewayName, oneOf([{}, { exposure: 'LoadBalancer' }, { advertisedAddress: '10.20.0.5' }])).map(([name, inside]): Step => ({ caches }) => caches.gateways.put(gateway(name, { hostname: HOSTS[name], inside }))),
  fc.tuple(gatewayName, oneOf([[], [{ ip: '10.0.0.9' }], [{ hostname: 'lb.example.com' }]])).map(([name, ingress]): Step => ({ caches }) =>
    caches.services.put(balanced(name, ingress))),
  gatewayName.map((name): Step => ({ caches }) => caches.gateways.remove(`voice/${name}`)),
  fc.tuple(oneOf(NUMBERS), oneOf(PHONES), oneOf(PHONES), fc.nat(3), gatewayName, fc.option(fc.nat(9))).map(
    ([name, phone, id, age, at, maxCalls]): Step => ({ caches }) =>
      caches.numbers.put(number(name, phone, { age, spec: { phoneNumberID: `9${id.slice(1)}`, gatewayRef: { name: at }, ...(maxCalls ? { maxCalls } : {}) } })),
  ),
  oneOf(NUMBERS).map((name): Step => ({ caches, passwords }) => {
    caches.numbers.remove(`voice/${name}`);
    passwords.forget(name);
  }),
  fc.tuple(oneOf(ROUTES), fc.uniqueArray(oneOf(NUMBERS), { minLength: 1 }), oneOf(['sip:a', 'sip:b']), fc.boolean()).map(([name, names, uri, isProved]): Step => ({ caches }) => {
    caches.routes.put(isProved ? routeOf(name, names, uri) : route(name, names, uri));
  }),
  oneOf(ROUTES).map((name): Step => ({ caches, routePasswords }) => {
    caches.routes.remove(`voice/${name}`);
    routePasswords.forget(`voice/${name}`);
  }),
  oneOf(ROUTES).map((name): Step => ({ caches }) => caches.routes.tell(`voice/${name}`)),
  fc.tuple(oneOf(ROUTES), oneOf(['x', 'y'])).map(([name, text]): Step => ({ caches, routePasswords }) => {
    const found = caches.routes.get(`voice/${name}`);
    if (found) routePasswords.keep(found, [[PASSWORD, text]]);
  }),
  fc.tuple(oneOf(NUMBERS), gatewayName, oneOf(['x', 'y'])).map(([name, at, text]): Step => ({ caches, passwords }) => {
    const found = caches.numbers.get(`voice/${name}`);
    if (found) passwords.keep(found, HOSTS[at], text);
  }),
  fc.tuple(oneOf(NUMBERS), fc.option(gatewayName)).map(([name, at]): Step => ({ passwords }) => passwords.dials(name, at ? HOSTS[at] : undefined)),
);

describe('routing', () => {
  it('says after any changes what it would say if it were made then', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), (list) => {
        const scene = new Scene();
        scene.fill();
        for (const step of list) {
          step(scene);
          // Whoever waited for something asks with what was so before.
          for (const name of NUMBERS) scene.askLater(name);
          expect(scene.seen(scene.routing)).toEqual(scene.seen(scene.anew()));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('tells telephony outside of the cluster what the spec says, or what the load balancer gave', () => {
    const scene = new Scene();
    const told = (inside: object) => {
      scene.caches.gateways.put(gateway('default', { inside }));
      return scene.routing.snapshot('default')?.insideAddress;
    };
    const given = (ingress: object[]) => scene.caches.services.put(balanced('default', ingress));
    expect([{}, { exposure: 'LoadBalancer' }, { advertisedAddress: '10.20.0.5' }, { hostname: 'pbx.example.com' }].map(told)).toEqual([undefined, undefined, '10.20.0.5', 'pbx.example.com']);
    given([{ ip: '192.0.2.9' }]);
    expect([{}, { exposure: 'LoadBalancer' }, { exposure: 'LoadBalancer', hostname: 'pbx.example.com' }].map(told)).toEqual([undefined, '192.0.2.9', 'pbx.example.com']);
    given([{ hostname: 'lb.example.com' }]);
    expect(told({ exposure: 'LoadBalancer' })).toBe('lb.example.com');
  });

  it('gives what a change does not concern as the same objects', () => {
    const scene = new Scene();
    scene.fill();
    const before = scene.routing.snapshot('default')?.numbers;
    scene.caches.routes.put(routeOf('r0', ['n0'], 'sip:other'));
    const after = scene.routing.snapshot('default')?.numbers;
    expect(after?.map((each, i) => each === before?.[i])).toEqual([false, true, true]);
  });

  it('goes by a number as it is now, also where whoever asks has it as it was', () => {
    const scene = new Scene();
    scene.fill();
    const before = scene.caches.numbers.get('voice/n0');
    scene.caches.numbers.put(number('n0', PHONES[0] ?? '', { spec: { maxCalls: 5 } }));
    expect(before && scene.routing.entry(before)).toMatchObject({ maxCalls: 5 });
    expect(scene.routing.snapshot('default')?.numbers[0]).toMatchObject({ name: 'n0', maxCalls: 5 });
  });

  it('gives a route’s new password to numbers that it names since the password was asked for', () => {
    const scene = new Scene();
    scene.fill();
    const before = scene.caches.routes.get('voice/r0');
    scene.caches.routes.put(routeOf('r0', ['n0', 'n1']));
    scene.seen(scene.routing);
    if (before) scene.routePasswords.keep(before, [[PASSWORD, 'new']]);
    expect(scene.seen(scene.routing)).toEqual(scene.seen(scene.anew()));
  });

  it('has one object for a route, also of numbers that are worked out anew after its status was written', () => {
    const scene = new Scene();
    scene.fill();
    for (const name of ROUTES) scene.caches.routes.remove(`voice/${name}`);
    for (const made of [route('shared', ['n0', 'n1', 'n2']), routeOf('shared', ['n0', 'n1', 'n2'])]) {
      scene.caches.routes.put(made);
      scene.routePasswords.keep(made, [[PASSWORD, 'x']]);
      scene.seen(scene.routing);
      scene.caches.routes.tell('voice/shared');
      scene.caches.numbers.put(number('n1', PHONES[1] ?? '', { spec: { maxCalls: 5 } }));
      const own = scene.routing.snapshot('default')?.numbers.map(({ routes }) => routes.find(({ name }) => name === 'voice/shared')) ?? [];
      expect(new Set(own).size).toBe(1);
      expect(own[0]).toBeDefined();
    }
  });
});
