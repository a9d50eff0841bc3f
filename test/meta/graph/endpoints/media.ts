// SPDX-License-Identifier: Apache-2.0
// POST /{PNID}/media: uploads, above all the announcement that voicemail plays.
import { randomInt } from 'node:crypto';
import * as z from 'zod';
import { invalidParameter } from '../errors.ts';
import type { NumberState } from '../number.ts';
import { opusSeconds } from '../ogg.ts';
import { parseOrRefuse } from '../parse.ts';
import { readParams } from '../request.ts';
import { announcementUseCase } from '../settings/check.ts';
import type { Context } from './endpoint.ts';

const maxSeconds = 60;

const upload = z.object({
  messaging_product: z.literal('whatsapp'),
  type: z.string(),
  file: z.file(),
  use_case: z.string().optional(),
});

export async function uploadMedia(number: NumberState, { request }: Context): Promise<object> {
  if (!request.contentType.startsWith('multipart/form-data')) {
    throw invalidParameter('A media upload is sent as multipart/form-data');
  }
  const { file, type, use_case: useCase } = parseOrRefuse(upload, await readParams(request));
  if (useCase === announcementUseCase) await checkAnnouncement(file, type);
  const id = `${randomInt(100_000_000, 999_999_999)}${randomInt(100_000, 999_999)}`;
  number.media.set(id, { type, useCase, bytes: file.size });
  return { id };
}

/** Ogg with Opus, shorter than a minute. */
async function checkAnnouncement(file: File, type: string): Promise<void> {
  const wrong = [type, file.type].find((each) => !/^audio\/ogg\s*(;|$)/.test(each));
  if (wrong !== undefined) {
    throw invalidParameter(`Param file must be a file with one of the following types: audio/ogg. Received ${wrong}`);
  }
  const seconds = opusSeconds(new Uint8Array(await file.arrayBuffer()));
  if (seconds === undefined) throw invalidParameter('Param file is not Opus in an Ogg container');
  if (seconds >= maxSeconds) {
    throw invalidParameter(`Param file is ${Math.round(seconds)} s long; an announcement is shorter than ${maxSeconds} s`);
  }
}
