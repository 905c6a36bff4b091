package audit

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
)

func TestParseSockaddr(t *testing.T) {
	mapped := "0A001F90" + "00000000" + "00000000000000000000FFFF7F000001"
	tests := []struct {
		saddr string
		want  Address
	}{
		{"020052FE7F0000010000000000000000", Address{Family: 2, IP: netip.MustParseAddr("127.0.0.1"), Port: 21246}},
		{"020000350A000001", Address{Family: 2, IP: netip.MustParseAddr("10.0.0.1"), Port: 53}},
		// s390x and other big-endian hosts write the family the other way round, the port alike
		{"000201BB7F0000010000000000000000", Address{Family: 2, IP: netip.MustParseAddr("127.0.0.1"), Port: 443}},

		{"0A0052160000000000000000000000000000000000000001" + "00000000",
			Address{Family: 10, IP: netip.IPv6Loopback(), Port: 21014}},
		{"0A00005000000000FE80000000000000000000000000000102000000",
			Address{Family: 10, IP: netip.MustParseAddr("fe80::1"), Port: 80, Scope: 2}},
		{"000A005000000000FE80000000000000000000000000000100000002",
			Address{Family: 10, IP: netip.MustParseAddr("fe80::1"), Port: 80, Scope: 2}},
		{mapped, Address{Family: 10, IP: netip.MustParseAddr("127.0.0.1"), Port: 8080}}, // RFC 2133 length
		{mapped + "00000000", Address{Family: 10, IP: netip.MustParseAddr("127.0.0.1"), Port: 8080}},

		{"01002F7661722F72756E2F6E7363642F736F636B65740000", Address{Family: 1, Path: "/var/run/nscd/socket"}},
		{"01002F746D702F7300" + "2F62696E2F736800FF", Address{Family: 1, Path: "/tmp/s"}}, // stack garbage
		{"01002F746D702F73", Address{Family: 1, Path: "/tmp/s"}},                          // no NUL
		{"01002F746D702FFF00", Address{Family: 1, Path: "/tmp/\xff"}},
		{"0100002F746D702F2E5831312D756E69782F5830", Address{Family: 1, Path: "@/tmp/.X11-unix/X0"}},
		{"010000610062000000", Address{Family: 1, Path: "@a@b"}},
		{"01000000", Address{Family: 1, Path: "@"}},
		{"0100", Address{Family: 1}}, // unnamed
		{"0100" + strings.Repeat("61", 108), Address{Family: 1, Path: strings.Repeat("a", 108)}},

		{"100000000000000000000000", Address{Family: 16}},
		{"1000000039300000FF010000", Address{Family: 16, PortID: 12345, Groups: 0x1ff}},
		{"0010000000003039000001FF", Address{Family: 16, PortID: 12345, Groups: 0x1ff}},

		{"0000", Address{}}, // disconnect
		{"00000000000000000000000000000000", Address{}},
		{"11000003020000000000000000000000", Address{Family: 17}},
		{"28000000D204000003000000", Address{Family: 40}},
		{"FFFF", Address{Family: 65535}},
	}
	for _, tt := range tests {
		got, ok := ParseSockaddr(tt.saddr)
		if !ok || got != tt.want {
			t.Errorf("ParseSockaddr(%q) = %+v, %v, want %+v", tt.saddr, got, ok, tt.want)
		}
	}
}

func TestParseSockaddrRefuses(t *testing.T) {
	for _, saddr := range []string{
		"", "0", "02", "020", "02005", "(null)", "0200zz",
		"020052FE7F0000",            // ipv4 without its last byte
		"0200 52FE7F000001",         // a blank
		"0a00",                      // the kernel's hex is upper-case
		"0A00521600000000" + "00",   // short ipv6
		"10000000",                  // short netlink
		strings.Repeat("01", 129),   // more than a sockaddr_storage
		strings.Repeat("00", 1<<16), //
	} {
		if got, ok := ParseSockaddr(saddr); ok || got != (Address{}) {
			t.Errorf("ParseSockaddr(%.40q) = %+v, %v, want none", saddr, got, ok)
		}
	}
}

