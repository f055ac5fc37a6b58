// Package screen is the full-screen view of a deployment: `grue watch`.
//
//	client.Observe ─► Seen ─┐
//	keys, size, clock ──────┴─► Model.Update ─► Model.View ─► terminal
//	                                  │
//	                                  └─ Options.Answer (approve, reject)
//
// The model knows nothing of terminals or of ECS: the same messages give the same
// picture, which is how it is tested.
//
// Files: model.go (state and messages), keys.go (what a person types), view.go
// (the picture), stages.go and sides.go (parts of it), style.go (colours).
package screen
