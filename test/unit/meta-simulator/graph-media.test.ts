// SPDX-License-Identifier: Apache-2.0
import { FormData } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { id } from './graph-client.ts';
import { type Graph, type HttpsAnswer, startGraph } from './graph-https.ts';
import { opusFile } from './opus-file.ts';

let graph: Graph;

beforeAll(async () => {
  graph = await startGraph();
  graph.meta.addNumber({ phoneNumberID: '9', phoneNumber: '+15550009999', businessAccountID: '2001' });
});

afterAll(() => graph.close());

interface Upload {
  readonly bytes?: Buffer;
  readonly type?: string;
  readonly fileType?: string;
  readonly useCase?: string;
  readonly number?: string;
}

function upload(options: Upload = {}): Promise<HttpsAnswer> {
  const { bytes = opusFile(5), type = 'audio/ogg', fileType = type, number = id } = options;
  const form = new FormData();
  form.set('messaging_product', 'whatsapp');
  form.set('type', type);
  form.set('use_case', options.useCase ?? 'call_voicemail_announcement');
  form.set('file', new Blob([new Uint8Array(bytes)], { type: fileType }), 'hello.ogg');
  return graph.ask('POST', `/${number}/media`, { body: form });
}

const mediaID = ({ text }: HttpsAnswer): number => Number(JSON.parse(text).id);

const voicemail = (announcement_media_id: number): Promise<HttpsAnswer> => {
  const audio = { default: { announcement_media_id, timeout_seconds: 20 } };
  const calling = { voicemail: { status: 'ENABLED', triggers: ['REJECT', 'TIMEOUT'], audio } };
  return graph.ask('POST', `/${id}/settings`, { body: { calling } });
};

describe('an announcement', () => {
  test('is uploaded as Ogg Opus and then named by voicemail', async () => {
    const answer = await upload({ type: 'audio/ogg; codecs=opus' });
    expect(answer).toMatchObject({ status: 200, text: expect.stringMatching(/^\{"id":"\d+"\}$/) });
    expect((await voicemail(mediaID(answer))).status).toBe(200);
    const { text } = await graph.ask('GET', `/${id}/settings`);
    expect(JSON.parse(text)).toMatchObject({
      calling: { voicemail: { audio: { default: { announcement_media_id: mediaID(answer), timeout_seconds: 20 } } } },
    });
  });

  test.each([
    [{ type: 'audio/mpeg' }, /types: audio\/ogg. Received audio\/mpeg/],
    [{ fileType: 'application/octet-stream' }, /Received application\/octet-stream/],
    [{ bytes: Buffer.from('not sound') }, /not Opus/],
    [{ bytes: Buffer.from('OggS') }, /not Opus/],
    [{ bytes: opusFile(60) }, /60 s long/],
  ])('is refused when it is not short Ogg Opus: %#', async (options, reason) => {
    const { status, text } = await upload(options);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      error: { code: 100, error_data: { details: expect.stringMatching(reason) } },
    });
  });

  test('may be as long as a minute bar the blink of an eye', async () => {
    expect((await upload({ bytes: opusFile(59.999) })).status).toBe(200);
  });

  test('must come as multipart with all its parts', async () => {
    const json = await graph.ask('POST', `/${id}/media`, { body: { messaging_product: 'whatsapp' } });
    expect(json).toMatchObject({ status: 400, text: expect.stringContaining('multipart/form-data') });
    const form = new FormData();
    form.set('messaging_product', 'whatsapp');
    form.set('type', 'audio/ogg');
    const bare = await graph.ask('POST', `/${id}/media`, { body: form });
    expect(bare).toMatchObject({ status: 400, text: expect.stringContaining('Param file') });
  });

  test('must be one of this number, and uploaded for that use', async () => {
    const others = mediaID(await upload({ number: '9' }));
    const message = mediaID(await upload({ useCase: 'message', type: 'image/png', bytes: Buffer.from('png') }));
    for (const media of [others, message, 42]) {
      const { status, text } = await voicemail(media);
      expect([status, JSON.parse(text)]).toMatchObject([
        400, { error: { code: 100, error_data: { details: expect.stringContaining(`announcement_media_id ${media}`) } } },
      ]);
    }
  });

  test('stays while voicemail is switched off and on, with triggers', async () => {
    const media = mediaID(await upload());
    await voicemail(media);
    const set = (change: object) =>
      graph.ask('POST', `/${id}/settings`, { body: { calling: { voicemail: change } } });
    expect((await set({ status: 'DISABLED' })).status).toBe(200);
    expect((await set({ status: 'ENABLED' })).status).toBe(200);
    expect((await set({ audio: { default: { timeout_seconds: 10 } } })).status).toBe(200);
    expect((await set({ triggers: [] })).text).toContain('triggers in voicemail cannot be empty');
    expect(graph.meta.settings(id)).toMatchObject({
      calling: {
        voicemail: {
          status: 'ENABLED', triggers: ['REJECT', 'TIMEOUT'],
          audio: { default: { announcement_media_id: media, timeout_seconds: 10 } },
        },
      },
    });
  });

  test('needs the messaging scope', async () => {
    graph.meta.addToken({ token: 'manager', appId: '7001', scopes: ['whatsapp_business_management'] });
    const form = new FormData();
    form.set('type', 'audio/ogg');
    expect((await graph.ask('POST', `/${id}/media`, { body: form, bearer: 'manager' })).status).toBe(403);
  });
});
