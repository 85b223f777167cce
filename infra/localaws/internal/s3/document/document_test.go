package document

import (
	"fmt"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
)

func TestDocumentsHaveOneReading(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		good bool
	}{
		"as it is":         {`<D><A>1</A><B><C>2</C></B></D>`, true},
		"with a namespace": {"<?xml version=\"1.0\"?>\n<D xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n <A>1</A><B> <C>2</C></B></D>\n", true},
		"a comment":        {`<D><A>1<!-- x --></A><B><C>2</C></B></D>`, true},
		"another root":     {`<E><A>1</A><B><C>2</C></B></E>`, false},
		"twice":            {`<D><A>1</A><A>1</A><B><C>2</C></B></D>`, false},
		"twice below":      {`<D><A>1</A><B><C>2</C><C>2</C></B></D>`, false},
		"unknown":          {`<D><A>1</A><B><C>2</C></B><X/></D>`, false},
		"an element in it": {`<D><A>1<X/></A><B><C>2</C></B></D>`, false},
		"text":             {`<D><A>1</A>x<B><C>2</C></B></D>`, false},
		"two roots":        {`<D><A>1</A><B><C>2</C></B></D><D/>`, false},
		"text behind":      {`<D><A>1</A><B><C>2</C></B></D>x`, false},
		"cut off":          {`<D><A>1</A><B><C>2</C></B>`, false},
		"a type":           {`<!DOCTYPE D><D><A>1</A><B><C>2</C></B></D>`, false},
		"nothing":          {``, false},
		"deep":             {strings.Repeat("<D>", 9) + strings.Repeat("</D>", 9), false},
	} {
		err := func() error {
			root, err := Parse([]byte(test.body), "D")
			if err != nil {
				return err
			}
			a, _ := root.Text("A")
			b := root.One("B")
			if b == nil {
				return Malformed()
			}
			c, has := b.Text("C")
			if err := b.Check(); err != nil {
				return err
			}
			if a != "1" || c != "2" || !has {
				return fmt.Errorf("read %q and %q", a, c)
			}
			return root.Check()
		}()
		if test.good != (err == nil) {
			t.Errorf("%s: %v, want good %v", name, err, test.good)
		}
	}
}

// FuzzParse: whatever comes takes memory in proportion to its size, and what Check lets pass was read whole.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`<Delete><Quiet>true</Quiet><Object><Key>a</Key></Object></Delete>`))
	f.Add([]byte(`<Delete xmlns="x">` + strings.Repeat("<a/>", 100) + `</Delete>`))
	f.Add([]byte(`<!DOCTYPE d [<!ENTITY e "x">]><Delete>&e;&amp;&#65;</Delete>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var root *Node
		var err error
		alloctest.Bound(t, len(body), func() { root, err = Parse(body, "Delete") })
		if err == nil && root.Name != "Delete" {
			t.Errorf("%q: root %s", body, root.Name)
		}
	})
}
