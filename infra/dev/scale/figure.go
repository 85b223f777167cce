package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"strings"
	"text/template"
)

// The figure is a template, not a library's: those that were looked at (gonum/plot) write fixed colours and fonts into an SVG, and this
// one has to be readable on a light and on a dark page.
//
//go:embed figure.svg.tmpl
var figureText string

var figureTemplate = template.Must(template.New("figure").Parse(figureText))

// A panel has minutes to the right, and a logarithmic axis up.
const (
	panelLeft, panelWidth  = 90.0, 830.0
	panelHeight, panelStep = 210.0, 300.0
	panelTop               = 110.0
)

type panel struct {
	Title         string
	Top, Bottom   float64
	Ticks         []tick
	Lines         []line
	Limit         float64 // where a dashed line lies; 0: none
	LimitText     string
	lowest, above float64 // powers of ten
}

type tick struct {
	At   float64
	Text string
}

type line struct{ Class, Name, Points string }

// classes are the colours of the lines, in the order of the outcomes.
var classes = []string{"first", "second", "third"}

func draw(outcomes []*outcome) ([]byte, error) {
	calls := newPanel(0, "Calls of STS a second, of the whole fleet", 0.1, 1000, "")
	calls.Limit, calls.LimitText = calls.height(ofAccount), fmt.Sprintf("thin dashes: AWS's quota of an account and region, %d", ofAccount)
	waits := newPanel(1, "Requests that wait for a session", 0.01, 100, " %")
	for i, o := range outcomes {
		calls.add(i, o.Name, func(minute int) float64 { return float64(o.Calls[minute]) / 60 })
		waits.add(i, o.Name, func(minute int) float64 { return 100 * float64(o.Waited[minute]) / float64(o.Requests[minute]) })
	}
	var hours []tick
	for minute := 0; minute <= minutes; minute += 15 {
		hours = append(hours, tick{across(minute), fmt.Sprint(minute)})
	}
	var out bytes.Buffer
	err := figureTemplate.Execute(&out, map[string]any{"Panels": []*panel{calls, waits}, "Minutes": hours, "Left": panelLeft, "Right": panelLeft + panelWidth})
	return out.Bytes(), err
}

func across(minute int) float64 {
	return round(panelLeft + panelWidth*float64(minute)/float64(minutes))
}

func newPanel(place int, title string, lowest, highest float64, unit string) *panel {
	top := panelTop + float64(place)*panelStep
	p := &panel{Title: title, Top: top, Bottom: top + panelHeight, lowest: math.Log10(lowest), above: math.Log10(highest)}
	for power := p.lowest; power <= p.above; power++ {
		value := math.Pow(10, power)
		p.Ticks = append(p.Ticks, tick{p.height(value), fmt.Sprintf("%.4g%s", value, unit)})
	}
	return p
}

// height is where a value lies. What is below the axis lies on it.
func (p *panel) height(value float64) float64 {
	power := max(p.lowest, math.Log10(value))
	return round(p.Bottom - panelHeight*(power-p.lowest)/(p.above-p.lowest))
}

func (p *panel) add(i int, name string, value func(minute int) float64) {
	var points strings.Builder
	for minute := range minutes {
		fmt.Fprintf(&points, "%g,%g ", across(minute), p.height(value(minute)))
	}
	p.Lines = append(p.Lines, line{classes[i], name, strings.TrimSpace(points.String())})
}

func round(x float64) float64 { return math.Round(10*x) / 10 }
