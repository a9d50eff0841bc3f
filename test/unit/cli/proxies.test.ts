// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../../cli/manifests.ts';
import { Proxies } from '../../../cli/proxies.ts';

const ask = (kubeconfig?: string): Proxies => new Proxies({ kubeconfig }, () => undefined);

afterEach(() => void vi.unstubAllEnvs());

describe('whoever asks the proxies is told what to change', () => {
  it('where the kubeconfig cannot be read', () => {
    expect(() => ask('/missing/kubeconfig')).toThrow(UsageError);
    expect(() => ask('/missing/kubeconfig')).toThrow(/--kubeconfig.*ENOENT.*\/missing\/kubeconfig/);
  });

  it('where there is no cluster to connect to', () => {
    vi.stubEnv('KUBECONFIG', '');
    vi.stubEnv('HOME', '/missing');
    expect(() => ask()).toThrow(UsageError);
    expect(() => ask()).toThrow('no cluster to connect to: set KUBECONFIG');
  });
});
