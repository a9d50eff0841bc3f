# SPDX-License-Identifier: Apache-2.0
# Waits until the relay has had no calls for some seconds, in which one might still have been on its way, or does not answer any
# more. Kubernetes runs it before it stops a media pod, and waits no longer than the pod's grace period.
use strict;
use warnings;
use IO::Socket::INET;

my $port = shift;
my $relay = IO::Socket::INET->new(PeerAddr => $ENV{POD_IP}, PeerPort => $port, Proto => 'udp') or exit 0;
my ($empty, $silent) = (0, 0);
while ($empty < 6 && $silent < 6) {
    my $cookie = join '-', $$, time, int rand 1e9;
    $relay->send("$cookie d7:command4:list5:limiti1ee");
    my $answer = '';
    eval {
        local $SIG{ALRM} = sub { die };
        alarm 1;
        $relay->recv($answer, 1500);
        alarm 0;
    };
    $silent = $answer eq '' ? $silent + 1 : 0;
    # A list of nothing.
    $empty = $answer =~ /^\Q$cookie\E .*5:callsle/ ? $empty + 1 : 0;
    sleep 1;
}
