package mapping

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/es/tree"
)

var errNoNumber = errors.New("no whole number of 64 bits")

// parseLong reads a whole number.
func parseLong(text string) (int64, error) {
	number, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		return number, nil
	}
	return 0, errNoNumber
}

// number is a value of a document as a field of type Long or Date keeps it; a fraction is cut, as OpenSearch does (coerce).
func (p *Property) number(n *tree.Node) (int64, error) {
	if n.Kind == 't' || n.Kind == 'f' {
		return 0, errNoNumber
	}
	first, _, err := p.span(n.Text)
	if fraction, isFloat := strconv.ParseFloat(n.Text, 64); err != nil && p.Type == Long && isFloat == nil && math.Abs(fraction) < 1<<53 {
		return int64(fraction), nil
	}
	return first, err
}

// span returns the first and the last value that a text of a field of type Long or Date stands for: a date without a time is a
// whole day.
func (p *Property) span(text string) (first, last int64, err error) {
	if p.Type == Long {
		number, err := parseLong(text)
		return number, number, err
	}
	return parseDate(text)
}

// Span returns the first and the last value that a text in a query stands for. Its error is a *fault.Fault.
func (p *Property) Span(text string) (first, last int64, err error) {
	first, last, err = p.span(text)
	switch {
	case err == nil:
		return first, last, nil
	case p.Type == Long:
		return 0, 0, fault.New("query_shard_exception", "failed to create query: For input string: %q", text)
	}
	reason := fmt.Sprintf("failed to parse date field [%s] with format [strict_date_optional_time||epoch_millis]", text)
	return 0, 0, fault.New("parse_exception", "%s: [%s]", reason, reason)
}

// strict_date_optional_time: each part but the year may be absent, from the end.
var datePattern = regexp.MustCompile(`^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(?:(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?)?)?)?$`)

func looksLikeDate(text string) bool {
	_, _, err := parseDate(text)
	return err == nil && strings.Contains(text, "-")
}

// parseDate reads strict_date_optional_time||epoch_millis. The last value is the last millisecond of what is not written.
func parseDate(text string) (first, last int64, err error) {
	m := datePattern.FindStringSubmatch(text)
	if m == nil {
		number, err := parseLong(text)
		return number, number, err
	}
	parts := [6]int{0, 1, 1, 0, 0, 0}
	written := 0
	for i := range parts {
		if m[i+1] != "" {
			parts[i], _ = strconv.Atoi(m[i+1]) // digits
			written = i + 1
		}
	}
	zone, err := parseZone(m[8])
	begin := time.Date(parts[0], time.Month(parts[1]), parts[2], parts[3], parts[4], parts[5], 0, zone)
	if err != nil || begin.Month() != time.Month(parts[1]) || begin.Day() != parts[2] || parts[3] > 23 || parts[4] > 59 || parts[5] > 59 {
		return 0, 0, fmt.Errorf("no date: %q", text)
	}
	first = begin.UnixMilli()
	if m[7] != "" {
		fraction, _ := strconv.Atoi((m[7] + "00")[:3])
		return first + int64(fraction), first + int64(fraction), nil
	}
	return first, begin.Add(unitOf(written)).UnixMilli() - 1, nil
}

// unitOf is how long what is written lasts: a second, a minute, an hour, and in all other cases a day. For OpenSearch a month without
// a day is its first day too.
func unitOf(written int) time.Duration {
	switch written {
	case 6:
		return time.Second
	case 5:
		return time.Minute
	case 4:
		return time.Hour
	default:
		return 24 * time.Hour
	}
}

func parseZone(text string) (*time.Location, error) {
	if text == "" || text == "Z" {
		return time.UTC, nil
	}
	digits := strings.ReplaceAll(text[1:], ":", "") + "00"
	hours, _ := strconv.Atoi(digits[:2])
	minutes, _ := strconv.Atoi(digits[2:4])
	if hours > 18 || minutes > 59 {
		return nil, fmt.Errorf("no time zone: %q", text)
	}
	offset := hours*3600 + minutes*60
	if text[0] == '-' {
		offset = -offset
	}
	return time.FixedZone("", offset), nil
}
