package drift

import (
	"encoding/json"
	"fmt"
	"io"
)

// Report is all that is known of an account.
type Report struct {
	Account   string    `json:"account"`
	Region    string    `json:"region"`
	Policies  string    `json:"policies"` // the source of the files
	SHA256    string    `json:"policiesSHA256"`
	Changes   []Change  `json:"changes"`
	StrayKeys []string  `json:"strayKeys"` // KMS keys without an alias and without a tenant's tag
	Unread    []string  `json:"unread"`
	Isolation Judgement `json:"isolation"`
}

// Code is the exit code: 0 where nothing differs, 1 where something does or tenants are not kept apart, 3 where that cannot be told.
func (r *Report) Code() int {
	switch {
	case len(r.Changes) > 0 || r.Isolation.Verdict == Broken:
		return 1
	case len(r.Unread) > 0:
		return 3
	}
	return 0
}

// JSON writes the report for programs.
func (r *Report) JSON(w io.Writer) error {
	out := *r
	out.Changes, out.StrayKeys, out.Unread = append([]Change{}, r.Changes...), append([]string{}, r.StrayKeys...), append([]string{}, r.Unread...)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(&out)
}

// notAsked is what no drift report speaks of.
const notAsked = "not looked at: service control and resource control policies (they only take away), other accounts' policies, ACLs, access points and replication of the bucket, fine-grained access of the OpenSearch domain, code and images"

// Print writes the report for people.
func (r *Report) Print(w io.Writer) error {
	out := &printer{w: w}
	for _, c := range r.Changes {
		out.line("drift: %s: %s", c.Where, c.What)
	}
	for _, what := range r.Unread {
		out.line("could not tell: %s", what)
	}
	for _, id := range r.StrayKeys {
		out.line("nobody's: KMS key %s has no alias, and no tag of a tenant", id)
	}
	switch {
	case len(r.Changes) == 0 && len(r.Unread) == 0:
		out.line("no drift: account %s, %s, is as %s says (sha256 %s)", r.Account, r.Region, r.Policies, r.SHA256)
	case len(r.Changes) == 0:
		out.line("what could be read of account %s, %s, is as %s says", r.Account, r.Region, r.Policies)
	default:
		out.line("%d differences between account %s, %s, and %s", len(r.Changes), r.Account, r.Region, r.Policies)
	}
	out.line("")
	out.line("isolation, for what is there: %s", r.Isolation.Verdict)
	for _, reason := range r.Isolation.Reasons {
		out.line("  %s", reason)
	}
	if r.Isolation.Verdict == NotShown {
		out.line("the attacks tell more: prove --target aws --existing --account %s", r.Account)
	}
	if len(r.Changes) > 0 {
		out.line("to undo it: terraform plan shows the differences, terraform apply takes them back")
	}
	out.line(notAsked)
	return out.err
}

// printer keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if _, err := fmt.Fprintf(p.w, format+"\n", args...); p.err == nil {
		p.err = err
	}
}
