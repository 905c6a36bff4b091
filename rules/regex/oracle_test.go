package regex

import (
	"bufio"
	"encoding/binary"
	"io"
	"os/exec"
	"path/filepath"
	"testing"
)

// Options of pcre2_compile, from pcre2.h.
const (
	pcreCaseless        = 0x00000008
	pcreDotAll          = 0x00000020
	pcreExtended        = 0x00000080
	pcreMultiLine       = 0x00000400
	pcreNoAutoCapture   = 0x00002000
	pcreNoAutoPossess   = 0x00004000
	pcreNoStartOptimize = 0x00010000
	pcreUngreedy        = 0x00040000
	pcreUTF             = 0x00080000
	pcreExtendedMore    = 0x01000000

	// Optimizations of 10.42 that are wrong: see TestOracle.
	pcreExact = pcreNoAutoPossess | pcreNoStartOptimize
)

// Results of pcre2_match, from pcre2.h.
const (
	pcreNoMatch     = -1
	pcreMatchLimit  = -47
	pcreRecurseLoop = -52
	pcreDepthLimit  = -53
	pcreHeapLimit   = -63
)

// pcreOptions translates flags.
func pcreOptions(f Flags) uint32 {
	all := uint32(pcreExact)
	for flag, option := range map[Flags]uint32{CaseInsensitive: pcreCaseless, MultiLine: pcreMultiLine, DotAll: pcreDotAll,
		Extended: pcreExtended, ExtendedMore: pcreExtendedMore, NoAutoCapture: pcreNoAutoCapture, Ungreedy: pcreUngreedy, UTF: pcreUTF} {
		if f&flag != 0 {
			all |= option
		}
	}
	return all
}

// question is a request to the oracle.
type question struct {
	expr     string
	flags    Flags
	subjects []string
}

// oracle is a process that asks libpcre2 10.42.
type oracle struct {
	t   *testing.T
	in  *bufio.Writer
	out *bufio.Reader
}

// newOracle builds and starts it. The test is skipped if there is no C compiler or no libpcre2 10.42 to build it with.
func newOracle(t *testing.T) *oracle {
	t.Helper()
	program := filepath.Join(t.TempDir(), "oracle")
	check := "#include <pcre2.h>\n#if PCRE2_MAJOR != 10 || PCRE2_MINOR != 42\n#error not 10.42\n#endif\n"
	probe := exec.Command("cc", "-DPCRE2_CODE_UNIT_WIDTH=8", "-fsyntax-only", "-x", "c", "-")
	stdin, _ := probe.StdinPipe()
	go func() {
		io.WriteString(stdin, check)
		stdin.Close()
	}()
	if err := probe.Run(); err != nil {
		t.Skipf("no C compiler, or no libpcre2 10.42 for it: %v", err)
	}
	if out, err := exec.Command("cc", "-O2", "-o", program, "testdata/oracle.c", "-lpcre2-8").CombinedOutput(); err != nil {
		t.Fatalf("cc testdata/oracle.c: %v\n%s", err, out)
	}
	return startOracle(t, exec.Command(program))
}

func startOracle(t *testing.T, cmd *exec.Cmd) *oracle {
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return &oracle{t, bufio.NewWriterSize(in, 1<<16), bufio.NewReaderSize(out, 1<<16)}
}

// ask sends a question; flush sends it at once.
func (o *oracle) ask(q question) {
	o.put(pcreOptions(q.flags))
	o.put(uint32(len(q.expr)))
	o.put(uint32(len(q.subjects)))
	o.in.WriteString(q.expr)
	for _, s := range q.subjects {
		o.put(uint32(len(s)))
		o.in.WriteString(s)
	}
}

func (o *oracle) put(v uint32) {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], v)
	o.in.Write(b[:])
}

func (o *oracle) get() int {
	var b [4]byte
	if _, err := io.ReadFull(o.out, b[:]); err != nil {
		o.t.Errorf("oracle: %v", err)
		o.t.FailNow()
	}
	return int(int32(binary.LittleEndian.Uint32(b[:])))
}

// reply is what PCRE2 says of one subject.
type reply struct {
	rc      int
	offsets []int
}

// replies reads the answer to the oldest question that was not answered yet; false if PCRE2 refuses the expression.
func (o *oracle) replies(dst []reply, n int) ([]reply, bool) {
	if o.get() != 0 {
		return nil, false
	}
	for len(dst) < n {
		r := reply{rc: o.get()}
		for range 2 * max(r.rc, 0) {
			r.offsets = append(r.offsets, o.get())
		}
		dst = append(dst, r)
	}
	return dst, true
}
