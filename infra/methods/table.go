package methods

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// markdown is a table; the first row is its head.
func markdown(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString("| --- " + strings.Repeat("| ---: ", len(row)-1) + "|\n")
		}
	}
	return b.String()
}

// grouped is a number with its thousands apart.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural is a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return grouped(n) + " " + thing + "s"
}

// costTable has a row for each number of tenants, or one where their number does not matter.
func costTable(results []Result, cell func(Cost) string) string {
	rows := [][]string{{"method, tenants"}}
	for n := range MaxDefinitions {
		rows[0] = append(rows[0], plural(n+1, "definition"))
	}
	for i := range results {
		r := &results[i]
		if r.constant() {
			rows = append(rows, r.costRow(0, r.Method.Name()+", any number", cell))
			continue
		}
		for t, tenants := range Tenants {
			rows = append(rows, r.costRow(t, r.Method.Name()+", "+plural(tenants, "tenant"), cell))
		}
	}
	return markdown(rows)
}

// constant reports whether the number of tenants does not matter.
func (r *Result) constant() bool {
	return !slices.ContainsFunc(r.Costs, func(row []Cost) bool { return row[0] != row[len(row)-1] })
}

func (r *Result) costRow(tenants int, head string, cell func(Cost) string) []string {
	row := []string{head}
	for n := range r.Costs {
		row = append(row, cell(r.Costs[n][tenants]))
	}
	return row
}

// objectsCell is in bold where an account has no room by default, and struck through where it never has.
func objectsCell(c Cost) string {
	switch text := grouped(c.Objects()); {
	case c.Roles+1 > rolesOfAccount.Most:
		return "~~" + text + "~~"
	case c.Roles+1 > rolesOfAccount.Limit:
		return "**" + text + "**"
	default:
		return text
	}
}

func bytesCell(c Cost) string { return grouped(c.Bytes) }

// quotaTable is what each method needs of each quota.
func quotaTable(results []Result) string {
	rows := [][]string{{"quota", "limit"}}
	for i := range results {
		rows[0] = append(rows[0], results[i].Method.Name())
	}
	for q, first := range results[0].Uses {
		limit := grouped(first.Limit)
		if first.Most > 0 {
			limit += ", on request " + grouped(first.Most)
		}
		row := []string{first.Name, limit}
		for i := range results {
			row = append(row, results[i].Uses[q].cell())
		}
		rows = append(rows, row)
	}
	return markdown(rows)
}

func (u Use) cell() string {
	switch {
	case u.Used == 0:
		return "-"
	case u.Used > u.Limit:
		return "**" + grouped(u.Used) + "**"
	}
	return grouped(u.Used)
}

// packedTable is the packed size of each session.
func packedTable(results []Result) string {
	rows := [][]string{{"session for"}}
	for i := range results {
		rows[0] = append(rows[0], results[i].Method.Name())
	}
	for n, s := range sources {
		row := []string{s.name}
		for i := range results {
			row = append(row, fmt.Sprintf("%d %%", results[i].Packed[n]))
		}
		rows = append(rows, row)
	}
	return markdown(rows)
}

// attackTable is what each method lets through.
func attackTable(results []Result) string {
	rows := [][]string{{"the code that asks for a session"}}
	for i := range results {
		rows[0] = append(rows[0], results[i].Method.Name())
	}
	for c := range askings {
		row := []string{askings[c].name}
		for i := range results {
			row = append(row, results[i].Outcomes[c].cell())
		}
		rows = append(rows, row)
	}
	row := []string{"the theorem"}
	for i := range results {
		row = append(row, results[i].verdict())
	}
	return markdown(append(rows, row))
}

func (o *Outcome) cell() string {
	text := fmt.Sprintf("%d of %d answered", len(o.Through), o.Tried)
	switch {
	case o.Sessions == 0:
		return "no session"
	case len(o.Through) > 0:
		return "**" + text + "**"
	}
	return text
}

// verdict is that of the theorem, and what it would be with a tag, where that is another.
func (r *Result) verdict() string {
	if r.Tagged == r.Verdict {
		return string(r.Verdict)
	}
	return fmt.Sprintf("%s; with a tag %s", r.Verdict, r.Tagged)
}

// timesTable has three columns for each method: to add a tenant, a first and a later request.
func timesTable(times [][]Times) string {
	rows := [][]string{{"tenants, definitions"}}
	for _, m := range All() {
		rows[0] = append(rows[0], m.Name()+": add, IAM + stores", "first", "later")
	}
	if len(times) == 0 {
		return markdown(rows)
	}
	for i, t := range times[0] {
		row := []string{grouped(t.Tenants) + ", " + strconv.Itoa(t.Definitions)}
		for m := range times {
			row = append(row, times[m][i].cells()...)
		}
		rows = append(rows, row)
	}
	return markdown(rows)
}

func (t Times) cells() []string {
	if t.Roles > 0 {
		return []string{plural(t.Roles, "role"), "-", "-"}
	}
	in := func(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }
	iam := "none"
	if t.IAM > 0 {
		iam = in(t.IAM)
	}
	return []string{iam + " + " + in(t.Stores), in(t.First), in(t.Later)}
}

// Tables are all tables, for the terminal.
func Tables(results []Result, times [][]Times) string {
	var b strings.Builder
	for _, t := range []struct{ title, table string }{
		{"IAM objects (** more roles than an account has by default, ~~ more than it can have)", costTable(results, objectsCell)},
		{"bytes of policy", costTable(results, bytesCell)},
		{"quotas of AWS, with the most tenants and definitions (** over the limit)", quotaTable(results)},
		{"packed size of a session, as localaws reckons it", packedTable(results)},
		{"requests for another tenant's data", attackTable(results)},
		{"times, medians on localaws", timesTable(times)},
	} {
		fmt.Fprintf(&b, "\n%s\n%s", t.title, t.table)
	}
	return b.String()
}
