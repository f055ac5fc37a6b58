// Package network gives tasks and load balancers their addresses.
//
// Every grue data directory owns one Linux bridge and one /18 of address space:
//
//	100.80.0.0/18 ─┬─ /20  subnet of availability zone a   tasks
//	               ├─ /20  subnet of availability zone b   tasks
//	               ├─ /20  subnet of availability zone c   tasks
//	               └─ /20  addresses of load balancers     /32s on the bridge
//
// A task owns a persistent network namespace (a bind mount under the run
// directory), joined to the bridge by a veth pair. All containers of the task
// enter that namespace, which is what ECS calls awsvpc and why no pause
// container is needed. The bridge also carries 169.254.170.2, where tasks
// reach their metadata endpoint.
//
// What is written down, and where:
//
//	Dir/network.json        the /18 and the bridge, chosen once
//	Dir/leases/<task>.json  the address of a task
//	Dir/lbs/<id>.json       the address of a load balancer
//	RunDir/claims/<cidr>    which data directory holds a /18 on this machine
//	RunDir/<hash>/netns/    the namespaces, one file named by address
//
// The order of writes makes a crash harmless: a namespace without a lease is a
// spare of a dead process and is swept by Restore; a lease without a namespace
// belongs to a task that died with the machine and waits for FreeTask. The
// names of links and namespaces follow from the address alone, so Destroy
// finds them even when every state file is lost.
//
// Addresses are handed out round robin and rest for a while after use, and a
// MAC address follows from its IP address, so that no neighbour table on the
// machine is ever wrong. Namespaces are made ahead of need (spare.go), for
// making one costs more than the rest of a task's start.
//
// Where to change what: address choice in pool.go, kernel objects in link.go and
// netns.go, packet filter in filter.go, mending in restore.go.
package network
