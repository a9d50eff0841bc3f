// SPDX-License-Identifier: Apache-2.0
// ITU-T G.711 at 8000 Hz, one byte a sample: companding by segment, decoding by table.

const muBias = 132;
const muClip = 32_635;

/** Encodes 16-bit samples as A-law (payload type 8). */
export function encodePcma(samples: Int16Array): Buffer {
  return Buffer.from(Uint8Array.from(samples, (sample) => {
    const negative = sample < 0;
    const magnitude = Math.min(negative ? -sample - 1 : sample, 32_767) >> 3;
    const segment = magnitude < 32 ? 0 : 27 - Math.clz32(magnitude);
    const code = segment === 0 ? magnitude >> 1 : (segment << 4) | ((magnitude >> segment) & 0x0f);
    return code ^ (negative ? 0x55 : 0xd5);
  }));
}

/** Encodes 16-bit samples as µ-law (payload type 0). */
export function encodePcmu(samples: Int16Array): Buffer {
  return Buffer.from(Uint8Array.from(samples, (sample) => {
    const negative = sample < 0;
    const magnitude = Math.min(Math.abs(sample), muClip) + muBias;
    const segment = 24 - Math.clz32(magnitude);
    const code = (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f);
    return ~(code | (negative ? 0x80 : 0)) & 0xff;
  }));
}

const pcmaTable = Int16Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const mantissa = bits & 0x0f;
  const magnitude = segment === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 264) << (segment - 1);
  return (bits & 0x80) === 0 ? -magnitude : magnitude;
});

const pcmuTable = Int16Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + muBias) << ((bits >> 4) & 7)) - muBias;
  return (bits & 0x80) === 0 ? magnitude : -magnitude;
});

export function decodePcma(payload: Uint8Array): Int16Array {
  return Int16Array.from(payload, (code) => pcmaTable[code] ?? 0);
}

export function decodePcmu(payload: Uint8Array): Int16Array {
  return Int16Array.from(payload, (code) => pcmuTable[code] ?? 0);
}
