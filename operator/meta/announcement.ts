// SPDX-License-Identifier: Apache-2.0
// Is a file what Meta takes as voicemail announcement: Opus in Ogg, shorter than a minute? Pure.
// Sources: Meta, Configure Call Settings (voicemail); RFC 3533 (Ogg pages), RFC 7845 (Opus in Ogg, 48 kHz granules).
import { createHash } from 'node:crypto';

const LIMIT_S = 60;
const GRANULES_PER_S = 48_000;
const PAGE = Buffer.from('OggS');
const GRANULE_AT = 6;
const HEAD = 'OpusHead';
/** What is decoded and not played, within the head. */
const PRE_SKIP_AT = 10;

/** What is wrong with the file, or undefined. */
export function announcementProblem(file: Uint8Array): string | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (!bytes.subarray(0, PAGE.length).equals(PAGE)) return 'it is no Ogg file';
  const head = bytes.subarray(0, 256).indexOf(HEAD);
  if (head < 0) return 'its Ogg stream is not Opus';
  const last = bytes.lastIndexOf(PAGE);
  if (last + GRANULE_AT + 8 > bytes.length || head + PRE_SKIP_AT + 2 > bytes.length) return 'its last page is cut off';
  const granules = Number(bytes.readBigInt64LE(last + GRANULE_AT)) - bytes.readUInt16LE(head + PRE_SKIP_AT);
  const seconds = granules / GRANULES_PER_S;
  if (seconds >= LIMIT_S) return `it is ${Math.round(seconds)} s long, and Meta takes less than ${LIMIT_S} s`;
  return undefined;
}

/** Stands for a file: the same audio always has the same one. */
export const announcementFingerprint = (file: Uint8Array): string => createHash('sha256').update(file).digest('hex').slice(0, 16);
