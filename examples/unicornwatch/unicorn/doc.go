// Package unicorn is what the services of Unicorn Watch share: their version, the
// ways in which a bad version is bad, the unicorns, and a web server that starts
// and ends without losing a request.
//
//	VERSION  what the service calls itself: v1
//	BAD      how this version is bad: slow, errors, crash, leak, wrong; "" = it is not
package unicorn
