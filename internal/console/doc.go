// Package console runs the sessions of ECS Exec: commands in containers whose
// screen and keyboard are at the other end of a data channel (package session).
//
//	ExecuteCommand ──► Start ──► id, token (one use, one minute)
//	client ──► /v1/data-channel/ID ──► ServeHTTP ──► session ──► runtime.Driver.Exec
//	ResumeSession ──► Resume ──► another token, while the session lives
//	TerminateSession ──► Terminate
//
// A session lives in this process. When its client goes, the command goes on for
// HangUp and is then hung up on. When this process dies the command dies, too; the
// next process knows from the record that there was a session, so that a client
// which comes back is told why it is over instead of being refused.
//
// Files: console.go (sessions and their tokens), serve.go (data channels),
// session.go (one session), outcome.go (how it ended), input.go (what was typed),
// transcript.go (the copy in CloudWatch Logs), record.go (what outlives a crash).
package console
