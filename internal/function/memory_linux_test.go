package function

func memoryEnforced(f *Functions) bool { return f.memory.dir != "" }
