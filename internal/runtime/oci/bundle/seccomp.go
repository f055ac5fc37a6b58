//go:build linux

package bundle

import (
	"runtime"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// allowed are the system calls of ordinary programs, by theme. What is missing
// from the list fails with EPERM: kernel modules, keyrings, raw I/O, swap,
// clocks, mounts, io_uring, userfaultfd, and interfaces of long ago.
var allowed = strings.Fields(`
	read write open close openat openat2 creat close_range lseek _llseek pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2
	dup dup2 dup3 pipe pipe2 fcntl fcntl64 flock ioctl fsync fdatasync sync syncfs sync_file_range sync_file_range2 truncate ftruncate truncate64 ftruncate64
	fallocate fadvise64 fadvise64_64 readahead sendfile sendfile64 splice tee vmsplice copy_file_range name_to_handle_at
	stat fstat lstat stat64 fstat64 lstat64 newfstatat fstatat64 statx statfs fstatfs statfs64 fstatfs64 ustat access faccessat faccessat2
	getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir rename renameat renameat2 link linkat unlink unlinkat symlink symlinkat
	readlink readlinkat chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat chown32 fchown32 lchown32 umask mknod mknodat utime utimes utimensat
	utimensat_time64 futimesat setxattr lsetxattr fsetxattr setxattrat getxattr lgetxattr fgetxattr getxattrat listxattr llistxattr flistxattr listxattrat
	removexattr lremovexattr fremovexattr removexattrat file_getattr file_setattr
	inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark cachestat
	mmap mmap2 mprotect munmap brk mremap msync mincore madvise mlock mlock2 munlock mlockall munlockall remap_file_pages memfd_create memfd_secret
	membarrier pkey_mprotect pkey_alloc pkey_free map_shadow_stack mseal process_mrelease
	select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old
	epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64
	io_setup io_destroy io_getevents io_submit io_cancel io_pgetevents io_pgetevents_time64
	socketcall connect accept accept4 bind listen sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg recvmmsg_time64 shutdown
	getsockname getpeername socketpair setsockopt getsockopt
	fork vfork execve execveat exit exit_group wait4 waitid waitpid kill tkill tgkill pidfd_open pidfd_send_signal
	getpid getppid gettid getpgid getpgrp setpgid setsid getsid set_tid_address arch_prctl prctl
	getuid geteuid getgid getegid setuid setgid setreuid setregid setresuid getresuid setresgid getresgid setfsuid setfsgid getgroups setgroups
	getuid32 geteuid32 getgid32 getegid32 setuid32 setgid32 setreuid32 setregid32 setresuid32 getresuid32 setresgid32 getresgid32 setfsuid32 setfsgid32
	getgroups32 setgroups32 capget capset getrlimit setrlimit ugetrlimit prlimit64 getrusage sysinfo times uname getcpu
	getpriority setpriority ioprio_get ioprio_set sched_yield sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_getattr
	sched_setattr sched_getaffinity sched_setaffinity sched_get_priority_max sched_get_priority_min sched_rr_get_interval sched_rr_get_interval_time64
	rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigtimedwait_time64 rt_sigqueueinfo rt_tgsigqueueinfo rt_sigsuspend
	sigaltstack sigaction sigpending sigprocmask sigreturn sigsuspend signal pause alarm getitimer setitimer restart_syscall
	futex futex_time64 futex_waitv futex_wake futex_wait futex_requeue set_robust_list get_robust_list rseq rseq_slice_yield set_thread_area get_thread_area modify_ldt
	nanosleep clock_nanosleep clock_nanosleep_time64 clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_adjtime clock_adjtime64
	adjtimex gettimeofday time timer_create timer_settime timer_settime64 timer_gettime timer_gettime64 timer_getoverrun timer_delete
	shmget shmat shmctl shmdt semget semop semctl semtimedop semtimedop_time64 msgget msgsnd msgrcv msgctl ipc
	mq_open mq_unlink mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64 mq_notify mq_getsetattr
	seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self lsm_get_self_attr lsm_set_self_attr lsm_list_modules
	getrandom ptrace process_vm_readv process_vm_writev uretprobe`)

// allowedWith are system calls that a capability opens.
var allowedWith = map[string]string{
	"DAC_READ_SEARCH": "open_by_handle_at",
	"SYS_ADMIN": "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount open_tree open_tree_attr " +
		"perf_event_open pivot_root quotactl quotactl_fd setdomainname sethostname setns statmount listmount listns syslog umount umount2 unshare",
	"SYS_BOOT":       "reboot",
	"SYS_CHROOT":     "chroot",
	"SYS_MODULE":     "delete_module init_module finit_module",
	"SYS_NICE":       "get_mempolicy mbind set_mempolicy set_mempolicy_home_node migrate_pages move_pages",
	"SYS_PACCT":      "acct",
	"SYS_PTRACE":     "kcmp pidfd_getfd process_madvise",
	"SYS_RAWIO":      "iopl ioperm",
	"SYS_TIME":       "settimeofday stime clock_settime clock_settime64",
	"SYS_TTY_CONFIG": "vhangup",
	"SYSLOG":         "syslog",
	"BPF":            "bpf",
	"PERFMON":        "perf_event_open",
}

// newNamespaces are the clone flags that only CAP_SYS_ADMIN may use.
const newNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWUSER |
	unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWCGROUP

// filter is the seccomp profile for a capability set.
func filter(caps []string, also32 bool) *specs.LinuxSeccomp {
	f := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Architectures: architectures(also32)}
	allow := func(names []string, args ...specs.LinuxSeccompArg) {
		f.Syscalls = append(f.Syscalls, specs.LinuxSyscall{Names: names, Action: specs.ActAllow, Args: args})
	}
	names := slices.Clone(allowed)
	has := func(c string) bool { return slices.Contains(caps, "CAP_"+c) }
	for _, c := range capNames { // in a fixed order
		if has(c) {
			names = append(names, strings.Fields(allowedWith[c])...)
		}
	}
	slices.Sort(names)
	allow(slices.Compact(names))
	// AF_VSOCK would reach the hypervisor.
	allow([]string{"socket"}, arg(0, unix.AF_VSOCK, specs.OpNotEqual))
	for _, persona := range []uint64{0, 0x0008, 0x20000, 0x20008, 0xffffffff} {
		allow([]string{"personality"}, arg(0, persona, specs.OpEqualTo))
	}
	if !has("SYS_ADMIN") {
		allow([]string{"clone"}, specs.LinuxSeccompArg{Index: 0, Value: newNamespaces, ValueTwo: 0, Op: specs.OpMaskedEqual})
		// Its flags are behind a pointer, where no filter can look; ENOSYS makes
		// the C library fall back to clone.
		enosys := uint(unix.ENOSYS)
		f.Syscalls = append(f.Syscalls, specs.LinuxSyscall{Names: []string{"clone3"}, Action: specs.ActErrno, ErrnoRet: &enosys})
	}
	return f
}

func arg(i uint, v uint64, op specs.LinuxSeccompOperator) specs.LinuxSeccompArg {
	return specs.LinuxSeccompArg{Index: i, Value: v, Op: op}
}

// architectures are the system call tables that the filter knows; a call
// through another one ends the program. Each table costs milliseconds at every
// start, so the 32-bit one is there only for containers that run such programs.
func architectures(also32 bool) []specs.Arch {
	switch {
	case runtime.GOARCH == "amd64" && also32:
		return []specs.Arch{specs.ArchX86_64, specs.ArchX86}
	case runtime.GOARCH == "amd64":
		return []specs.Arch{specs.ArchX86_64}
	case runtime.GOARCH == "arm64" && also32:
		return []specs.Arch{specs.ArchAARCH64, specs.ArchARM}
	case runtime.GOARCH == "arm64":
		return []specs.Arch{specs.ArchAARCH64}
	}
	return nil
}
