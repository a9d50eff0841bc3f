// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { PRESET_NAMES, type RouteDestination } from '../../../operator/api/siproute.ts';
import { PRESETS, toDestination } from '../../../operator/routing/presets.ts';
import { destination as plain, route } from '../builders.ts';

/** A destination as the API server gives it. */
function destination(spec: Partial<RouteDestination>): RouteDestination {
  const [first] = route('any', ['sales'], 'sip:desk@vb').spec.destinations ?? [];
  if (!first) throw new Error('the route has no destination');
  return { ...first, ...spec };
}

describe('a preset', () => {
  it('that says nothing leaves all as it is', () => {
    expect(toDestination(destination({}))).toEqual(plain('sip:vb', 'desk'));
  });

  it('gives what the destination leaves out', () => {
    expect(toDestination(destination({ preset: 'VoiceBlender' }))).toEqual({
      ...plain('sip:vb;transport=tcp', 'desk'),
      probe: true,
      fromHost: 'Gateway',
      media: { encryption: 'None', codecs: ['Opus', 'PCMU', 'PCMA'], transcoding: 'Allowed' },
    });
  });

  it.each(PRESET_NAMES)('of %s changes nothing that the destination says itself', (preset) => {
    const media = { encryption: 'SDES' as const, codecs: ['PCMA' as const], transcoding: 'Never' as const };
    const said = destination({ uri: 'sip:a;transport=udp', preset, probe: 'None', fromHost: 'Meta', media, priority: 7, weight: 3 });
    expect(toDestination(said)).toEqual({ ...plain('sip:a;transport=udp'), media, priority: 7, weight: 3 });
  });

  it('gives each part of the audio by itself', () => {
    expect(toDestination(destination({ preset: 'Siperb', media: { transcoding: 'Allowed' } })).media).toEqual({ ...PRESETS.Siperb.media, transcoding: 'Allowed' });
  });
});
