// Package metadata serves what a container may ask about itself: the ECS task
// metadata endpoint version 4 (and 3), the keys of the task's role, and the agent's
// task-protection endpoint.
//
//	169.254.170.2 ─┬─ /v2/credentials/<endpoint id>   keys of the task's role
//	               ├─ /v4/<endpoint id>[/task|/taskWithTags|/stats|/task/stats]
//	               ├─ /v3/<endpoint id>…       the same documents
//	               └─ /api/<endpoint id>/task-protection/v1/state
//
// The endpoint id is random for each container and is the only key: a container
// knows its own from ECS_CONTAINER_METADATA_URI_V4. Documents are made from the
// task's record; resource use is read from the runtime at the time of asking.
//
// container.go and task.go shape the documents, stats.go the resource use,
// credentials.go the keys of roles, protection.go the agent's endpoint, index.go finds a container by its id.
package metadata
