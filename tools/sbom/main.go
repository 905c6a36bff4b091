// Command sbom prints the bill of materials of Go binaries as CycloneDX 1.5 JSON (https://cyclonedx.org/docs/1.5/json/): the
// modules that the linker put in, as the binary itself tells.
//
// What surprised us: go.mod is not what is in a program. It names what tests and other platforms use, and says nothing of the
// standard library, in which most advisories of a Go program are. The binary says both.
//
// The invariant: the same binary gives the same bytes. So the time is given, and the serial number is made from the rest.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

func main() {
	version := flag.String("version", "", "of the program")
	at := flag.Int64("time", 0, "of the bill, in seconds since 1970: SOURCE_DATE_EPOCH")
	flag.Parse()
	if err := run(flag.Args(), *version, time.Unix(*at, 0).UTC()); err != nil {
		fmt.Fprintln(os.Stderr, "sbom: error:", err)
		os.Exit(2)
	}
}

func run(args []string, version string, at time.Time) error {
	if len(args) != 1 {
		return errors.New("want one binary")
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(args[0])
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(billOf(info, subject{version, hex.EncodeToString(sum(data)), at}), "", "  ")
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(b, '\n'))
	return err
}

func sum(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:]
}

// subject is what the binary does not say of itself.
type subject struct {
	version string
	digest  string // SHA-256, in hex
	at      time.Time
}

type bill struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

type component struct {
	Ref        string     `json:"bom-ref"`
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PURL       string     `json:"purl"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}

// billOf is the bill of a binary.
func billOf(info *debug.BuildInfo, s subject) bill {
	main := componentOf("application", info.Main.Path, s.version)
	main.Hashes = []hash{{"SHA-256", s.digest}}
	for _, set := range info.Settings {
		if set.Key == "GOARCH" || set.Key == "GOOS" || set.Key == "CGO_ENABLED" || strings.HasPrefix(set.Key, "vcs.") {
			main.Properties = append(main.Properties, property{"go:" + set.Key, set.Value})
		}
	}
	b := bill{Format: "CycloneDX", Spec: "1.5", Version: 1, Metadata: metadata{s.at.Format(time.RFC3339), main}}
	b.Components = append(b.Components, componentOf("library", "std", strings.TrimPrefix(info.GoVersion, "go")))
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c := componentOf("library", m.Path, m.Version)
		if m.Sum != "" { // of the module's files together: no hash in the sense of CycloneDX
			c.Properties = []property{{"go:sum", m.Sum}}
		}
		b.Components = append(b.Components, c)
	}
	slices.SortFunc(b.Components, func(x, y component) int { return strings.Compare(x.Ref, y.Ref) })
	all := dependency{Ref: main.Ref, On: []string{}}
	for _, c := range b.Components {
		all.On = append(all.On, c.Ref)
	}
	b.Dependencies = []dependency{all}
	b.Serial = serial(b)
	return b
}

func componentOf(kind, path, version string) component {
	purl := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
	return component{Ref: purl, Type: kind, Name: path, Version: version, PURL: purl}
}

// serial is a UUID made from a bill, of version 8: one's own (RFC 9562).
func serial(b bill) string {
	text, err := json.Marshal(b)
	if err != nil {
		panic("sbom: " + err.Error())
	}
	u := sum(text)[:16]
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
