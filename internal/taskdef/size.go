package taskdef

import (
	"math"
	"slices"
	"strconv"
	"strings"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// normalSize reads one of the forms of cpu or memory into a plain integer.
func normalSize(in *string, parse func(string) (int, bool), member string) (*string, error) {
	if in == nil || strings.TrimSpace(*in) == "" {
		return nil, nil
	}
	n, ok := parse(*in)
	if !ok {
		return nil, refuse("Invalid '%s' setting for task: '%s'.", member, clip(*in))
	}
	return ptr(strconv.Itoa(n)), nil
}

// parseCPU reads CPU units: "256", ".25 vCPU", "0.25 vcpu".
func parseCPU(s string) (int, bool) { return parseUnit(s, "vcpu") }

// parseMemory reads MiB: "512", "0.5GB", "1 GB".
func parseMemory(s string) (int, bool) { return parseUnit(s, "gb") }

// parseUnit reads an integer, or a decimal number of units of 1024.
func parseUnit(s, unit string) (int, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	number, inUnits := strings.CutSuffix(s, unit)
	if !inUnits {
		n, err := strconv.Atoi(s)
		return n, err == nil && n > 0 && n <= math.MaxInt32
	}
	number = strings.TrimSpace(number)
	if strings.Trim(number, "0123456789.") != "" {
		return 0, false // no signs, exponents, hex or infinities
	}
	f, err := strconv.ParseFloat(number, 64)
	n := math.Round(f * 1024)
	if err != nil || n < 1 || n > math.MaxInt32 {
		return 0, false
	}
	return int(n), true
}

// CPU is the task-level cpu of a normalised definition in CPU units; 0 = none.
func CPU(d *ecs.TaskDefinition) int { return number(d.Cpu) }

// Memory is the task-level memory of a normalised definition in MiB; 0 = none.
func Memory(d *ecs.TaskDefinition) int { return number(d.Memory) }

func number(s *string) int {
	n, _ := strconv.Atoi(val(s)) // normalised values are plain integers
	return n
}

// ParseCPU and ParseMemory read the forms that overrides may have too.
func ParseCPU(s string) (int, bool)    { return parseCPU(s) }
func ParseMemory(s string) (int, bool) { return parseMemory(s) }

// steps are the memory values of a Fargate cpu size.
type steps struct{ from, to, step int }

// fargateSizes is Fargate's table of cpu and memory.
var fargateSizes = map[int]steps{
	512:   {1024, 4096, 1024},
	1024:  {2048, 8192, 1024},
	2048:  {4096, 16384, 1024},
	4096:  {8192, 30720, 1024},
	8192:  {16384, 61440, 4096},
	16384: {32768, 122880, 8192},
}

// FargateSize tells whether Fargate offers cpu units with MiB of memory.
func FargateSize(cpu, memory int) bool {
	switch cpu {
	case 256:
		return slices.Contains([]int{512, 1024, 2048}, memory)
	case 32768:
		return slices.Contains([]int{61440, 122880, 249856}, memory)
	}
	s, ok := fargateSizes[cpu]
	return ok && memory >= s.from && memory <= s.to && (memory-s.from)%s.step == 0
}

// clip keeps what strangers wrote short in messages.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
