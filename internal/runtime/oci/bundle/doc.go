// Package bundle turns a container of a task into an OCI bundle: the
// config.json that an OCI runtime reads (opencontainers/runtime-spec), and the
// small files that are mounted into it.
//
//	runtime.Container ┐
//	Image (config)    ├─► Build ─► specs.Spec ─► config.json
//	Place (paths)     ┘
//
// The defaults are those of Docker Engine, because that is what images were
// tested with on ECS: capabilities (caps.go), system call filter (seccomp.go),
// masked paths and mounts (mounts.go), users by name (user.go), the rules of
// ENTRYPOINT and CMD (command.go). Nothing here mounts or starts anything;
// files of the image are read beneath its root, links included.
package bundle
