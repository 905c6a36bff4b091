package audit

import (
	"math"
	"testing"

	"github.com/elastic/go-libaudit/v2/auparse"
)

func TestSyscallName(t *testing.T) {
	tests := []struct {
		arch   uint32
		number int
		want   string
	}{
		{0xc000003e, 0, "read"},
		{0xc000003e, 42, "connect"},
		{0xc000003e, 59, "execve"},
		{0xc000003e, 322, "execveat"},
		{0xc000003e, 335, "uretprobe"},
		{0xc000003e, 336, "uprobe"},
		{0xc000003e, 337, ""},
		{0xc000003e, 520, ""}, // x32's, without its bit
		{0x40000003, 11, "execve"},
		{0x40000003, 102, "socketcall"},
		{0x40000003, 358, "execveat"},
		{0x40000003, 219, "madvise"},
		{0xc00000b7, 221, "execve"},
		{0xc00000b7, 281, "execveat"},
		{0xc00000b7, 203, "connect"},
		{0xc00000f3, 221, "execve"},
		{0xc00000f3, 258, "riscv_hwprobe"},
		{0xc0000102, 221, "execve"},
		{0x40000028, 11, "execve"},
		{0x40000028, 336, "ppoll"},
		{0xc0000015, 11, "execve"}, // ppc64le
		{0x80000016, 11, "execve"}, // s390x
		{0x16, 11, "execve"},

		{0xc000003e, 0x40000000 | 520, "execve"},
		{0xc000003e, 0x40000000 | 545, "execveat"},
		{0xc000003e, 0x40000000 | 547, "pwritev2"},
		{0xc000003e, 0x40000000 | 548, ""},
		{0xc000003e, 0x40000000 | 42, "connect"},
		{0xc00000b7, 0x40000000 | 221, ""}, // the bit means nothing there

		{0xc000003e, 99999, ""},
		{0xc000003e, -1, ""},
		{0xc000003e, math.MaxInt, ""},
		{0xc000003e, math.MinInt, ""},
		{0xdeadbeef, 59, ""},
	}
	for _, tt := range tests {
		if got := SyscallName(tt.arch, tt.number); got != tt.want {
			t.Errorf("SyscallName(%#x, %d) = %q, want %q", tt.arch, tt.number, got, tt.want)
		}
	}
}

// The calls since 424 are numbered alike everywhere; the newest ones are not go-libaudit's.
func TestSyscallNameUnified(t *testing.T) {
	for number, want := range map[int]string{
		424: "pidfd_send_signal", 425: "io_uring_setup", 426: "io_uring_enter", 427: "io_uring_register", 434: "pidfd_open",
		435: "clone3", 437: "openat2", 438: "pidfd_getfd", 452: "fchmodat2", 462: "mseal", 463: "setxattrat",
		467: "open_tree_attr", 469: "file_setattr", 470: "listns", 471: "rseq_slice_yield", 472: "",
	} {
		for _, arch := range syscallArches {
			if got := SyscallName(arch, number); got != want {
				t.Errorf("SyscallName(%#x, %d) = %q, want %q", arch, number, got, want)
			}
		}
	}
}

var syscallArches = []uint32{
	archX86_64, archI386, archAarch64, archRISCV64, archLoongarch64, archARM, archPPC, archPPC64, archPPC64LE, archS390, archS390X,
}

// SyscallNumber inverts SyscallName, up to names that a table holds twice.
func TestSyscallNumber(t *testing.T) {
	for _, arch := range syscallArches {
		for n, name := range syscallNames(arch) {
			got, ok := SyscallNumber(arch, name)
			if ok != (name != "") || ok && (SyscallName(arch, got) != name || got > n) {
				t.Errorf("SyscallNumber(%#x, %q) = %d, %v, want %d", arch, name, got, ok, n)
			}
		}
	}
	for _, name := range []string{"", "nosuch", "EXECVE"} {
		if got, ok := SyscallNumber(archX86_64, name); ok || got != 0 {
			t.Errorf("SyscallNumber(%q) = %d, %v, want none", name, got, ok)
		}
	}
	if got, ok := SyscallNumber(0xdeadbeef, "execve"); ok || got != 0 {
		t.Errorf("SyscallNumber of an unknown arch = %d, %v", got, ok)
	}
}

// A fix is for what go-libaudit has not, so that an update of it shows which are no longer needed.
func TestSyscallFixesNeeded(t *testing.T) {
	for n, name := range newSyscalls {
		if got := auparse.AuditSyscalls["x86_64"][firstNewSyscall+n]; got != "" {
			t.Errorf("go-libaudit knows %d %s, newSyscalls has %s", firstNewSyscall+n, got, name)
		}
	}
}

func TestArchName(t *testing.T) {
	for arch, want := range map[uint32]string{
		0xc000003e: "x86_64", 0x40000003: "i386", 0xc00000b7: "aarch64", 0x40000028: "arm", 0xc0000015: "ppc64le",
		0x80000016: "s390x", 0xc00000f3: "riscv64", 0x400000f3: "riscv32", 0xc0000102: "loongarch64", 0: "", 0xdeadbeef: "",
	} {
		if got := ArchName(arch); got != want {
			t.Errorf("ArchName(%#x) = %q, want %q", arch, got, want)
		}
	}
}

func BenchmarkSyscallName(b *testing.B) {
	for name, number := range map[string]int{"execve": 59, "x32": 0x40000000 | 520, "unknown": 9999} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				SyscallName(archX86_64, number)
			}
		})
	}
}

func BenchmarkSyscallNumber(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		SyscallNumber(archX86_64, "execveat")
	}
}

func BenchmarkArchName(b *testing.B) {
	for name, arch := range map[string]uint32{"x86_64": archX86_64, "s390x": archS390X} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ArchName(arch)
			}
		})
	}
}

// BenchmarkSyscallTable is what the first record of an arch costs.
func BenchmarkSyscallTable(b *testing.B) {
	for b.Loop() {
		tableOf("x86_64")()
	}
}
