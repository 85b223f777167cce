package localaws

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

func TestExplainedDenialsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		add := func(d *denials, id, bytes int) {
			noise := make([]byte, bytes/2)
			rand.Read(noise)
			d.add(fmt.Sprint(id), time.Now(), &authorization{RequestContext: jsontext.Value(fmt.Sprintf("%q", hex.EncodeToString(noise)))})
		}
		known := func(d *denials, id int) bool {
			a, err := d.get(fmt.Sprint(id), time.Now())
			return a != nil && err == nil
		}
		many := newDenials()
		for i := range ExplainedDenials + 5 {
			add(many, i, 10)
		}
		if known(many, 4) || !known(many, 5) || !known(many, ExplainedDenials+4) || len(many.byID) != ExplainedDenials {
			t.Errorf("%d are kept, want the newest %d", len(many.byID), ExplainedDenials)
		}
		large := newDenials()
		for i := range 20 {
			add(large, i, explainedBytes/5) // half of it when it is compressed
		}
		if known(large, 9) || !known(large, 12) || !known(large, 19) || large.bytes > explainedBytes {
			t.Errorf("%d bytes are kept, want at most %d", large.bytes, explainedBytes)
		}
		old := newDenials()
		add(old, 1, 10)
		time.Sleep(ExplainedTime)
		add(old, 2, 10)
		if !known(old, 1) {
			t.Error("a denial is gone before its time")
		}
		time.Sleep(time.Second)
		if known(old, 1) || !known(old, 2) {
			t.Error("a denial is known for too long")
		}
		if add(old, 3, 10); len(old.byID) != 2 || old.bytes != len(old.order[0].text)+len(old.order[1].text) {
			t.Errorf("%d denials with %d bytes are kept, want 2", len(old.byID), old.bytes)
		}
	})
}
