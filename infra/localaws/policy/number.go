package policy

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// order is a set of outcomes of a comparison.
type order uint8

const (
	less order = 1 << iota
	equal
	greater
)

// has reports whether c, as cmp.Compare returns it, is one of o.
func (o order) has(c int) bool { return o&(1<<(c+1)) != 0 }

// decimal is a number of any length, kept as digits so that comparing is exact: "0012.50" is "12" and "5".
type decimal struct {
	negative        bool
	whole, fraction string
}

// parseDecimal reads an integer or decimal without exponent ("an integer or decimal value").
func parseDecimal(s string) (decimal, bool) {
	digits, negative := strings.CutPrefix(s, "-")
	if !negative {
		digits = strings.TrimPrefix(digits, "+")
	}
	whole, fraction, dotted := strings.Cut(digits, ".")
	if !isDigits(whole) || dotted && !isDigits(fraction) {
		return decimal{}, false
	}
	d := decimal{negative, strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")}
	if d.whole == "" && d.fraction == "" {
		d.negative = false
	}
	return d, true
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func (d decimal) compare(e decimal) int {
	if d.negative != e.negative {
		if d.negative {
			return -1
		}
		return 1
	}
	c := cmp.Or(cmp.Compare(len(d.whole), len(e.whole)), strings.Compare(d.whole, e.whole),
		strings.Compare(d.fraction, e.fraction))
	if d.negative {
		return -c
	}
	return c
}

// kindOf is a kind of values that have an order.
type kindOf[T any] struct {
	name    string
	parse   func(string) (T, bool)
	compare func(T, T) int
}

var (
	decimals = kindOf[decimal]{"a number", parseDecimal, decimal.compare}
	dates    = kindOf[time.Time]{"a date in ISO 8601 or in seconds since 1970", parseDate, time.Time.Compare}
)

// orderedTest is the Numeric and the Date operators.
type orderedTest[T any] struct {
	plain
	kind   *kindOf[T]
	order  order
	values []T
}

func numeric(o order) func([]string, bool) (test, error) { return ordered(&decimals, o) }

func date(o order) func([]string, bool) (test, error) { return ordered(&dates, o) }

func ordered[T any](kind *kindOf[T], o order) func([]string, bool) (test, error) {
	return func(values []string, _ bool) (test, error) {
		t := orderedTest[T]{kind: kind, order: o}
		for _, value := range values {
			v, ok := kind.parse(value)
			if !ok {
				return nil, fmt.Errorf("%q is not %s", value, kind.name)
			}
			t.values = append(t.values, v)
		}
		return t, nil
	}
}

func (t orderedTest[T]) match(value string, _ *Context) verdict {
	got, ok := t.kind.parse(value)
	if !ok {
		return undecidable
	}
	for _, want := range t.values {
		if t.order.has(t.kind.compare(got, want)) {
			return yes
		}
	}
	return no
}

// parseDate reads the formats of https://www.w3.org/TR/NOTE-datetime, and seconds since 1970. Four digits
// are a year.
func parseDate(s string) (time.Time, bool) {
	layout := ""
	switch {
	case len(s) == len("2006"):
		layout = "2006"
	case len(s) == len("2006-01") && s[4] == '-':
		layout = "2006-01"
	case len(s) == len("2006-01-02") && s[4] == '-':
		layout = "2006-01-02"
	case len(s) >= len("2006-01-02T15:04Z") && s[10] == 'T' && s[13] == ':' && !strings.Contains(s, ","):
		layout = "2006-01-02T15:04Z07:00"
		if s[16] == ':' {
			layout = time.RFC3339 // takes fractions of a second too
		}
	default:
		const longest = len("253402300799") // the end of the year 9999
		seconds, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(seconds, 0), err == nil && isDigits(s) && len(s) <= longest
	}
	t, err := time.Parse(layout, s)
	return t, err == nil
}

// addressTest is IpAddress: a single address stands for its own /32 or /128.
type addressTest struct {
	plain
	values []netip.Prefix
}

func compileAddress(values []string, _ bool) (test, error) {
	var t addressTest
	for _, value := range values {
		prefix, err := netip.ParsePrefix(value)
		if err != nil {
			addr, addrErr := netip.ParseAddr(value)
			if addrErr != nil || addr.Zone() != "" {
				return nil, fmt.Errorf("%q is neither an IP address nor a CIDR block", value)
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		if prefix.Addr().Is4In6() {
			return nil, fmt.Errorf("%q is an IPv4 address in IPv6 form", value)
		}
		t.values = append(t.values, prefix)
	}
	return t, nil
}

func (t addressTest) match(value string, _ *Context) verdict {
	addr, err := netip.ParseAddr(value)
	if err != nil || addr.Zone() != "" {
		return undecidable
	}
	addr = addr.Unmap()
	for _, prefix := range t.values {
		if prefix.Contains(addr) {
			return yes
		}
	}
	return no
}
