// Package docs runs the documentation: every command that a page shows, in the
// order of the page, in a shell of its own, against a grue of its own.
//
//	page.md ──► Parse ──► blocks ──► script ──► bash ──► a real grue
//
// What the fences of a page mean:
//
//	```sh                  runs; its end must be 0. What it exports, later blocks have
//	```sh fails=3          runs in a shell of its own; its end must be 3
//	```sh background       goes on beside what follows, until the page ends
//	```sh background until="grue ready"    … and what follows waits for these words
//	```sh unrun            is not run: each stands in unrun.go with the reason
//	```python hook.py      is the file hook.py in the directory of the page
//	```text                is what a person sees; it is not compared
//	```json                is shown, and must be JSON
//
// A page that starts a grue itself (grue up, in the background) gets no other. A
// page runs with a minute of one second, in a directory of its own with bin/grue,
// bin/sample and examples/ as in the repository, and 127.0.0.1:4566 means its grue.
package docs
