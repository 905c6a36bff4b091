package config

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"

	"github.com/auditpy/auditpy/internal/trust"
)

// maxFile bounds a configuration file, in bytes.
const maxFile = 1 << 20

// Load reads the configuration at path over Default. The error joins all that is wrong with the file; each
// names file, line and key.
//
// A file that others may write could blind the agent, so it is refused: see package trust.
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
	if err := cfg.Sinks.finish(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", name, err)
	}
	if err := cfg.Source.check(); err != nil {
		return Config{}, fmt.Errorf("%s: source.also: %w", name, err)
	}
	if err := cfg.Health.check(); err != nil {
		return Config{}, fmt.Errorf("%s: health.%w", name, err)
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

func read(path string) ([]byte, error) { return trust.ReadFile(path, maxFile) }
