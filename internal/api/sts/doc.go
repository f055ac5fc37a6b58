// Package sts answers AWS Security Token Service: who am I, and temporary
// credentials.
//
//	AssumeRole ─► Session{access key, secret, token, end, principal} ─► Sessions
//	                                                                       │
//	wire.Options.Authenticate, Session ◄── Keys.Authenticate, Keys.Token ◄─┘
//
// A session is a record in the store, so temporary keys survive a restart. Keys
// is what the wire asks about them; expired sessions are dropped when new ones
// are saved.
//
// Roles need not exist unless Options.RequireRole says so: continuous
// integration assumes roles that only the real account has. The session then
// belongs to the account in the role's ARN. Web identity tokens are believed
// only when Options.VerifyToken accepts them or, with Options.TrustLocalTokens,
// when they come from this machine.
package sts
