package proxy

const splices = true

func splicedBytes() uint64 { return spliced.Load() }
