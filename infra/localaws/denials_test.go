package localaws

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

func TestExplainedDenialsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		add := func(d *denials, id, bytes int) {
			d.add(&authorization{id: fmt.Sprint(id), time: time.Now(), context: make(jsontext.Value, bytes)})
		}
		known := func(d *denials, id int) bool { return d.get(fmt.Sprint(id), time.Now()) != nil }
		many := newDenials()
		for i := range ExplainedDenials + 5 {
			add(many, i, 10)
		}
		if known(many, 4) || !known(many, 5) || !known(many, ExplainedDenials+4) || len(many.byID) != ExplainedDenials {
			t.Errorf("%d are kept, want the newest %d", len(many.byID), ExplainedDenials)
		}
		large := newDenials()
		for i := range 9 {
			add(large, i, ExplainedDenialBytes/8)
		}
		if known(large, 0) || !known(large, 1) || large.bytes != ExplainedDenialBytes {
			t.Errorf("%d bytes are kept, want %d", large.bytes, ExplainedDenialBytes)
		}
		old := newDenials()
		add(old, 1, 10)
		time.Sleep(ExplainedDenialTime)
		add(old, 2, 10)
		if !known(old, 1) {
			t.Error("a denial is gone before its time")
		}
		time.Sleep(time.Second)
		if known(old, 1) || !known(old, 2) {
			t.Error("a denial is known for too long")
		}
		if add(old, 3, 10); len(old.byID) != 2 || old.bytes != 20 {
			t.Errorf("%d denials with %d bytes are kept, want 2 with 20", len(old.byID), old.bytes)
		}
	})
}
