package metrics

import (
	"net"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// collector gives a snapshot to Prometheus.
type collector struct {
	o     Options
	descs map[*Desc]*prometheus.Desc
}

func newCollector(o Options) *collector {
	c := &collector{o: o, descs: make(map[*Desc]*prometheus.Desc)}
	for _, d := range o.Descs {
		c.descs[d] = prometheus.NewDesc(d.Name, d.Help, d.Labels, nil)
	}
	return c
}

func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.o.Descs {
		to <- c.descs[d]
	}
}

func (c *collector) Collect(to chan<- prometheus.Metric) {
	for _, v := range c.o.Values() {
		kind := prometheus.CounterValue
		if v.Of.Kind == Gauge {
			kind = prometheus.GaugeValue
		}
		m, err := prometheus.NewConstMetric(c.descs[v.Of], kind, v.Value, v.Labels...)
		if err != nil {
			m = prometheus.NewInvalidMetric(c.descs[v.Of], err)
		}
		to <- m
	}
}

// slotted gives its slot back once.
type slotted struct {
	net.Conn
	once sync.Once
	free func()
}

func (s *slotted) Close() error {
	defer s.once.Do(s.free)
	return s.Conn.Close()
}
