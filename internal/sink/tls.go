package sink

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
)

// TLSOptions say whom to trust and who we are. The files are read at each connect: a certificate that was renewed
// needs no restart.
type TLSOptions struct {
	CAFile     string // PEM of the authorities that may sign the peer's certificate; empty: those of the system
	CertFile   string // PEM of our own certificate; empty: none
	KeyFile    string // PEM of its key
	ServerName string // that the peer's certificate must name; empty: the host of the address
	// Pins, if any, are SHA-256 sums of public keys (SubjectPublicKeyInfo, in hex), of which the peer's must be one, too.
	Pins []string
}

// maxPEM bounds a file of certificates, in bytes.
const maxPEM = 4 << 20

// config returns what a connection to host is held to: TLS 1.2 at least, a certificate that is signed, in date, and names the host.
func (o *TLSOptions) config(host string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if o.ServerName != "" {
		c.ServerName = o.ServerName
	}
	if o.CAFile != "" {
		pem, err := readPEM(o.CAFile, 0o022)
		if err != nil {
			return nil, err
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read %q: no certificate in it", o.CAFile)
		}
	}
	if err := o.identify(c); err != nil {
		return nil, err
	}
	if len(o.Pins) > 0 {
		c.VerifyConnection = o.checkPin
	}
	return c, nil
}

func (o *TLSOptions) identify(c *tls.Config) error {
	if o.CertFile == "" {
		return nil
	}
	cert, err := readPEM(o.CertFile, 0o022)
	if err != nil {
		return err
	}
	key, err := readPEM(o.KeyFile, 0o027)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("read %q and %q: %w", o.CertFile, o.KeyFile, err)
	}
	c.Certificates = []tls.Certificate{pair}
	return nil
}

// checkPin is called after the certificate was verified.
func (o *TLSOptions) checkPin(s tls.ConnectionState) error {
	sum := sha256.Sum256(s.PeerCertificates[0].RawSubjectPublicKeyInfo)
	got := hex.EncodeToString(sum[:])
	if !slices.ContainsFunc(o.Pins, func(p string) bool { return strings.EqualFold(p, got) }) {
		return fmt.Errorf("the peer's public key has the SHA-256 sum %s, which is not pinned", got)
	}
	return nil
}

// readPEM reads a file that nobody may access in the ways of mode bits forbidden: who can write to it chooses whom we trust, and who can read a
// key is us.
func readPEM(name string, forbidden os.FileMode) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a fifo must not stop us
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %q: not a regular file", name)
	}
	if info.Mode().Perm()&forbidden != 0 {
		return nil, fmt.Errorf("read %q: mode %04o lets others at it: chmod %04o", name, info.Mode().Perm(), info.Mode().Perm()&^forbidden)
	}
	pem, err := io.ReadAll(io.LimitReader(f, maxPEM+1))
	if err == nil && len(pem) > maxPEM {
		err = errors.New("too large")
	}
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", name, err)
	}
	return pem, nil
}
