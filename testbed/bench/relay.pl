#!/usr/bin/perl
# Hands on what comes to PORT on any loopback address to port TO of that address, half of DELAY seconds late in each
# direction, as if it were so far away. A connection takes a whole DELAY, as its first packets would need.
#
#   relay.pl PORT TO DELAY
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes 'time';

my ($port, $to, $delay) = @ARGV;
my $server = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => $port, Listen => 1024, ReuseAddr => 1)
  or die "relay: port $port: $!\n";
my $readable = IO::Select->new($server);
my (%other, %open_at, %ended, @queue);    # @queue: [when, whom, what]; what is undefined where nothing more comes

$SIG{PIPE} = 'IGNORE';
while (1) {
    my $now = time;
    while (@queue and $queue[0][0] <= $now) {
        my (undef, $whom, $what) = @{ shift @queue };
        next unless defined fileno $whom;
        if (defined $what) {
            while (length $what) {
                my $sent = syswrite $whom, $what;
                last unless $sent;
                substr $what, 0, $sent, '';
            }
        } else {
            shutdown $whom, 1;
            my $back = $other{$whom} or next;
            $ended{$whom} = 1;
            if ($ended{$back}) {
                delete @$_{ $whom, $back } for \(%other, %open_at, %ended);
                close $_ for $whom, $back;
            }
        }
    }
    my $wait = @queue ? $queue[0][0] - time : 1;
    for my $one ($readable->can_read($wait > 0 ? $wait : 0)) {
        if ($one == $server) {
            my $near = $server->accept or next;
            my $far = IO::Socket::INET->new(PeerAddr => $near->sockhost, PeerPort => $to) or next;
            @other{ $near, $far } = ($far, $near);
            $open_at{$_} = time + $delay for $near, $far;
            $readable->add($near, $far);
            next;
        }
        my $read = sysread $one, my $what, 65536;
        my $when = time + $delay / 2;
        # the first bytes wait for the connection
        $when = $open_at{$one} if $when < $open_at{$one};
        push @queue, [ $when, $other{$one}, $read ? $what : undef ];
        $readable->remove($one) unless $read;
        @queue = sort { $a->[0] <=> $b->[0] } @queue if @queue > 1 and $queue[-2][0] > $when;
    }
}
