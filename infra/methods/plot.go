package methods

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
)

// The plot's measures, in pixels.
const (
	plotWidth, plotHeight = 960, 420
	panelWidth            = 330
	top, bottom           = 84, 350
	leftPanel, rightPanel = 74, 556
)

// series is a line of the plot: a method with so many definitions.
type series struct {
	method      int // of All
	definitions int
	class       string
	dash        string
}

var lines = []series{
	{0, MaxDefinitions, "badedge", ""}, {1, MaxDefinitions, "yellowedge", ""}, {2, MaxDefinitions, "goodedge", ""}, {0, 1, "badedge", " dash"},
}

// panel is one of the two plots, both axes in powers of ten.
type panel struct {
	left         float64
	lowest, high float64 // powers of ten, where the vertical axis begins and ends
	of           func(Cost) int
	title        string
	marks        []mark // of the vertical axis
}

type mark struct {
	decade int
	name   string
}

var panels = []panel{
	{leftPanel, -0.5, 5, func(c Cost) int { return c.Roles }, "IAM roles", []mark{{0, "1"}, {1, "10"}, {2, "100"}, {3, "1,000"}, {4, "10,000"}, {5, "100,000"}}},
	{rightPanel, 2, 8, func(c Cost) int { return c.Bytes }, "Bytes of policy", []mark{{2, "100 B"}, {3, "1 kB"}, {4, "10 kB"}, {5, "100 kB"}, {6, "1 MB"}, {7, "10 MB"}, {8, "100 MB"}}},
}

var sheet = regexp.MustCompile(`(?s)<style>.*?</style>`)

// Plot draws roles and bytes against tenants. Its colours, for light and dark, are those of another figure.
func Plot(results []Result, other []byte) ([]byte, error) {
	style := sheet.Find(other)
	if style == nil {
		return nil, errors.New("the figure that the colours are taken from has no style sheet")
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" aria-labelledby="t d">
<title id="t">What three isolation methods need in IAM, by the number of tenants</title>
<desc id="d">%s</desc>
%s
<rect width="%[1]d" height="%[2]d" rx="10" class="ground"/>
`, plotWidth, plotHeight, describe(results), style)
	for i := range panels {
		panels[i].draw(&b, results)
	}
	legend(&b, results)
	b.WriteString("</svg>\n")
	return []byte(b.String()), nil
}

func describe(results []Result) string {
	rbac := results[0].Costs[MaxDefinitions-1]
	return fmt.Sprintf("RBAC with %d role definitions needs %s roles for %s tenants, more than an account of AWS can have. Generated policies need %s and ABAC %s, for any number of tenants.",
		MaxDefinitions, grouped(rbac[len(rbac)-1].Roles), grouped(Tenants[len(Tenants)-1]),
		plural(results[1].Costs[MaxDefinitions-1][0].Roles, "role"), plural(results[2].Costs[MaxDefinitions-1][0].Roles, "role"))
}

func (p *panel) x(tenants int) float64 {
	return p.left + panelWidth*math.Log10(float64(tenants))/math.Log10(float64(Tenants[len(Tenants)-1]))
}

func (p *panel) y(n int) float64 {
	return bottom - (bottom-top)*(math.Log10(float64(n))-p.lowest)/(p.high-p.lowest)
}

func text(b *strings.Builder, x, y float64, anchor, class, s string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" font-size="13" text-anchor="%s" class="%s">%s</text>`+"\n", x, y, anchor, class, s)
}

func (p *panel) draw(b *strings.Builder, results []Result) {
	fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%d" height="%d" class="panel edge"/>`+"\n", p.left, top, panelWidth, bottom-top)
	text(b, p.left, top-14, "start", "ink bold", p.title)
	for _, m := range p.marks {
		text(b, p.left-8, p.y(int(math.Pow10(m.decade)))+4, "end", "soft", m.name)
	}
	for _, tenants := range Tenants {
		text(b, p.x(tenants), bottom+20, "middle", "soft", grouped(tenants))
	}
	text(b, p.left+panelWidth/2, bottom+42, "middle", "soft", "tenants")
	if p.title == panels[0].title {
		p.quota(b, rolesOfAccount.Most, "most roles of an account, "+grouped(rolesOfAccount.Most))
		p.quota(b, rolesOfAccount.Limit, "")
	}
	for _, l := range lines {
		p.line(b, l, results)
	}
}

// quota is a line across the panel.
func (p *panel) quota(b *strings.Builder, n int, name string) {
	fmt.Fprintf(b, `<path d="M%.1f %.1fh%d" class="edge line dash"/>`+"\n", p.left, p.y(n), panelWidth)
	if name == "" {
		text(b, p.left+8, p.y(n)+16, "start", "soft", "by default, "+grouped(n))
		return
	}
	text(b, p.left+8, p.y(n)-6, "start", "soft", name)
}

func (p *panel) line(b *strings.Builder, l series, results []Result) {
	costs := results[l.method].Costs[l.definitions-1]
	var at []string
	for i, tenants := range Tenants {
		at = append(at, fmt.Sprintf("%.1f %.1f", p.x(tenants), p.y(p.of(costs[i]))))
	}
	fmt.Fprintf(b, `<path d="M%s" class="%s line%s" style="stroke-width:2.6"/>`+"\n", strings.Join(at, "L"), l.class, l.dash)
}

// legend names the lines above the panels.
func legend(b *strings.Builder, results []Result) {
	x, said := float64(leftPanel), 0
	for _, l := range lines {
		if l.definitions != said {
			said = l.definitions
			text(b, x, 32, "start", "soft", "with "+plural(said, "role definition")+":")
			x += 180
		}
		name := results[l.method].Method.Name()
		fmt.Fprintf(b, `<path d="M%.1f 28h28" class="%s line%s" style="stroke-width:2.6"/>`+"\n", x, l.class, l.dash)
		text(b, x+36, 32, "start", "ink", name)
		x += 60 + 7.4*float64(len(name))
	}
}
