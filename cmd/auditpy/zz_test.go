package main
import ("testing";"io";"os";"strings")
func TestZZ(t *testing.T){ run(append([]string{"scan","--no-builtin","--stats","--format","json"},strings.Fields(os.Getenv("ZZ"))...),nil,io.Discard,io.Discard)}
