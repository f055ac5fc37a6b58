// Package browser drives the dashboard in Chromium through whole deployments, as a
// person does: with a mouse, with the keyboard alone, on a phone and on a desk, in
// light and dark.
//
//	dashboard_slow_test.go ── a real grue, services, traffic, deployments
//	     ▲ a line of JSON a wish, a line an answer
//	drive.mjs ── Playwright ── Chromium
//
// Every page is checked by axe in every size and colour; an error on the console, a
// violation of the content security policy or a request that fails ends the test.
// What deployments must not do, lose a request, is checked beside.
//
// The test is a slow one: it needs root, Node.js, npm and Chromium, which `.ci/need
// slow` installs on Debian. Playwright and axe come from npm as package-lock.json
// says, into the cache of the user; where that cannot be, the test is skipped.
//
//	go test -tags slow -run TestSlowDashboard -v ./test/browser
//
// GRUE_SHOTS names the directory in which pictures of all pages are left; without
// it they are in a new one below the directory for temporary files.
package browser
