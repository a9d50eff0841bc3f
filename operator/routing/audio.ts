// SPDX-License-Identifier: Apache-2.0

/** How files of each kind begin: WAV, Ogg, FLAC, MP3 with a tag before it and without. */
const BEGINNINGS: readonly (readonly number[])[] = [[...Buffer.from('RIFF')], [...Buffer.from('OggS')], [...Buffer.from('fLaC')], [...Buffer.from('ID3')], [0xff, 0xfb], [0xff, 0xf3]];

/** Whether a file is audio that a media pod plays, by its beginning. */
export const isAudio = (file: Uint8Array): boolean => BEGINNINGS.some((beginning) => beginning.every((byte, place) => file[place] === byte));
