package agent

import (
	"os"
	"testing"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/source"
	"github.com/auditpy/auditpy/rules"
)

// BenchmarkLoop reads the log that AUDITPY_LOG names through all stages, without rules.
func BenchmarkLoop(b *testing.B) {
	log := os.Getenv("AUDITPY_LOG")
	info, err := os.Stat(log)
	if err != nil {
		b.Skip("AUDITPY_LOG names no audit log: .ci/benchlog makes one")
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		src, errs := source.Files([]string{log})
		if errs != nil {
			b.Fatal(errs)
		}
		none, _ := rules.Load(nil)
		l := &Loop{
			Source: src, Assembler: assemble.New(assemble.Options{}), Tree: proctree.New(proctree.Options{}), Rules: none,
			Correlator: correlate.New(correlate.Options{}), OnBad: func(err error) error { return err },
		}
		if err := l.Run(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
