# SPDX-License-Identifier: Apache-2.0
# Writes the music that a user hears who is put on hold: two soft notes, four seconds, as WAV. The relay mixes nothing and
# converts little, so it is what Opus wants: 48 kHz, stereo.
use strict;
use warnings;

my ($rate, $seconds, $pi) = (48000, 4, 4 * atan2(1, 1));
my @notes = (660, 528);
my $pcm = '';
for my $i (0 .. $rate * $seconds - 1) {
    my $note = $notes[int($i / $rate / 2) % @notes];
    my $into = ($i % ($rate * 2)) / $rate;
    my $loud = 9000 * exp(-$into) * ($into < 0.02 ? $into / 0.02 : 1) * ($into > 1.95 ? (2 - $into) / 0.05 : 1);
    my $sample = int($loud * sin(2 * $pi * $note * $i / $rate));
    $pcm .= pack('s<2', $sample, $sample);
}
binmode STDOUT;
print pack('a4Va4a4VvvVVvva4V', 'RIFF', 36 + length $pcm, 'WAVE', 'fmt ', 16, 1, 2, $rate, $rate * 4, 4, 16, 'data', length $pcm), $pcm;
