package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// maxFile bounds a configuration file, in bytes.
const maxFile = 1 << 20

// Load reads the configuration at path over Default. The error joins all that is wrong with the file; each
// names file, line and key.
//
// A file that others may write could blind the agent, so it is refused: it must belong to root or to this
// user, and be writable by its owner only.
func Load(path string) (Config, error) {
	text, err := read(path)
	if err != nil {
		return Config{}, err
	}
	return parse(path, text)
}

func parse(name string, text []byte) (Config, error) {
	cfg := Default()
	if err := check(name, text, reflect.TypeOf(cfg)); err != nil {
		return Config{}, err
	}
	v := viper.New()
	v.SetConfigType("yaml")
	if err := v.ReadConfig(bytes.NewReader(text)); err != nil {
		return Config{}, fmt.Errorf("%s: %w", name, err)
	}
	err := v.UnmarshalExact(&cfg, viper.DecodeHook(mapstructure.DecodeHookFuncType(decode)), func(c *mapstructure.DecoderConfig) {
		c.WeaklyTypedInput = false
		c.ZeroFields = true // a list in the file replaces the default one
	})
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", name, err)
	}
	if err := cfg.Sinks.Syslog.check(); err != nil {
		return Config{}, fmt.Errorf("%s: sinks.syslog.address: %w", name, err)
	}
	if err := cfg.Source.check(); err != nil {
		return Config{}, fmt.Errorf("%s: source.also: %w", name, err)
	}
	if !cfg.Sinks.Stdout.Enabled && !cfg.Sinks.Syslog.Enabled {
		return Config{}, fmt.Errorf("%s: sinks: none is enabled: nobody would see an alert", name)
	}
	return cfg, nil
}

// check holds the list of further sources to the first.
func (s Source) check() error {
	for i, kind := range s.Also {
		if kind == s.Kind || slices.Contains(s.Also[:i], kind) {
			return fmt.Errorf("%s is named twice", kind)
		}
	}
	if len(s.Also) > 0 && s.Kind == "auto" {
		return errors.New("kind auto chooses one source: name the kind")
	}
	return nil
}

// check holds the address to the network.
func (s Syslog) check() error {
	if s.Network == "unix" && !filepath.IsAbs(s.Address) {
		return fmt.Errorf("%q is no absolute path of a socket", s.Address)
	}
	if s.Network == "udp" {
		if _, port, err := net.SplitHostPort(s.Address); err != nil || port == "" {
			return fmt.Errorf("%q is no host:port, which network udp needs", s.Address)
		}
	}
	return nil
}

// decode turns the text of durations and sizes, which check has seen, into their types.
func decode(_, to reflect.Type, data any) (any, error) {
	switch to {
	case reflect.TypeFor[time.Duration]():
		return time.ParseDuration(fmt.Sprint(data))
	case reflect.TypeFor[Size]():
		if n, ok := data.(int); ok {
			return parseSize(strconv.Itoa(n))
		}
		return parseSize(fmt.Sprint(data))
	}
	return data, nil
}

func read(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a fifo must not stop us
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := safe(f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s: over %d bytes", path, maxFile)
	}
	return text, err
}

func safe(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("not a regular file")
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("group or others may write it (mode %04o): chmod go-w", info.Mode().Perm())
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("belongs to uid %d: chown root", st.Uid)
	}
	return nil
}
