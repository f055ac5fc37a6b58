// Package cgroup reads and writes the control groups of tasks, on cgroup v1,
// v2 and the hybrid of both.
//
// The OCI runtime makes the group of each container; this package holds what
// is around it: the group of the task, whose limits all containers share, the
// numbers for Stats, the count of out-of-memory kills, and the end:
//
//	<parent>/                 one for each grue data directory
//	  <task id>/              memory and CPU limit of the task
//	    <container>/          made by the OCI runtime; a single container has
//	                          the group of its task
//
// A Group is that path, relative to the root of every hierarchy. Kill ends
// every process below it and Remove deletes it, in each hierarchy where it
// exists, so both also mend what a crash left half done.
package cgroup
