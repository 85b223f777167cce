package index

import (
	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/es/mapping"
	"example.com/shiptrack/infra/localaws/internal/es/query"
)

// Result is what a search found.
type Result struct {
	Total    int      // all documents that match
	MaxScore *float32 // of those that are not before search_after; nil where the score is not what is sorted by first
	Hits     []Hit    // those of the page
}

// Hit is one document of a page.
type Hit struct {
	ID    string
	Score *float32 // nil where the score is not sorted by
	Sort  []any    // its values to sort by: string, int64, float32 or nil
}

// Search finds and ranks. mapped says of which type a field is; nil: there is no such field. Its error is a *fault.Fault.
func (x *Index) Search(r *query.Request, mapped func(name string) *mapping.Property) (Result, error) {
	if f := window(r); f != nil {
		return Result{}, f
	}
	s := &search{Index: x, mapped: mapped}
	order, err := s.order(r)
	if err != nil {
		return Result{}, err
	}
	found, err := s.evaluate(r.Query)
	if err != nil {
		return Result{}, err
	}
	result := Result{Total: len(found)}
	if r.Size == 0 {
		return result, nil
	}
	best := order.best(found, r.From+r.Size)
	if order.ranked() && len(best) > 0 {
		result.MaxScore = &best[0].score
	}
	for _, m := range best[min(r.From, len(best)):] {
		result.Hits = append(result.Hits, order.hit(m))
	}
	return result, nil
}

// window checks which part of the hits is wanted.
func window(r *query.Request) *fault.Fault {
	switch {
	case r.From+r.Size > query.ResultWindow:
		return fault.Illegal("Result window is too large, from + size must be less than or equal to: [%d] but was [%d]. See the scroll api for a more efficient way to request large data sets. This limit can be set by changing the [index.max_result_window] index level setting.", query.ResultWindow, r.From+r.Size)
	case r.After == nil:
		return nil
	case r.From > 0:
		f := fault.New("search_exception", "`from` parameter must be set to 0 when `search_after` is used.")
		f.Status = 500
		return f
	case len(r.Sort) == 0 || len(r.Sort) == 1 && r.Sort[0] == byScore:
		return fault.Illegal("Sort must contain at least one field.")
	case len(r.After) != len(r.Sort):
		return fault.Illegal("search_after has %d value(s) but sort has %d.", len(r.After), len(r.Sort))
	}
	return nil
}
