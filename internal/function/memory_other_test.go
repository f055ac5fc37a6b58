//go:build !linux

package function

func memoryEnforced(*Functions) bool { return false }
