package wazuh

import (
	"net/netip"
	"strings"
)

// netTest asks for an address: networks with commas or blanks between, a ! before them means any other.
func (c *compiler) netTest(d *definition, name string, j *joined) {
	negate := j.negate != nil && c.yesNo(d, j.negate)
	said := strings.Trim(j.text.s, blanks)
	rest, not := strings.CutPrefix(said, "!")
	l := leaf{kind: isNet, name: name, words: "in " + rest}
	for _, w := range words(rest) {
		p, err := parseNet(w)
		if err != nil {
			c.blame(d, j.off, "<%s>: %q is no address and no network", name, w)
			return
		}
		l.nets = append(l.nets, p)
	}
	c.askField(d, l, negate != not, j.off)
}

// parseNet reads an address, a network with its mask in bits or in full, or the begin of an address: 10.1.
func parseNet(s string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip.Prefix(ip.BitLen())
	}
	if strings.HasSuffix(s, ".") {
		dots := strings.Count(s, ".")
		return netip.ParsePrefix(s + strings.TrimSuffix(strings.Repeat("0.", max(4-dots, 0)), ".") + "/" + string(rune('0'+dots*8/10)) + string(rune('0'+dots*8%10)))
	}
	if addr, mask, ok := strings.Cut(s, "/"); ok && strings.Contains(mask, ".") {
		return maskedNet(addr, mask)
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err
}

func maskedNet(addr, mask string) (netip.Prefix, error) {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return netip.Prefix{}, err
	}
	m, err := netip.ParseAddr(mask)
	if err != nil {
		return netip.Prefix{}, err
	}
	bits := 0
	for _, b := range m.AsSlice() {
		for ; b&0x80 != 0; b <<= 1 {
			bits++
		}
		if b != 0 {
			break
		}
	}
	return ip.Prefix(bits)
}
