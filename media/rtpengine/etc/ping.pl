# SPDX-License-Identifier: Apache-2.0
# Whether the relay answers on its control port, which is what calls need of it. Its HTTP server is no measure: in 12.5 that
# locks itself up for good when a client leaves before the answer, and the relay goes on without it.
use strict;
use warnings;
use IO::Socket::INET;

my $relay = IO::Socket::INET->new(PeerAddr => $ENV{POD_IP}, PeerPort => shift, Proto => 'udp') or exit 1;
# The cookie must not be that of an earlier question, whose answer would be given again.
my $cookie = join '-', $$, time, int rand 1e9;
$relay->send("$cookie d7:command4:pinge");
$SIG{ALRM} = sub { exit 1 };
alarm 1;
$relay->recv(my $answer, 1500);
exit($answer =~ /^\Q$cookie\E .*6:result4:pong/ ? 0 : 1);
