//go:build e2e

package e2e

import (
	bin "encoding/binary" // binary is the program under test
	"slices"
)

// The smallest programs that execute path with their own arguments by one chosen system call. They are
// written byte by byte because no compiler is needed where the tests run. Each starts with a call over
// the text of path, which leaves the address of path on the stack.

// execveat64 opens path and executes the open file.
func execveat64(path string) []byte {
	code := slices.Concat(callOver(path), []byte{
		0x5f,                              // pop rdi
		0x48, 0x8d, 0x5f, byte(len(path)), // lea rbx, [rdi+len]: the empty string
		0x31, 0xf6, // xor esi, esi: O_RDONLY
		0xb8, 2, 0, 0, 0, 0x0f, 0x05, // open
		0x89, 0xc7, // mov edi, eax
		0x48, 0x89, 0xde, // mov rsi, rbx
		0x48, 0x8d, 0x54, 0x24, 0x08, // lea rdx, [rsp+8]: argv
		0x45, 0x31, 0xd2, // xor r10d, r10d: no environment
		0x41, 0xb8, 0x00, 0x10, 0, 0, // mov r8d, AT_EMPTY_PATH
		0xb8, 0x42, 0x01, 0, 0, 0x0f, 0x05, // execveat
		0xbf, 99, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05, // exit(99)
	})
	const base, headers = 0x400000, 64 + 56
	size := uint64(headers + len(code))
	e := bin.LittleEndian
	b := []byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 15: 0}
	b = e.AppendUint16(e.AppendUint16(b, 2), 62) // EXEC, X86_64
	b = e.AppendUint32(b, 1)
	b = e.AppendUint64(e.AppendUint64(e.AppendUint64(b, base+headers), 64), 0)
	b = e.AppendUint32(b, 0)
	for _, v := range []uint16{64, 56, 1, 0, 0, 0} {
		b = e.AppendUint16(b, v)
	}
	b = e.AppendUint32(e.AppendUint32(b, 1), 5) // LOAD, readable and executable
	for _, v := range []uint64{0, base, base, size, size, 4096} {
		b = e.AppendUint64(b, v)
	}
	return append(b, code...)
}

// execve32 uses the i386 ABI.
func execve32(path string) []byte {
	code := slices.Concat(callOver(path), []byte{
		0x5b,                   // pop ebx
		0x8d, 0x4c, 0x24, 0x04, // lea ecx, [esp+4]: argv
		0x31, 0xd2, // xor edx, edx: no environment
		0xb8, 11, 0, 0, 0, 0xcd, 0x80, // execve
		0xbb, 99, 0, 0, 0, 0xb8, 1, 0, 0, 0, 0xcd, 0x80, // exit(99)
	})
	const base, headers = 0x08048000, 52 + 32
	size := uint32(headers + len(code))
	e := bin.LittleEndian
	b := []byte{0x7f, 'E', 'L', 'F', 1, 1, 1, 15: 0}
	b = e.AppendUint16(e.AppendUint16(b, 2), 3) // EXEC, 386
	for _, v := range []uint32{1, base + headers, 52, 0, 0} {
		b = e.AppendUint32(b, v)
	}
	for _, v := range []uint16{52, 32, 1, 0, 0, 0} {
		b = e.AppendUint16(b, v)
	}
	for _, v := range []uint32{1, 0, base, base, size, size, 5, 4096} {
		b = e.AppendUint32(b, v)
	}
	return append(b, code...)
}

func callOver(path string) []byte {
	b := bin.LittleEndian.AppendUint32([]byte{0xe8}, uint32(len(path)+1))
	return append(append(b, path...), 0)
}
