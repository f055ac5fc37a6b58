// Package blackbox tests the whole system from outside: real processes, real
// containers, real HTTP, driven through public AWS clients. Every deployment
// runs under steady traffic, and no request may fail unless the test says which.
package blackbox
