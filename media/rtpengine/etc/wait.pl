# SPDX-License-Identifier: Apache-2.0
# Waits until the relay has had no calls for some seconds, or does not answer any more. One might still be on its way; and a proxy
# is held up by a relay that it knows and that is gone, and can forget one only every ten seconds. Kubernetes runs this before it
# stops a media pod, and waits no longer than the pod's grace period.
use strict;
use warnings;
use IO::Socket::INET;

my $port = shift;
my $relay = IO::Socket::INET->new(PeerAddr => $ENV{POD_IP}, PeerPort => $port, Proto => 'udp') or exit 0;
my ($empty, $silent) = (0, 0);
while ($empty < 13 && $silent < 6) {
    my $cookie = join '-', $$, time, int rand 1e9;
    $relay->send("$cookie d7:command10:statisticse");
    my $answer = '';
    eval {
        local $SIG{ALRM} = sub { die };
        alarm 1;
        $relay->recv($answer, 1500);
        alarm 0;
    };
    $silent = $answer eq '' ? $silent + 1 : 0;
    # Its list of calls may have one for half a minute that was deleted while music was played in it.
    $empty = $answer =~ /^\Q$cookie\E .*11:sessionsowni0e/ ? $empty + 1 : 0;
    sleep 1;
}