func TestFamilyName(t *testing.T) {
	for family, want := range map[uint16]string{
		0: "unspec", 1: "unix", 2: "ipv4", 10: "ipv6", 16: "netlink", 17: "packet", 40: "vsock", 45: "mctp", 46: "", 65535: "",
	} {
		if got := FamilyName(family); got != want {
			t.Errorf("FamilyName(%d) = %q, want %q", family, got, want)
		}
	}
}

// FuzzParseSockaddr holds ParseSockaddr to a plain reading of the bytes.
func FuzzParseSockaddr(f *testing.F) {
	for _, s := range []string{
		"020052FE7F0000010000000000000000", "0A00005000000000FE80000000000000000000000000000102000000",
		"01002F746D702F73002F62", "010000610062000000", "1000000039300000FF010000", "000201BB7F000001", "FFFF", "0",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, saddr string) {
		a, ok := ParseSockaddr(saddr)
		if !ok {
			if a != (Address{}) {
				t.Fatalf("ParseSockaddr(%q) = %+v, not ok", saddr, a)
			}
			return
		}
		b, err := hex.DecodeString(saddr)
		if err != nil || saddr != strings.ToUpper(saddr) || len(b) > 128 {
			t.Fatalf("ParseSockaddr(%q) is ok, hex says %v", saddr, err)
		}
		switch a.Family {
		case 1:
			if i := strings.IndexByte(a.Path, 0); i >= 0 || len(a.Path) > len(b)-2 {
				t.Fatalf("ParseSockaddr(%q) has path %q", saddr, a.Path)
			}
		case 2, 10:
			if !a.IP.IsValid() || a.IP.Is4In6() || a.Port != binary.BigEndian.Uint16(b[2:]) {
				t.Fatalf("ParseSockaddr(%q) = %+v", saddr, a)
			}
		default:
			if a.IP.IsValid() || a.Port != 0 || a.Path != "" {
				t.Fatalf("ParseSockaddr(%q) = %+v", saddr, a)
			}
		}
	})
}

func TestParseSockaddrAllocs(t *testing.T) {
	for saddr, want := range sockaddrs {
		got := testing.AllocsPerRun(100, func() { ParseSockaddr(saddr) })
		if got != want {
			t.Errorf("ParseSockaddr(%q): %v allocations, want %v", saddr, got, want)
		}
	}
}

// sockaddrs are samples with their number of allocations: the path of a unix socket is one.
var sockaddrs = map[string]float64{
	"020052FE7F0000010000000000000000":                                        0,
	"0A00005000000000FE80000000000000000000000000000102000000":                0,
	"100000000000000000000000":                                                0,
	"01002F7661722F72756E2F6E7363642F736F636B6574" + strings.Repeat("00", 88): 1,
}

func BenchmarkParseSockaddr(b *testing.B) {
	for saddr := range sockaddrs {
		a, _ := ParseSockaddr(saddr)
		b.Run(FamilyName(a.Family), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseSockaddr(saddr)
			}
		})
	}
}

// TestCutLeftover: the path stays, what the caller's stack held behind it goes; all stays that may be something else.
func TestCutLeftover(t *testing.T) {
	for body, want := range map[string]string{
		"saddr=01002F72756E2F7300DEADBEEF": "saddr=01002F72756E2F73",
		"saddr=01002F7200":                 "saddr=01002F72",
		"saddr=01002F72":                   "saddr=01002F72",
		"saddr=0100002F7200DEAD":           "saddr=0100002F7200DEAD", // abstract: a name has NULs
		"saddr=01002F7200DEADx0":           "saddr=01002F7200DEADx0",
		"saddr=01002F7200DE a=b":           "saddr=01002F7200DE a=b",
		"saddr=01002F7200dead":             "saddr=01002F7200dead",
		"saddr=01002F720":                  "saddr=01002F720",
		"saddr=01002F7020":                 "saddr=01002F7020", // no NUL: 0 and 2 are of two bytes
		"saddr=0200115C7F0000010000":       "saddr=0200115C7F0000010000",
		"saddr=0100":                       "saddr=0100",
		"":                                 "",
	} {
		if got := CutLeftover(body); got != want {
			t.Errorf("CutLeftover(%q) = %q, want %q", body, got, want)
		}
	}
}
