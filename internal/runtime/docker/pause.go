package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/moby/moby/client"
)

// Machine code of the pause program: ignore SIGCHLD, so that the kernel reaps
// orphans when containers share the task's PID namespace, then wait for ever.
var pauseCode = map[string][]byte{
	"amd64": {
		0xb8, 13, 0, 0, 0, // mov eax, 13 (rt_sigaction)
		0xbf, 17, 0, 0, 0, // mov edi, 17 (SIGCHLD)
		0x48, 0x8d, 0x35, 19, 0, 0, 0, // lea rsi, [rip+19] (action)
		0x31, 0xd2, // xor edx, edx
		0x41, 0xba, 8, 0, 0, 0, // mov r10d, 8
		0x0f, 0x05, // syscall
		0xb8, 34, 0, 0, 0, // wait: mov eax, 34 (pause)
		0x0f, 0x05, // syscall
		0xeb, 0xf7, // jmp wait
	},
	"arm64": words(
		0xd2800220, // mov x0, #17 (SIGCHLD)
		0x10000181, // adr x1, action
		0xd2800002, // mov x2, #0
		0xd2800103, // mov x3, #8
		0xd28010c8, // mov x8, #134 (rt_sigaction)
		0xd4000001, // svc #0
		0xd2800000, // wait: mov x0, #0
		0xd2800001, // mov x1, #0
		0xd2800002, // mov x2, #0
		0xd2800003, // mov x3, #0
		0xd2800928, // mov x8, #73 (ppoll)
		0xd4000001, // svc #0
		0x17fffffa, // b wait
	),
}

func words(code ...uint32) []byte {
	var b []byte
	for _, w := range code {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

// pauseProgram is a static ELF file for Linux on an architecture.
func pauseProgram(arch string) ([]byte, error) {
	code, ok := pauseCode[arch]
	if !ok {
		return nil, fmt.Errorf("no pause program for architecture %q: want amd64 or arm64", arch)
	}
	machine := map[string]uint16{"amd64": 62, "arm64": 183}[arch]
	code = append(bytes.Clone(code), 1, 0, 0, 0, 0, 0, 0, 0) // struct sigaction: SIG_IGN …
	code = append(code, make([]byte, 24)...)                 // … and zeros
	const base, header = 0x400000, 64 + 56
	size := uint64(header + len(code))
	b := []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	le := binary.LittleEndian
	b = le.AppendUint16(le.AppendUint16(b, 2), machine) // executable
	b = le.AppendUint32(b, 1)
	b = le.AppendUint64(b, base+header) // entry point
	b = le.AppendUint64(b, 64)          // program headers
	b = le.AppendUint64(b, 0)
	b = le.AppendUint32(b, 0)
	for _, v := range []uint16{64, 56, 1, 0, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	b = le.AppendUint32(le.AppendUint32(b, 1), 5) // load, readable and executable
	for _, v := range []uint64{0, base, base, size, size, 0x10000} {
		b = le.AppendUint64(b, v)
	}
	return append(b, code...), nil
}

// openPause makes the image of the pause container, once in an Engine.
func (d *Driver) openPause(ctx context.Context) error {
	version, err := d.engine.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return err
	}
	d.pauseID = "grue/pause:1-" + version.Arch
	if _, err := d.engine.ImageInspect(ctx, d.pauseID); err == nil {
		return nil
	}
	program, err := pauseProgram(version.Arch)
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: "pause", Mode: 0o755, Size: int64(len(program))}); err != nil {
		return err
	}
	if _, err := w.Write(program); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	repo, tag, _ := strings.Cut(d.pauseID, ":")
	answer, err := d.engine.ImageImport(ctx, client.ImageImportSource{Source: &archive, SourceName: "-"}, repo, client.ImageImportOptions{
		Tag: tag, Message: "grue: holds a task's namespaces", Changes: []string{`ENTRYPOINT ["/pause"]`},
	})
	if err != nil {
		return err
	}
	defer answer.Close()
	_, err = io.Copy(io.Discard, answer)
	return err
}
